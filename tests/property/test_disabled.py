"""What `alerting.disable` turns off is gone from everything that is generated."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from generator.names import CATALOGUE
from generator.pipeline import generate, read
from generator.rules import every_alert
from generator.texts import texts_of
from tests.proof import ROOT
from tests.property.test_specs import common

FULL: dict[str, Any] = yaml.safe_load(
    (ROOT / "tests/golden/cases/every-section-in-korean-with-hostile-text/spec.yaml").read_text()
)
REFERENCE = {"docs/spec-reference.md", "spec.schema.json"}


def without(disabled: set[str], locale: str) -> str:
    """The full spec with these alerts turned off; a `for` for one of them would be a warning."""
    stack = {**FULL["stack"], "locale": locale}
    alerting = {key: value for key, value in FULL["alerting"].items() if key != "for"}
    spec = {**FULL, "stack": stack, "alerting": {**alerting, "disable": sorted(disabled)}}
    return yaml.safe_dump(spec, allow_unicode=True)


def mentioned(files: dict[str, str], disabled: set[str]) -> list[str]:
    """Where one of these names stands, as a word of its own."""
    if not disabled:
        return []
    named = re.compile(rf"(?<![A-Za-z0-9_])(?:{'|'.join(disabled)})(?![A-Za-z0-9_])")
    return [
        f"{path}: {found[0]}" for path, text in files.items() if path not in REFERENCE and (found := named.search(text))
    ]


@common
@given(st.sets(st.sampled_from(CATALOGUE)), st.sampled_from(["en", "ko"]))
@example(set(CATALOGUE), "en")
@example({"HighErrorRate", "Watchdog"}, "ko")
def test_nothing_mentions_a_disabled_alert(disabled: set[str], locale: str) -> None:
    """Rules, tests, runbooks, dashboards, inhibition, routes: only the reference lists what could be."""
    files = generate(without(disabled, locale)).files()
    left = {alert.name for alert in every_alert(read(without(set(), locale).encode(), "compose").stack)} - disabled

    assert mentioned(files, disabled) == []
    assert {path[14:-3] for path in files if path.startswith("docs/runbooks/")} == left


@pytest.mark.parametrize("locale", ["en", "ko"])
def test_the_texts_of_the_others_stay_whole(locale: str) -> None:
    """Whichever alert is turned off, every other one still has a meaning and something to do."""
    every = texts_of(read(without(set(), locale).encode(), "compose").stack).alerts
    for name in CATALOGUE:
        texts = texts_of(read(without({name}, locale).encode(), "compose").stack)
        assert texts.alerts.keys() == every.keys() - {name}
        assert all(text.meaning and text.steps for text in texts.alerts.values()), name


def test_a_mention_would_be_found() -> None:
    """The names are there when nothing is turned off."""
    files = generate(without(set(), "en")).files()

    assert len(mentioned(files, {"HighErrorRate"})) > 4
    assert mentioned({"a": "HighLatencyP95Critical HighLatencyP95와"}, {"HighLatencyP95"}) == ["a: HighLatencyP95"]
    assert mentioned({"a": "HighLatencyP95Critical"}, {"HighLatencyP95"}) == []
