"""Packages that were unpacked instead of installed: their servers look for files of their own in /usr/share.

Debian builds Prometheus and Alertmanager without the pages and templates that the official builds carry inside, and
names /usr/share/prometheus for them in the binary. Without root that folder cannot be made, and Alertmanager does not
start without its template. A copy of the binary, with that path replaced by a relative one of the same length, finds
them through a link in the folder that the server is started in.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from generator.runtime import files
from generator.runtime.base import RuntimeProblem
from generator.runtime.binaries import Found

SHARE = "share"
_INSTALLED = Path("/usr/share/prometheus")
_BUILT_IN = f"{_INSTALLED}/".encode()
_RELATIVE = SHARE.encode().ljust(len(_BUILT_IN), b"/")
# What each server needs there, by the name of its binary, which is also that of the folder that it is started in.
_NEEDED = {"prometheus": "web", "alertmanager": "alertmanager"}


def relocated(found: Found, state: Path, out: Path) -> Found:
    """The binary to run: the one that was found, or its copy if that would look for its files in vain."""
    share = _share(found)
    if share is None:
        return found
    copy = state / "relocated" / found.name
    try:
        _copy(found.path, copy)
    except OSError as error:
        raise RuntimeProblem(f"cannot copy {found.path}: {error.strerror}") from error
    files.link(out / found.name / SHARE, share)
    return replace(found, path=copy)


def _share(found: Found) -> Path | None:
    """The files of a binary that lies unpacked beside them; None when it finds them by itself."""
    needed = _NEEDED.get(found.name)
    if needed is None or (_INSTALLED / needed).is_dir():
        return None
    share = found.path.resolve().parent.parent / "share" / "prometheus"
    return share if (share / needed).is_dir() else None


def _copy(source: Path, target: Path) -> None:
    made = source.stat()
    if target.is_file() and target.stat().st_mtime_ns > made.st_mtime_ns and target.stat().st_size == made.st_size:
        return
    files.folder(target.parent)
    part = target.with_suffix(".part")
    part.write_bytes(source.read_bytes().replace(_BUILT_IN, _RELATIVE))
    part.chmod(0o755)
    part.replace(target)
