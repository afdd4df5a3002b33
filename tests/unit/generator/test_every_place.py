"""Every place of a spec that holds everything, with something else in it: accepted or refused there, never a crash."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from generator import document
from generator.load import load, show_key
from generator.problems import Problem, SpecError
from tests.proof import ROOT

FULL = ROOT / "tests/golden/cases/every-section-in-korean-with-hostile-text/spec.yaml"
OTHERS: dict[str, Any] = {
    "nothing": None,
    "list": [],
    "list-of-lists": [[]],
    "mapping": {},
    "mapping-of-lists": {"name": []},
    "number": 7,
    "switch": True,
    "text": "x",
    "long-text": "9" * 5000,
}
MISSED = ("unknown-receiver", "unknown-time")
Path = tuple[str | int, ...]


def places(data: Any, path: Path = ()) -> Iterator[Path]:
    """The path of every value below the root."""
    for step, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield (*path, step)
        yield from places(value, (*path, step))


def put(data: Any, path: Path, value: Any) -> Any:
    """A copy with another value at a path."""
    made = copy.deepcopy(data)
    place = made
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return made


def problems(text: str) -> tuple[Problem, ...]:
    """What is said against a spec; nothing against a valid one."""
    try:
        load(text.encode())
    except SpecError as error:
        return tuple(error.problems)
    return ()


def fits(problem: Problem, path: Path) -> bool:
    """Whether it lies at, above or below the place; what lost its name is missed where it is named."""
    key, place = problem.key or "", show_key(path)
    return key.startswith(place) or place.startswith(key) or problem.code in MISSED


@pytest.mark.parametrize("other", OTHERS)
def test_a_wrong_value_is_refused_where_it_stands(other: str) -> None:
    """Problems name a line and column of the file, and the place that was changed."""
    data = document.parse(FULL.read_bytes()).plain()
    paths = [*places(data)]
    found = {path: problems(json.dumps(put(data, path, OTHERS[other]), ensure_ascii=False)) for path in paths}

    assert len(paths) > 150
    assert sum(map(bool, found.values())) > len(paths) // 3
    assert [path for path in paths if found[path] and not any(fits(each, path) for each in found[path])] == []
    assert all(each.line and each.column and each.message for several in found.values() for each in several)
