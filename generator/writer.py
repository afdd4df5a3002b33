"""Bundle -> files: decide first, then write at once or not at all.

`plan` compares the bundle with the tree and with the manifest of what was written last time. `apply` stages every
change in a folder of its own, then writes a journal with one rename, then moves the files into place. Killed before
the journal exists, the tree is the old one; killed after it, the next command finishes the move: `recover` runs before
anything else looks at the tree.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from generator.bundle import Bundle
from generator.names import MANIFEST

STAGING = ".generated-staging"
JOURNAL = "journal.json"


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
    wanted = bundle.files()
    written = _manifest(root)
    changes = [_wanted(root, path, content, written) for path, content in wanted.items()]
    changes += [_stale(root, path, digest) for path, digest in written.items() if path not in wanted]
    manifest = json.dumps({path: _digest(content) for path, content in wanted.items()}, indent=1) + "\n"
    return Plan(root, tuple(sorted(changes, key=lambda c: c.path)), manifest)


def apply(planned: Plan) -> tuple[Change, ...]:
    """Makes the tree what the plan says; refuses to touch anything while there is a conflict. Returns the changes."""
    if planned.conflicts:
        raise WriterError(f"{len(planned.conflicts)} file(s) were edited by hand; nothing was written")
    todo = planned.pending
    root = planned.root
    if not todo and _read(root / MANIFEST) == planned.manifest:
        return ()
    try:
        root.mkdir(parents=True, exist_ok=True)
        _stage(planned, todo)
        recover(root)
    except OSError as error:
        raise WriterError(f"cannot write {error.filename or root}: {error.strerror}") from error
    return todo


def recover(root: Path) -> None:
    """Finishes an `apply` whose journal was written; forgets one whose journal was not."""
    staging = root / STAGING
    if not staging.exists():
        return
    journal = _read(staging / JOURNAL)
    if journal is not None:
        moves = json.loads(journal)
        for path in moves["write"]:
            _move(staging / "files" / path, root / path)
        for path in moves["delete"]:
            (root / path).unlink(missing_ok=True)
            _remove_empty(root, (root / path).parent)
        _move(staging / "files" / MANIFEST, root / MANIFEST)
        _sync(root)
        (staging / JOURNAL).unlink()
    shutil.rmtree(staging, ignore_errors=True)


def _stage(planned: Plan, todo: tuple[Change, ...]) -> None:
    staging = planned.root / STAGING
    shutil.rmtree(staging, ignore_errors=True)
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


def _remove_empty(root: Path, folder: Path) -> None:
    while folder != root and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _wanted(root: Path, path: str, content: str, written: dict[str, str]) -> Change:
    before = _read(_inside(root, path))
    if before is None:
        return Change(path, Action.CREATE, content, None)
    if before == content:
        return Change(path, Action.SAME, content, before)
    if path not in written:
        return Change(path, Action.CONFLICT, content, before, "exists and was not written by the generator")
    if _digest(before) != written[path]:
        return Change(path, Action.CONFLICT, content, before, "was edited since it was generated")
    return Change(path, Action.UPDATE, content, before)


def _stale(root: Path, path: str, digest: str) -> Change:
    before = _read(_inside(root, path))
    if before is None:
        return Change(path, Action.SAME, None, None)
    if _digest(before) != digest:
        return Change(path, Action.CONFLICT, None, before, "is no longer generated, but was edited since it was")
    return Change(path, Action.DELETE, None, before)


def _manifest(root: Path) -> dict[str, str]:
    text = _read(root / MANIFEST)
    if text is None:
        return {}
    try:
        found = json.loads(text)
        return {str(path): str(digest) for path, digest in found.items() if _safe(str(path))}
    except (ValueError, AttributeError) as error:
        raise WriterError(f"{root / MANIFEST} is damaged; restore it (git checkout {MANIFEST}) or delete it") from error


def _safe(path: str) -> bool:
    parts = PurePosixPath(path)
    return not parts.is_absolute() and ".." not in parts.parts


def _inside(root: Path, path: str) -> Path:
    """The path below root; a link that leads out of the tree is refused."""
    found = root / path
    if not found.parent.resolve().is_relative_to(root.resolve()):
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
