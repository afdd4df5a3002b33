"""Small files of the state folder, written whole or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from generator.runtime.base import RuntimeProblem


def write(path: Path, content: str, mode: int = 0o644) -> None:
    """Replaces a file at once; nobody ever sees half of it, nor a secret with a wider mode than asked for."""
    folder(path.parent)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except OSError as error:
        raise RuntimeProblem(f"cannot write {path}: {error.strerror}") from error


def folder(path: Path, mode: int | None = None) -> Path:
    """Makes a folder if it is missing; with `mode`, gives it that mode either way."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        if mode is not None:
            path.chmod(mode)
    except OSError as error:
        raise RuntimeProblem(f"cannot make the folder {path}: {error.strerror}") from error
    return path


def link(path: Path, target: Path) -> None:
    """Makes `path` a link to `target`, replacing an older link at once."""
    folder(path.parent)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.unlink(missing_ok=True)
        part.symlink_to(target)
        part.replace(path)
    except OSError as error:
        raise RuntimeProblem(f"cannot link {path}: {error.strerror}") from error


def empty(folder_: Path) -> None:
    """Deletes everything in a folder, which may be a link to another disk; raises RuntimeProblem when it may not."""
    try:
        for path in sorted(folder_.iterdir()) if folder_.is_dir() else ():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    except OSError as error:
        raise RuntimeProblem(f"cannot delete {error.filename}: {error.strerror}") from error


def remember(path: Path, value: Mapping[str, Any]) -> None:
    """Keeps a small record between two commands."""
    write(path, json.dumps(value, indent=1, sort_keys=True) + "\n", 0o600)


def recall(path: Path) -> dict[str, Any]:
    """A record of an earlier command; empty when there is none or it is damaged."""
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return found
    return {}


@contextlib.contextmanager
def alone(folder_: Path) -> Iterator[None]:
    """Lets one command at a time change what runs."""
    with (folder(folder_) / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RuntimeProblem("another command is starting or stopping this stack", "wait until it ends") from None
        yield


def digests(root: Path, folders: Iterable[str]) -> dict[str, str]:
    """One hash for each folder below root: it differs when any file in it does."""
    found = {}
    for name in folders:
        total = hashlib.sha256()
        for path in sorted(p for p in (root / name).rglob("*") if p.is_file()):
            total.update(f"{path.relative_to(root)}\0".encode(errors="surrogateescape"))
            total.update(hashlib.sha256(path.read_bytes()).digest())
        found[name] = total.hexdigest()
    return found


def tail(path: Path, lines: int) -> tuple[str, ...]:
    """The last lines of a log; none when there is no log."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - lines * 2000))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ()
    return tuple(text.splitlines()[-lines:]) if lines > 0 else ()
