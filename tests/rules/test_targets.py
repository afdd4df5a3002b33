"""Targets over more than a day: which growth is an explosion, and what only looks like one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.promtool import SCRAPED, Rules

pytestmark = pytest.mark.server("promtool")
# One value for each four minutes: 15 are an hour, 360 a day.
HOUR, DAY = 15, 360


@pytest.fixture
def rules(tmp_path: Path) -> Rules:
    """Evaluated as seldom as a series may be looked at without going stale."""
    return Rules(tmp_path, step="4m")


def scraped(values: str) -> dict[str, str]:
    """A target that is up and gives so many samples."""
    return {f"up{{{SCRAPED}}}": "1x480", f"scrape_samples_post_metric_relabeling{{{SCRAPED}}}": values}


@pytest.mark.parametrize(
    ("what", "values", "fires"),
    [
        ("more than twice yesterday's", f"2000x{DAY + 2 * HOUR} 4100x60", True),
        ("less than twice yesterday's", f"2000x{DAY + 2 * HOUR} 3900x60", False),
        ("above the limit whatever was yesterday", f"9000x{DAY + 2 * HOUR} 10100x60", True),
        ("a small target", f"200x{DAY + 2 * HOUR} 900x60", False),
        ("for a moment", f"2000x{DAY + 2 * HOUR} 4100x2 2000x60", False),
        ("restarted yesterday, when its page was short", f"4500x{2 * HOUR} 100x5 4500x400", False),
        ("not to be scraped yesterday", f"4500x{HOUR} 0x{3 * HOUR} 4500x400", False),
        ("unseen yesterday, while Prometheus was away", f"4500x{HOUR} _x{3 * HOUR} 4500x400", False),
        ("restarted and back", f"4500x{DAY + 2 * HOUR} 100x1 4500x60", False),
        ("new today", f"_x{DAY} 100x3 4500x100", False),
    ],
)
def test_an_explosion_is_told_from_what_looks_like_one(rules: Rules, what: str, values: str, fires: bool) -> None:
    """Asked half an hour and an hour after the change of each."""
    moments = ("26h32m", "27h")

    assert {rules.fires(scraped(values), "CardinalityExplosion", at, service="api") for at in moments} == {fires}, what


def test_a_target_that_is_a_day_old_is_not_compared_with_its_first_minutes(rules: Rules) -> None:
    """Its first page was short, and only what it gave an hour later counts."""
    series = scraped(f"_x{HOUR} 1200x4 4500x460")

    for minute in range(0, 80, 8):
        assert not rules.fires(series, "CardinalityExplosion", f"25h{minute}m")


def test_a_limit_is_the_lower_of_size_and_growth(rules: Rules) -> None:
    """The series of the limit in force, which the notification quotes."""
    for values, limit in ((f"3000x{DAY + 100}", 6000), (f"8000x{DAY + 100}", 10000), (f"20x{DAY + 100}", 1000)):
        found = rules.values(scraped(values), "instance:samples_per_scrape:limit", "26h40m")

        assert list(found.values()) == [limit]
        assert rules.values(scraped(values), "instance:samples_per_scrape:limit", "20h") == dict.fromkeys(found, 10000)


def test_a_flapping_target_has_the_labels_of_service_down(tmp_path: Path) -> None:
    """So that ServiceDown, and the host that is down, silence it."""
    rules = Rules(tmp_path)
    series = {f"up{{{SCRAPED}}}": "1x8 0 1 0 1 0 1x40"}

    assert rules.fires(
        series, "TargetFlapping", "4m", service="api", team="ml", job="api", instance="api:8000", host="api"
    )
    assert not rules.fires(series, "TargetFlapping", "20m")
