"""Targets over more than a day: which growth is an explosion, and what only looks like one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.rules.promtool import SCRAPED, Rules

pytestmark = pytest.mark.server("promtool")
# One value for each four minutes, as seldom as a series may be looked at: 15 are an hour, 360 a day.
STEP, HOUR, DAY = "4m", 15, 360
EXPLODING = {
    "doubled": f"2000x{DAY + 2 * HOUR} 4100x60",
    "too-large": f"9000x{DAY + 2 * HOUR} 10100x60",
}
HARMLESS = {
    "nearly-doubled": f"2000x{DAY + 2 * HOUR} 3900x60",
    "small": f"200x{DAY + 2 * HOUR} 900x60",
    "doubled-for-a-moment": f"2000x{DAY + 2 * HOUR} 4100x2 2000x60",
    "restarted-yesterday": f"4500x{2 * HOUR} 100x5 4500x400",
    "down-yesterday": f"4500x{HOUR} 0x{3 * HOUR} 4500x400",
    "unseen-yesterday": f"4500x{HOUR} _x{3 * HOUR} 4500x400",
    "restarted": f"4500x{DAY + 2 * HOUR} 100x1 4500x60",
    "new-today": f"_x{DAY} 100x3 4500x100",
    "a-day-old-and-short-at-first": f"_x{HOUR} 1200x4 4500x460",
}


def scraped(instance: str) -> str:
    """The labels of one of many targets of the service."""
    return SCRAPED.replace("api:8000", instance)


def given() -> dict[str, str]:
    """Every target at once, so that promtool walks through the day once."""
    series = {}
    for instance, values in {**EXPLODING, **HARMLESS}.items():
        series[f"up{{{scraped(instance)}}}"] = "1x480"
        series[f"scrape_samples_post_metric_relabeling{{{scraped(instance)}}}"] = values
    return series


def by_instance(found: dict[str, float]) -> dict[str, float]:
    """What promtool printed, by instance."""
    return {match[1]: value for labels, value in found.items() if (match := re.search(r'instance="([^"]+)"', labels))}


def test_an_explosion_is_told_from_what_looks_like_one(tmp_path: Path) -> None:
    """Of all targets those that fired at any time within 27 hours."""
    ever = 'sum by (instance) (count_over_time(ALERTS{alertname="CardinalityExplosion",alertstate="firing"}[1d]))'
    found = by_instance(Rules(tmp_path, step=STEP).values(given(), ever, "27h"))

    assert set(found) == set(EXPLODING)


@pytest.mark.parametrize(("at", "grown"), [("20h", False), ("25h20m", True)])
def test_the_limit_in_force_is_the_lower_of_size_and_growth(tmp_path: Path, at: str, grown: bool) -> None:
    """The series that the notification quotes; without a day of history the size alone counts."""
    found = by_instance(Rules(tmp_path, step=STEP).values(given(), "instance:samples_per_scrape:limit", at))

    assert found["doubled"] == (4000 if grown else 10000)
    assert found["too-large"] == 10000
    assert found["small"] == (1000 if grown else 10000)


def test_a_flapping_target_has_the_labels_of_service_down(tmp_path: Path) -> None:
    """So that ServiceDown, and the host that is down, silence it."""
    rules = Rules(tmp_path)
    series = {f"up{{{SCRAPED}}}": "1x8 0 1 0 1 0 1x80"}
    labels = {"service": "api", "team": "ml", "job": "api", "instance": "api:8000", "host": "api"}

    assert rules.fires(series, "TargetFlapping", "4m", **labels)
    assert not rules.fires(series, "TargetFlapping", "20m")
