"""A stack whose servers of logs or traces cannot be had is rendered as if the spec had switched them off."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from generator.model import Component
from generator.pipeline import load, render
from generator.smaller import without
from tests.proof import ROOT

SPEC: dict[str, Any] = yaml.safe_load((ROOT / "spec.yaml").read_text())
CASES = {
    "loki": ({Component.LOKI}, ("logs",)),
    "tempo": ({Component.TEMPO}, ("traces",)),
    "collector": ({Component.COLLECTOR}, ("logs", "traces")),
    "both": ({Component.LOKI, Component.TEMPO}, ("logs", "traces")),
    "others": ({Component.GRAFANA, Component.CADVISOR}, ()),
}


def files(spec: dict[str, Any], missing: set[Component]) -> dict[str, str]:
    """The tree for processes without some servers."""
    return render(without(load(yaml.safe_dump(spec).encode(), "spec.yaml", "native"), missing)).files()


@pytest.mark.parametrize("case", CASES)
def test_it_is_the_tree_of_a_spec_that_says_off(case: str) -> None:
    """Whatever reads logs or traces: jobs, data sources, rules, runbooks, services' settings, programs."""
    missing, off = CASES[case]

    assert files(SPEC, missing) == files({**SPEC, **dict.fromkeys(off, "off")}, set())


def test_nothing_is_left_of_a_server_that_is_missing() -> None:
    """And the names would be found if they were there."""
    named = ("loki", "LogsNotIngested", "RepeatedException")
    left, whole = files(SPEC, {Component.LOKI}), files(SPEC, set())
    mention = {word: [path for path, text in whole.items() if word in text] for word in named}

    assert all(len(paths) >= 3 for paths in mention.values())
    assert [path for path, text in left.items() if any(word in text for word in named)] == []
