"""The sample platform with days of traffic behind it, and what arrived at its receiver since a moment."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from generator import names
from sample_app.scenarios import STORIES
from tests.integration.client import get, wait
from tests.integration.platform.stack import PlatformStack
from tests.proof import find

USUAL = {"ml-api": 5.0, "shop": 3.0}
"""Requests a second of the days before, about what PEOPLE send."""

PEOPLE, EVENING = "10", "20.5"
DAYS, STEP = 4, 60
HOLD = {
    "HighErrorRate": "15s",
    "HighLatencyP95": "15s",
    "TrafficSurge": "1m",
    "TrafficDrop": "2m",
    "HostHighMemory": "15s",
    "HostHighCpu": "1m",
    "CacheHitRatioLow": "30s",
    "RedisHitRatioLow": "30s",
    "DatabaseConnectionsHigh": "15s",
    "GpuHot": "15s",
}


class StoryStack(PlatformStack):
    """The platform with shorter `for`; its Prometheus remembers four days of the usual traffic."""

    def __init__(self) -> None:
        super().__init__("native")
        self.began = 0.0
        self.table: list[tuple[str, str, str, float]] = []

    def spec(self) -> dict[str, Any]:
        content = super().spec()
        content["alerting"]["for"] = HOLD
        return content

    def prepare(self) -> None:
        """Blocks of earlier days, as Prometheus itself would have written them."""
        past = self.folder / "past.txt"
        past.write_text("\n".join([*_history(int(time.time())), "# EOF\n"]))
        promtool = find("promtool")
        assert promtool is not None
        data = self.folder / ".run" / "data" / "prometheus"
        data.mkdir(parents=True)
        made = [promtool.where, "tsdb", "create-blocks-from", "openmetrics", "--quiet", str(past), str(data)]
        subprocess.run(made, check=True, capture_output=True)
        past.unlink()

    @contextmanager
    def people(self, *stories: str) -> Iterator[float]:
        """The usual number of people, always as in the evening, while the stories happen; since when."""
        chosen = ("--scenario", ",".join(stories)) if stories else ()
        began = time.time()
        with self.loaded("--users", PEOPLE, "--start-hour", EVENING, "--seconds", "1500", *chosen):
            yield began

    def fired(self, since: float) -> dict[tuple[str, ...], dict[str, Any]]:
        """What arrived of alerts that began after a moment: the first notification of each, by labels and start."""
        found: dict[tuple[str, ...], dict[str, Any]] = {}
        for each in reversed(get(f"{self.sink}/alerts?status=firing")):
            if datetime.fromisoformat(each["startsAt"]).timestamp() > since:
                labels = (f"{name}={value}" for name, value in sorted(each["labels"].items()))
                found.setdefault((each["startsAt"], *labels), each)
        return found

    def raises(self, story: str, began: float, seconds: float) -> dict[str, Any]:
        """Waits for the alert that the story is named after; notes when it was delivered."""

        def delivered() -> dict[str, Any] | None:
            named = [a for a in self.fired(began).values() if a["labels"]["alertname"] == STORIES[story].alerts[0]]
            return named[0] if named else None

        alert = wait(f"{story} at the receiver; there are {names_of(self.fired(began))}", delivered, seconds)
        took = datetime.fromisoformat(alert["received_at"]).timestamp() - began
        labels = alert["labels"]
        self.table.append((story, labels["alertname"], labels["severity"], took))
        return alert


def names_of(fired: dict[tuple[str, ...], dict[str, Any]]) -> list[str]:
    """The alerts' names, one for each alert."""
    return sorted(alert["labels"]["alertname"] for alert in fired.values())


def _history(now: int) -> Iterator[str]:
    records = {names.REQUESTS: USUAL, names.REQUESTS_MEAN: USUAL}
    records |= {record: dict.fromkeys(USUAL, 1.0) for record in (names.TARGETS, names.TARGETS_UP)}
    for record, values in records.items():
        yield from _series(now, record, {f'service="{service}"': value for service, value in values.items()})
    yield from _series(now, names.limit("inference.cold_start"), {'service="ml-api",team="ml"': 10.0})


def _series(now: int, record: str, values: dict[str, float]) -> Iterator[str]:
    yield f"# TYPE {record} gauge"
    for labels, value in values.items():
        for moment in range(now - DAYS * 86400, now, STEP):
            yield f"{record}{{{labels}}} {value:g} {moment}"
