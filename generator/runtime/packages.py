"""The distribution's packages, unpacked into a folder of the project: no root, nothing of the system changes.

apt gets lists and caches of its own below the state folder, so this works where the system's lists are empty, and for
users who may not write them. The sources and keys are the system's.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from generator.runtime.base import Say
from generator.runtime.process import Ran, run

# Where each program lies: its packages, and its path below /usr. Newer releases ship promtool as a package of its own.
PACKAGES: dict[str, tuple[tuple[str, ...], str]] = {
    "prometheus": (("prometheus",), "bin/prometheus"),
    "promtool": (("prometheus", "promtool"), "bin/promtool"),
    "alertmanager": (("prometheus-alertmanager",), "bin/prometheus-alertmanager"),
    "amtool": (("prometheus-alertmanager",), "bin/amtool"),
    "node_exporter": (("prometheus-node-exporter",), "bin/prometheus-node-exporter"),
    "blackbox_exporter": (("prometheus-blackbox-exporter",), "bin/prometheus-blackbox-exporter"),
    "postgres": (("postgresql",), "lib/postgresql/*/bin/postgres"),
    "valkey-server": (("valkey-server", "redis-server"), "bin/*-server"),
    "postgres_exporter": (("prometheus-postgres-exporter",), "bin/prometheus-postgres-exporter"),
    "redis_exporter": (("prometheus-redis-exporter",), "bin/prometheus-redis-exporter"),
    "process_exporter": (("prometheus-process-exporter",), "bin/prometheus-process-exporter"),
}
# Programs that need other packages too: libraries, and in PostgreSQL's case the server itself.
_WITH_DEPENDENCIES = {"postgresql", "valkey-server", "redis-server"}
UPDATE_SECONDS, DOWNLOAD_SECONDS, LISTS_LAST = 120.0, 300.0, 6 * 3600.0


def unpacked(name: str, folder: Path) -> Path | None:
    """The program, if its package lies unpacked in `folder`."""
    if name not in PACKAGES:
        return None
    paths = (folder / "tree" / "usr").glob(PACKAGES[name][1])
    return max((path for path in paths if path.is_file()), default=None)


def environment(path: Path, folder: Path) -> dict[str, str]:
    """What a program must be started with: the libraries that were unpacked with it."""
    tree = folder / "tree"
    if not path.is_relative_to(tree):
        return {}
    libraries = sorted({str(library.parent) for library in (tree / "usr/lib").glob("*-linux-gnu*/*.so*")})
    return {"LD_LIBRARY_PATH": ":".join(libraries)} if libraries else {}


def fetch(names: Sequence[str], folder: Path, say: Say) -> str:
    """Unpacks the packages of the programs into `folder`; returns why it could not, or nothing."""
    packages = tuple(dict.fromkeys(p for name in names for p in PACKAGES.get(name, ((), ""))[0]))
    if not packages:
        return "the distribution has no package"
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            return f"no {tool} on this machine"
    say(f"unpacking packages of the distribution into {folder}: {', '.join(packages)}")
    complaint = _update(folder)
    wanted = dict.fromkeys(each for package in packages for each in _closure(package, folder))
    failures = [reason for package in wanted if (reason := _package(package, folder))]
    return "; ".join([complaint, *failures] if complaint and failures else failures)


def _apt(folder: Path, *arguments: str, timeout: float, cwd: Path) -> Ran:
    own = {
        "Dir::State::lists": f"{folder}/apt/lists",
        "Dir::Cache": f"{folder}/apt/cache",
        "Dir::Log": f"{folder}/apt/log",
        "Dir::Etc::Parts": "/etc/apt/apt.conf.d",
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
        "Acquire::Retries": "1",
        "Acquire::http::Timeout": "10",
        "Acquire::https::Timeout": "10",
        "Debug::NoLocking": "true",
    }
    options = [part for key, value in own.items() for part in ("-o", f"{key}={value}")]
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    return run(["apt-get", "-qq", *options, *arguments], timeout=timeout, cwd=cwd, env=environment)


def _update(folder: Path) -> str:
    """Brings the private lists up to date, unless that was done a short while ago; returns apt's complaint.

    A complaint is no failure yet: a source that does not answer need not be the one that is needed.
    """
    stamp = folder / "apt" / "updated"
    for part in ("apt/lists/partial", "apt/cache/archives/partial", "apt/log", "debs", "tree"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    if stamp.exists() and time.time() - stamp.stat().st_mtime < LISTS_LAST:
        return ""
    ran = _apt(folder, "update", timeout=UPDATE_SECONDS, cwd=folder)
    if not ran.ok or "Failed to fetch" in ran.err:
        return f"apt-get update: {_first_error(ran)}"
    stamp.touch()
    return ""


def _closure(package: str, folder: Path) -> tuple[str, ...]:
    """The package, and where it needs them those that it depends on and that this system lacks."""
    if package not in _WITH_DEPENDENCIES:
        return (package,)
    ran = _apt(folder, "install", "--print-uris", "--no-install-recommends", package, timeout=60, cwd=folder)
    found = (line.split() for line in ran.out.splitlines() if line.startswith("'"))
    return tuple(parts[1].split("_", 1)[0] for parts in found if len(parts) > 1) or (package,)


def _package(package: str, folder: Path) -> str:
    debs = folder / "debs"
    ran = _apt(folder, "download", package, timeout=DOWNLOAD_SECONDS, cwd=debs)
    if not ran.ok:
        return f"apt-get download {package}: {_first_error(ran)}"
    newest = max(debs.glob(f"{package}_*.deb"), key=lambda p: p.stat().st_mtime, default=None)
    if newest is None:
        return f"apt-get download {package} left no package"
    done = run(["dpkg-deb", "-x", str(newest), str(folder / "tree")], timeout=120)
    newest.unlink(missing_ok=True)
    return "" if done.ok else f"dpkg-deb {package}: {done.reason}"


def _first_error(ran: Ran) -> str:
    """apt's first complaint: later ones only follow from it."""
    lines = [line for line in ran.err.splitlines() if line.startswith(("E:", "W: Failed"))]
    return lines[0][2:].strip()[:300] if lines else ran.reason
