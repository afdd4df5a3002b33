"""Bundle -> files: decide first, then write at once or not at all.

`plan` compares the bundle with the tree and with the manifest of what was written last time. `apply` stages every
change in a folder of its own, then writes a journal with one rename, then moves the files into place. Killed before
the journal exists, the tree is the old one; killed after it, the next command finishes the move: `recover` runs before
anything else looks at the tree. Commands on one tree take turns, and a plan is refused when another has written since.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from generator.bundle import Bundle
from generator.names import MANIFEST

STAGING = ".generated-staging"
JOURNAL = "journal.json"
_LINK = "is a link, which the generator would replace"


class Action(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    SAME = "same"
    DELETE = "delete"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one path. `before` and `content` are texts, None where there is no file."""

    path: str
    action: Action
    content: str | None
    before: str | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Every change that would make `root` what the bundle says."""

    root: Path
    changes: tuple[Change, ...]
    manifest: str
    seen: str | None  # the manifest that lay there when this was planned

    @property
    def conflicts(self) -> tuple[Change, ...]:
        return tuple(c for c in self.changes if c.action is Action.CONFLICT)

    @property
    def pending(self) -> tuple[Change, ...]:
        """What differs; empty when the tree is what the spec says."""
        return tuple(c for c in self.changes if c.action is not Action.SAME)


class WriterError(Exception):
    """The tree cannot be read or written; the message is for the user."""


def plan(bundle: Bundle, root: Path) -> Plan:
    """Reads the tree and decides; writes nothing but the end of an interrupted `apply`."""
    recover(root)
    return _decided(bundle.files(), root)


def apply(planned: Plan) -> tuple[Change, ...]:
    """Makes the tree what the plan says; refuses to touch anything while there is a conflict. Returns the changes.

    The tree may have changed since it was planned, so what is written is decided anew, under the lock; a plan that
    another command overtook is refused.
    """
    _refuse(planned)
    root = planned.root
    with _told(root):
        root.mkdir(parents=True, exist_ok=True)
        with _locked(root):
            _finish(root)
            now = _decided({c.path: c.content for c in planned.changes if c.content is not None}, root)
            if not now.pending and now.seen == now.manifest:
                return ()
            if now.seen != planned.seen:
                raise WriterError(f"another command has just written {root}; nothing was written, run it again")
            _refuse(now)
            _movable(now)
            _stage(now)
            _finish(root)
    return now.pending


def recover(root: Path) -> None:
    """Finishes an `apply` whose journal was written; forgets one whose journal was not."""
    if os.path.lexists(root / STAGING):
        with _told(root), _locked(root):
            _finish(root)


def _refuse(planned: Plan) -> None:
    if planned.conflicts:
        raise WriterError(f"{len(planned.conflicts)} file(s) were edited by hand; nothing was written")


@contextlib.contextmanager
def _told(root: Path) -> Iterator[None]:
    """What the system refuses, as a message for the user."""
    try:
        yield
    except OSError as error:
        raise WriterError(f"cannot write {error.filename or root}: {error.strerror}") from error


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Waits until no other command writes this tree. The system opens the lock of a process that was killed."""
    handle = os.open(root, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network file systems lock no folders
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _decided(wanted: dict[str, str], root: Path) -> Plan:
    seen = _read(root / MANIFEST)
    written = _entries(seen, root / MANIFEST)
    changes = [_wanted(root, path, content, written) for path, content in wanted.items()]
    changes += [_stale(root, path, digest) for path, digest in written.items() if path not in wanted]
    manifest = json.dumps({path: _digest(content) for path, content in wanted.items()}, indent=1) + "\n"
    return Plan(root, tuple(sorted(changes, key=lambda c: c.path)), manifest, seen)


def _finish(root: Path) -> None:
    staging = root / STAGING
    if staging.is_symlink():
        raise WriterError(f"{staging} is a link, and the generator would write through it; remove it")
    if not staging.exists():
        return
    journal = _read(staging / JOURNAL)
    if journal is not None:
        moves = json.loads(journal)
        for path in moves["write"]:
            _move(staging / "files" / path, root / path)
        for path in moves["delete"]:
            (root / path).unlink(missing_ok=True)
            _remove_empty(root, path)
        _move(staging / "files" / MANIFEST, root / MANIFEST)
        _sync(root)
        (staging / JOURNAL).unlink()
    shutil.rmtree(staging, ignore_errors=True)


def _movable(planned: Plan) -> None:
    """Asked before the journal: a move that fails after it would leave the tree between the old and the new."""
    for path in (*(change.path for change in planned.pending), MANIFEST):
        folder = (planned.root / path).parent
        while not folder.exists():
            folder = folder.parent
        if not os.access(folder, os.W_OK | os.X_OK):
            raise WriterError(
                f"cannot write {planned.root / path}: Permission denied, the folder {folder} is read-only"
            )
        if folder.stat().st_dev != planned.root.stat().st_dev:
            raise WriterError(f"cannot write {planned.root / path}: {folder} lies on another file system than the tree")


def _stage(planned: Plan) -> None:
    """Writes every new text aside, then the journal; without room for all of it nothing is left."""
    try:
        _staged(planned)
    except OSError:
        if not (planned.root / STAGING / JOURNAL).exists():
            shutil.rmtree(planned.root / STAGING, ignore_errors=True)
        raise


def _staged(planned: Plan) -> None:
    staging, todo = planned.root / STAGING, planned.pending
    writes = {c.path: c.content for c in todo if c.content is not None and c.action is not Action.DELETE}
    for path, content in {**writes, MANIFEST: planned.manifest}.items():
        _write(staging / "files" / path, content)
    journal = {"write": [*writes], "delete": [c.path for c in todo if c.action is Action.DELETE]}
    _write(staging / "journal.part", json.dumps(journal))
    (staging / "journal.part").rename(staging / JOURNAL)
    _sync(staging)


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _move(source: Path, target: Path) -> None:
    if source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)


def _remove_empty(root: Path, path: str) -> None:
    """The folders of a deleted file, from the inside; an earlier run may have removed the inner ones already."""
    for folder in list((root / path).relative_to(root).parents)[:-1]:
        if (root / folder).is_dir() and not any((root / folder).iterdir()):
            (root / folder).rmdir()


def _wanted(root: Path, path: str, content: str, written: dict[str, str]) -> Change:
    place = _inside(root, path)
    before = _read(place)
    if before == content:
        return Change(path, Action.SAME, content, before)
    if place.is_symlink():
        return Change(path, Action.CONFLICT, content, before, _LINK)
    if before is None:
        return Change(path, Action.CREATE, content, None)
    if path not in written:
        return Change(path, Action.CONFLICT, content, before, "exists and was not written by the generator")
    if _digest(before) != written[path]:
        return Change(path, Action.CONFLICT, content, before, "was edited since it was generated")
    return Change(path, Action.UPDATE, content, before)


def _stale(root: Path, path: str, digest: str) -> Change:
    place = _inside(root, path)
    before = _read(place)
    if place.is_symlink():
        return Change(path, Action.CONFLICT, None, before, _LINK)
    if before is None:
        return Change(path, Action.SAME, None, None)
    if _digest(before) != digest:
        return Change(path, Action.CONFLICT, None, before, "is no longer generated, but was edited since it was")
    return Change(path, Action.DELETE, None, before)


def _entries(manifest: str | None, path: Path) -> dict[str, str]:
    if manifest is None:
        return {}
    try:
        found = json.loads(manifest)
        return {str(path): str(digest) for path, digest in found.items() if _safe(str(path))}
    except (ValueError, AttributeError) as error:
        raise WriterError(f"{path} is damaged; restore it (git checkout {MANIFEST}) or delete it") from error


def _safe(path: str) -> bool:
    parts = PurePosixPath(path)
    return not parts.is_absolute() and ".." not in parts.parts and "\0" not in path


def _inside(root: Path, path: str) -> Path:
    """The path below root; a link that leads out of the tree is refused."""
    found = root / path
    try:
        inside = found.parent.resolve().is_relative_to(root.resolve())
    except RuntimeError as error:
        raise WriterError(f"{found} lies behind a link to itself; replace the link by a folder") from error
    if not inside:
        raise WriterError(f"{found} leads out of {root}; replace the link by a folder")
    return found


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise WriterError(f"cannot read {path}: {error.strerror}") from error
