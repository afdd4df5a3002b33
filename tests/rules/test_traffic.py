"""Bands of traffic on days of series: what raises an alarm and what must not, every service a story of its own."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.rules.promtool import Rules

pytestmark = pytest.mark.server("promtool")
SPEC: dict[str, Any] = {
    "version": 1,
    "stack": {"name": "test", "scrape_interval": "1m"},
    "services": [{"name": "api", "kind": "fastapi", "targets": ["api:8000"], "buckets": ["100ms", "200ms", "500ms"]}],
}
DAY, STEP = 24.0, 1 / 6  # in hours; the histories have a sample every ten minutes
NOW = 15 * DAY + 12  # noon of a Monday; the first day is a Sunday
Story = Callable[[float], float]


def wave(hour: float) -> float:
    """Ten times as much at noon as at midnight."""
    return 55 - 45 * math.cos(2 * math.pi * hour / 24)


def week(hour: float) -> float:
    """A tenth of the wave on Saturday and Sunday."""
    return wave(hour) * (0.1 if int(hour // 24) % 7 in (0, 6) else 1.0)


def within(hour: float, begin: float, length: float) -> bool:
    """Whether the hour lies in a stretch of time."""
    return begin <= hour < begin + length


def since(change: float, story: Story, factor: float) -> Story:
    """The story, but from a moment on so many times its traffic."""
    return lambda hour: story(hour) * (factor if hour >= change else 1)


def during(begin: float, length: float, story: Story, factor: float) -> Story:
    """The story with an incident."""
    return lambda hour: story(hour) * (factor if within(hour, begin, length) else 1)


def hidden(begin: float, length: float, story: Story) -> Story:
    """The story with a gap: nobody looked."""
    return lambda hour: math.nan if within(hour, begin, length) else story(hour)


YESTERDAY = NOW - DAY - 1
QUIET: dict[str, Story] = {
    "daily-wave": wave,
    "weekends": week,
    "steady": lambda _: 50.0,
    "night-owl": lambda hour: 0.05 + (0.8 if within(hour, NOW, 3) else 0.0),
    "dip-on-a-holiday": during(NOW - 3, 24, wave, 0.4),
    "gap": hidden(NOW - 3, 3, wave),
    "gap-of-two-days": hidden(NOW - 2.2 * DAY, 2.2 * DAY, wave),
    "after-a-surge": during(YESTERDAY, 3, wave, 20),
    "after-an-outage": during(YESTERDAY, 3, wave, 0),
    "after-two-outages": during(YESTERDAY - 7 * DAY, 3, during(YESTERDAY, 3, wave, 0), 0),
    "born-yesterday": hidden(0, NOW - 20, wave),
    "born-this-morning": hidden(0, NOW - 4, since(NOW, wave, 10)),
    "scaled-out": since(NOW, wave, 6),
    "spike": during(NOW, 0.1, wave, 50),
}
LOUD: dict[str, tuple[str, Story]] = {
    "surge": ("TrafficSurge", since(NOW, wave, 5)),
    "drop": ("TrafficDrop", since(NOW, wave, 0.1)),
    "stop": ("TrafficDrop", since(NOW, wave, 0)),
    "surge-on-a-monday": ("TrafficSurge", since(NOW, week, 5)),
    "surge-after-a-surge": ("TrafficSurge", during(YESTERDAY, 3, since(NOW, wave, 5), 20)),
    "drop-after-an-outage": ("TrafficDrop", during(YESTERDAY, 3, since(NOW, wave, 0.1), 0)),
    "young-surge": ("TrafficSurge", hidden(0, NOW - 8, lambda hour: 250.0 if hour >= NOW else 50.0)),
    "young-drop": ("TrafficDrop", hidden(0, NOW - 8, lambda hour: 0.0 if hour >= NOW else 50.0)),
    "surge-beside-more-targets": ("TrafficSurge", since(NOW, wave, 8)),
}
TARGETS = {"scaled-out": (2, 6, NOW), "surge-beside-more-targets": (2, 3, NOW - 3)}


def written(story: Callable[[float], float], end: float) -> str:
    """A story in promtool's notation."""
    values = (story(index * STEP) for index in range(round(end / STEP) + 1))
    return " ".join("_" if math.isnan(value) else f"{value:.4f}" for value in values)


def history(name: str, story: Story, end: float) -> dict[str, str]:
    """A service as the vocabulary has it."""
    few, many, change = TARGETS.get(name, (1, 1, 0.0))
    series = {f'service:http_requests:rate5m{{service="{name}"}}': written(story, end)}
    for quantity, limit in (("traffic_factor", 3), ("traffic_minimum", 1)):
        series[f'service:{quantity}:limit{{service="{name}",team="t"}}'] = f"{limit}x{round(end / STEP)}"
    seen: Story = lambda hour: story(hour) * 0 + 1  # noqa: E731
    for target in range(many):
        up = seen if target < few else hidden(0, change, seen)
        series[f'up{{kind="fastapi",service="{name}",instance="{target}"}}'] = written(up, end)
    return series


Fired = dict[str, dict[str, dict[str, float]]]
"""In the last hour or ever, of each service, which alerts, and at how many evaluations."""


@pytest.fixture(scope="module")
def fired(tmp_path_factory: pytest.TempPathFactory) -> Fired:
    """All stories in one run: days of rules take a while."""
    rules = Rules(tmp_path_factory.mktemp("bands"), SPEC, step="10m", only=("traffic_history", "traffic"))
    stories = QUIET | {name: story for name, (_, story) in LOUD.items()}
    end = NOW + 1
    series = {key: value for name, story in stories.items() for key, value in history(name, story, end).items()}
    count = 'sum by (service, alertname) (count_over_time(ALERTS{alertstate="firing"}[%s]))'
    asked = " or ".join(
        f'label_replace({count % length}, "when", "{when}", "", "")'
        for when, length in (("now", "1h"), ("ever", "20d"))
    )
    found: Fired = {"now": {}, "ever": {}}
    for labels, number in rules.values(series, asked, f"{round(end)}h").items():
        of = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        found[of["when"]].setdefault(of["service"], {})[of["alertname"]] = number
    return found


@pytest.mark.parametrize("name", QUIET)
def test_what_is_usual_is_silent(name: str, fired: Fired) -> None:
    """Waves, weekends, nights, gaps, yesterday's incidents, new and growing services."""
    assert fired["now"].get(name, {}) == {}


@pytest.mark.parametrize("name", LOUD)
def test_what_is_unusual_fires(name: str, fired: Fired) -> None:
    """The alert that is meant, within twenty minutes, for as long as it lasts, and no other."""
    alert, _ = LOUD[name]

    assert fired["now"].get(name, {}) == {alert: pytest.approx(5, abs=1)}  # of the six evaluations in the hour


@pytest.mark.parametrize("name", ["daily-wave", "steady", "night-owl", "gap", "scaled-out", "born-this-morning"])
def test_weeks_of_calm_are_silent_throughout(name: str, fired: Fired) -> None:
    """From the first minute on."""
    assert fired["ever"].get(name, {}) == {}


def test_the_first_weekend_is_the_only_surprise(fired: Fired) -> None:
    """Nobody can know that a service rests on Saturdays before it has once; afterwards it is usual."""
    assert set(fired["ever"].get("weekends", {})) <= {"TrafficDrop"}
    assert fired["ever"]["weekends"]["TrafficDrop"] <= 2 * 24 / STEP


LABELS = 'job="api",service="%s",kind="fastapi",team="t",env="production",instance="%s"'
BEGIN, END = 8 * 60, 8 * 60 + 40  # what happens begins after eight hours, in minutes


def counted(service: str, values: str, *, instance: str = "a", up: str = f"1x{END}") -> dict[str, str]:
    """A target with its counter of requests, scraped every minute."""
    labels = LABELS % (service, instance)
    return {f'http_requests_total{{{labels},handler="/a",method="GET",status="2xx"}}': values, f"up{{{labels}}}": up}


RATHER = END - BEGIN
USUAL = f"0+3000x{BEGIN}"
TARGETS_OF = {
    "restarts": counted("restarts", f"{USUAL} 0+3000x{RATHER}"),
    "redeploys": counted("redeploys", f"{USUAL} _x3 0+3000x{RATHER}", up=f"1x{BEGIN} 0x2 1x{RATHER}"),
    "unseen": counted("unseen", f"{USUAL} _x15 {3000 * BEGIN + 45000}+3000x25", up=f"1x{BEGIN} _x15 1x25"),
    "dies": counted("dies", f"{USUAL} _x{RATHER}", up=f"1x{BEGIN} 0x{RATHER}"),
    "vanishes": counted("vanishes", USUAL, up=f"1x{BEGIN} stale"),
    "loses-a-target": counted("loses-a-target", f"0+1500x{END}")
    | counted("loses-a-target", f"0+1500x{BEGIN} stale", instance="b", up=f"1x{BEGIN} stale"),
    "grows": counted("grows", f"{USUAL} {3000 * BEGIN}+6000x{RATHER}")
    | counted("grows", f"_x{BEGIN} 0+6000x{RATHER}", instance="b", up=f"_x{BEGIN} 1x{RATHER}"),
    "twitches": counted("twitches", f"{USUAL} {3000 * BEGIN}+90000x3 {3000 * BEGIN + 270000}+3000x{RATHER}"),
    "idles-after-a-restart": counted("idles-after-a-restart", f"{USUAL} stale"),
    "is-flooded": counted("is-flooded", f"{USUAL} {3000 * BEGIN + 15000}+15000x{RATHER}"),
}


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """What fired at any time, for each service, from the counters on: all rules, every minute."""
    names = ("services", "traffic_history", "traffic")
    rules = Rules(tmp_path_factory.mktemp("counters"), SPEC, step="1m", only=names)
    series = {key: values for found in TARGETS_OF.values() for key, values in found.items()}
    fired = f'count by (service, alertname) (count_over_time(ALERTS{{alertstate="firing"}}[{END}m]))'
    found: dict[str, set[str]] = {}
    for labels in rules.values(series, fired, f"{END}m"):
        of = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        found.setdefault(of["service"], set()).add(of["alertname"])
    return found


@pytest.mark.parametrize(
    ("name", "alerts"),
    [
        ("restarts", set()),
        ("redeploys", {"ServiceDown"}),
        ("unseen", set()),
        ("dies", {"ServiceDown"}),
        ("vanishes", set()),
        ("loses-a-target", set()),
        ("grows", set()),
        ("twitches", set()),
        ("idles-after-a-restart", {"TrafficDrop"}),
        ("is-flooded", {"TrafficSurge"}),
    ],
)
def test_what_happens_to_targets_is_told_from_traffic(
    name: str, alerts: set[str], scraped: dict[str, set[str]]
) -> None:
    """Restarts, gaps and lost targets are no drop; a counter that is gone while its target answers is one."""
    assert scraped.get(name, set()) == alerts
