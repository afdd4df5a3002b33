"""Where the servers' binaries come from, best first: STACK_BIN_DIR, PATH, the state folder, packages, archives.

Each candidate is run with `--version` before it counts as found. What cannot be had is named with everything that was
tried; the stack then goes on without it.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from generator.model import Component
from generator.runtime import packages, releases
from generator.runtime.base import Say
from generator.runtime.process import run

BIN_DIR = "STACK_BIN_DIR"
COMPONENTS: dict[Component, str] = {
    Component.PROMETHEUS: "prometheus",
    Component.ALERTMANAGER: "alertmanager",
    Component.GRAFANA: "grafana",
    Component.NODE_EXPORTER: "node_exporter",
    Component.BLACKBOX: "blackbox_exporter",
    Component.POSTGRES: "postgres",
    Component.VALKEY: "valkey-server",
    Component.POSTGRES_EXPORTER: "postgres_exporter",
    Component.REDIS_EXPORTER: "redis_exporter",
    Component.PROCESS_EXPORTER: "process_exporter",
    Component.CADVISOR: "cadvisor",
    Component.DCGM_EXPORTER: "dcgm-exporter",
    Component.LOKI: "loki",
    Component.TEMPO: "tempo",
    Component.COLLECTOR: "otelcol-contrib",
}
UNPACKAGED = frozenset({"grafana", "cadvisor", "dcgm-exporter", "loki", "tempo", "otelcol-contrib"})
CHECKERS = ("promtool", "amtool")
ALL = (*COMPONENTS.values(), *CHECKERS)
TOOLS = (*CHECKERS, *(name for name in COMPONENTS.values() if name not in UNPACKAGED))
"""What `make tools` brings: all but what no distribution packages."""
_OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "alertmanager": ("prometheus-alertmanager",),
    "node_exporter": ("prometheus-node-exporter",),
    "blackbox_exporter": ("prometheus-blackbox-exporter",),
    "valkey-server": ("redis-server",),
    "postgres_exporter": ("prometheus-postgres-exporter",),
    "redis_exporter": ("prometheus-redis-exporter",),
    "process_exporter": ("process-exporter", "prometheus-process-exporter"),
}
_INSTALLED: dict[str, str] = {"postgres": "/usr/lib/postgresql/*/bin"}
"""Folders of the distribution that are not on PATH."""

_VERSION = re.compile(r"(?:version[ :]+v?|\(PostgreSQL\) |server v=|Exporter v?|revision: )([0-9][^\s,)]*)")


@dataclass(frozen=True, slots=True)
class Found:
    """A binary that runs. `origin` says where it came from, `environment` what it must be started with besides."""

    name: str
    path: Path
    version: str
    origin: str
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Missing:
    """A binary that cannot be had, and one line for each thing that was tried; or why one that is here cannot run."""

    name: str
    tried: tuple[str, ...]
    unfit: str = ""

    @property
    def note(self) -> str:
        """One line for a table."""
        places = dict.fromkeys(tried.split(":", 1)[0] for tried in self.tried)
        return self.unfit or f"no binary found: tried {', '.join(places)}"


@dataclass(frozen=True, slots=True)
class Binaries:
    """What was found and what was not."""

    found: tuple[Found, ...]
    missing: tuple[Missing, ...]

    def get(self, name: str) -> Found | None:
        """The binary of that name, if it was found."""
        return next((f for f in self.found if f.name == name), None)

    def without(self, name: str, reason: str) -> Binaries:
        """The same without a binary that turned out to be of no use."""
        rest = tuple(each for each in self.found if each.name != name)
        return Binaries(rest, (*self.missing, Missing(name, (), reason)))


@dataclass(frozen=True, slots=True)
class Sources:
    """Where to look. Tests narrow this down; `here` is what a user gets."""

    folder: Path
    bin_dir: str | None
    path: str
    packages: bool
    releases: tuple[releases.Release, ...]

    @classmethod
    def here(cls, state: Path, environment: Mapping[str, str] | None = None) -> Sources:
        """Everything that this machine and its network offer."""
        env = os.environ if environment is None else environment
        system = os.uname().sysname.lower()
        archives = releases.releases(releases.architecture(), system)
        return cls(state / "packages", env.get(BIN_DIR), env.get("PATH", os.defpath), True, archives)

    def without_network(self) -> Sources:
        """Only what lies on this machine already."""
        return replace(self, packages=False, releases=())


def provide(names: Sequence[str], sources: Sources, say: Say) -> Binaries:
    """Finds every binary that is named, fetching only what is not here yet."""
    search = _Search(sources.folder)
    for name in names:
        search.look(name, _local(name, sources))
    if sources.packages and (wanted := search.wanted(names)):
        reason = packages.fetch(wanted, sources.folder, say)
        for name in wanted:
            search.look(name, _from_packages(name, sources, reason))
    for name in search.wanted(names):
        search.look(name, _from_release(name, sources, search, say))
    for found in search.found.values():
        say(f"found {found.name} {found.version} ({found.origin})")
    missing = tuple(Missing(name, tuple(search.tried[name])) for name in search.wanted(names))
    return Binaries(tuple(search.found[name] for name in names if name in search.found), missing)


Candidate = tuple[str, Path]


class _Search:
    """What was found so far, and what was tried in vain."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found: dict[str, Found] = {}
        self.tried: dict[str, list[str]] = {}
        self.failed: dict[str, str] = {}

    def wanted(self, names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in names if name not in self.found)

    def look(self, name: str, candidates: Iterator[Candidate | str]) -> None:
        """Takes the first candidate that runs; a text in place of a candidate says why there is none."""
        tried = self.tried.setdefault(name, [])
        for candidate in candidates:
            if isinstance(candidate, str):
                tried.append(candidate)
                continue
            origin, path = candidate
            environment = packages.environment(path, self.folder)
            version, reason = version_of(path, environment)
            if version:
                self.found[name] = Found(name, path, version, origin, environment)
                return
            tried.append(f"{origin}: {path} does not run: {reason}")


def version_of(path: Path, environment: Mapping[str, str] | None = None) -> tuple[str, str]:
    """The version of a binary, or nothing and the reason why it does not run."""
    ran = run([str(path), "--version"], timeout=20, env={**os.environ, **(environment or {})})
    match = _VERSION.search(ran.out + ran.err)
    if ran.ok and match:
        return match[1], ""
    return "", ran.reason


def _local(name: str, sources: Sources) -> Iterator[Candidate | str]:
    """What lies on this machine already."""
    names = (name, *_OTHER_NAMES.get(name, ()))
    if sources.bin_dir:
        yield from _which(names, sources.bin_dir, BIN_DIR)
    yield from _which(names, sources.path, "PATH")
    for folder in sorted(Path("/").glob(_INSTALLED.get(name, "-").lstrip("/")), reverse=True):
        yield from _which(names, str(folder), "package of the distribution")
    if path := packages.unpacked(name, sources.folder):
        yield "package of the distribution, unpacked before", path
    for release in sources.releases:
        if path := releases.unpacked(release, sources.folder).get(name):
            yield f"official archive {release.version}, unpacked before", path


def _which(names: tuple[str, ...], path: str, origin: str) -> Iterator[Candidate | str]:
    found = [shutil.which(name, path=path) for name in names]
    yield from ((origin, _real(Path(each))) for each in found if each)
    if not any(found):
        yield f"{origin}: no {' or '.join(names)}"


def _real(path: Path) -> Path:
    """Where a link leads, unless the program is told by the link's name what it is to do."""
    target = path.resolve()
    return target if target.name == path.name else path.absolute()


def _from_packages(name: str, sources: Sources, reason: str) -> Iterator[Candidate | str]:
    if path := packages.unpacked(name, sources.folder):
        yield "package of the distribution", path
    elif name in packages.PACKAGES:
        yield f"packages: {reason or 'it is not in them'}"
    else:
        yield "packages: the distribution has none"


def _from_release(name: str, sources: Sources, search: _Search, say: Say) -> Iterator[Candidate | str]:
    release = next((r for r in sources.releases if name in dict(r.programs)), None)
    if release is None:
        yield "archives: none with a confirmed checksum for this platform"
    elif release.name in search.failed:
        yield f"archive: {search.failed[release.name]}"
    else:
        yield from _fetched(name, release, sources, search, say)


def _fetched(
    name: str, release: releases.Release, sources: Sources, search: _Search, say: Say
) -> Iterator[Candidate | str]:
    try:
        paths = releases.unpacked(release, sources.folder)
        if name not in paths:
            paths = releases.fetch(release, sources.folder, say)
    except releases.ReleaseError as error:
        search.failed[release.name] = str(error)
        yield f"archive: {error}"
        return
    if name in paths:
        yield f"official archive {release.version}", paths[name]
