"""What the native programs printed, from their files."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from generator.runtime.base import RuntimeProblem
from generator.runtime.files import tail


def chosen(names: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    """The names that were asked for, or all; refuses one that does not run here."""
    for name in names:
        if name not in known:
            raise RuntimeProblem(f"there is no {name} here", f"write one of: {', '.join(known) or '(nothing runs)'}")
    return names or known


def read(folder: Path, names: tuple[str, ...], known: tuple[str, ...], lines: int, follow: bool) -> Iterator[str]:
    """`name | line` for the last lines of each log, then for each new line while `follow`."""
    wanted = chosen(names, known)
    return _read({name: folder / f"{name}.log" for name in wanted}, lines, follow)


def _read(paths: dict[str, Path], lines: int, follow: bool) -> Iterator[str]:
    width = max(map(len, paths), default=0)
    sizes = {name: _size(path) for name, path in paths.items()}
    for name, path in paths.items():
        yield from (f"{name.ljust(width)} | {line}" for line in tail(path, lines))
    while follow:
        for name, path in paths.items():
            new, sizes[name] = _new(path, sizes[name])
            yield from (f"{name.ljust(width)} | {line}" for line in new)
        time.sleep(0.5)


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return 0


def _new(path: Path, before: int) -> tuple[list[str], int]:
    """Whole lines since the last look; a file that shrank was rotated and is read from its start."""
    size = _size(path)
    start = before if size >= before else 0
    if size == start:
        return [], size
    with path.open("rb") as file:
        file.seek(start)
        text = file.read(size - start)
    whole = text[: text.rfind(b"\n") + 1]
    return whole.decode("utf-8", errors="replace").splitlines(), start + len(whole)
