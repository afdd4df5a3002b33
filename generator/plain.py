"""Walking a spec as plain dicts and lists of any shape, whatever is wrong with it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A problem at a path of the document."""

    code: str
    path: Path
    message: str
    hint: str


def at(data: Any, *path: str | int) -> Any:
    """What stands at a path, or None."""
    for step in path:
        if isinstance(step, int):
            data = data[step] if isinstance(data, list) and len(data) > step else None
        else:
            data = data.get(step) if isinstance(data, dict) else None
    return data


def listed(data: Any, *path: str | int) -> list[Any]:
    """The list at a path; empty when there is none."""
    found = at(data, *path)
    return found if isinstance(found, list) else []


def mapped(data: Any, *path: str | int) -> dict[str, Any]:
    """The mapping at a path; empty when there is none."""
    found = at(data, *path)
    return found if isinstance(found, dict) else {}


def near(name: str, known: Sequence[str]) -> str:
    """A hint at the known name that was probably meant."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known: {', '.join(known)}" if len(known) <= 12 else "see docs/runbooks for the names"
