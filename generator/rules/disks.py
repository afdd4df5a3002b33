"""Disks that fill up: by the trend of the last hours."""

from __future__ import annotations

import math
from collections.abc import Iterator

from generator import names
from generator.model import Severity, Stack
from generator.rules.base import AlertRule, Family, Scenario, Series
from generator.rules.notation import RATIO, VALUE
from generator.rules.scenarios import SETTLE, held
from generator.units import duration, number

NAME = "HostDiskFillsSoon"
WINDOW, AGE, GROWING = "6h", "3h", "1h"
AGE_SECONDS = 3 * 3600.0
SIZE = 1e12
TESTED_EVERY = 300.0


def disks(stack: Stack) -> Family:
    """The family of trends on disks, by the records of hosts."""
    return Family("disks", (), (_fills_soon(stack),), reads=("hosts",), tested_every=TESTED_EVERY)


def _fills_soon(stack: Stack) -> AlertRule:
    """Full soon by the trend of six hours, of which the first half has data, and still growing in the last hour.

    Without the former a young host would be judged by minutes; without the latter one large file would be a trend.
    """
    within, above = stack.hosts.limits.disk_fills_within, stack.hosts.limits.disk_fills_above
    used = names.DISK_USED
    expr = (
        f"({used} > {number(above.value)})"
        f" and predict_linear({used}[{WINDOW}], {number(within.value)}) > 1"
        f" and present_over_time({used}[{AGE}] offset {AGE})"
        f" and {used} > {used} offset {GROWING}"
    )
    return AlertRule(
        name=NAME,
        expr=expr,
        hold=3600,
        severity=Severity.WARNING,
        value=RATIO(VALUE),
        limit=duration(within.value),
        subject=f"{{{{ $labels.{names.INSTANCE} }}}} {{{{ $labels.{names.MOUNTPOINT} }}}}",
        limits=(("disk_fills_within", within), ("disk_fills_above", above)),
        labels=((names.TEAM, stack.hosts.team),),
        scenarios=tuple(_scenarios(stack, within.value, above.value)),
    )


def _disk(stack: Stack, used: float, per_second: float) -> tuple[Series, ...]:
    """A file system of which a share is used, and how much more of it in every second."""
    base = {"instance": "test:1", "job": names.JOB_NODE, "team": stack.hosts.team}
    labels = tuple(sorted((base | {"mountpoint": "/data", "device": "/dev/sda1", "fstype": "ext4"}).items()))
    step = float(round(-SIZE * per_second * stack.scrape_interval))
    free = Series("node_filesystem_avail_bytes", labels, start=float(round(SIZE * (1 - used))), step=step)
    return Series("node_filesystem_size_bytes", labels, start=SIZE), free


def _scenarios(stack: Stack, within: float, above: float) -> Iterator[Scenario]:
    hold = held(stack, NAME, 3600)
    steps = math.ceil((AGE_SECONDS + hold + SETTLE + 4 * stack.scrape_interval) / TESTED_EVERY) + 4
    late = steps * TESTED_EVERY
    start = above + 0.05 * (1 - above)
    fast = _disk(stack, start, (1.02 - start) / (AGE_SECONDS + within))
    slow = _disk(stack, start, (0.98 - start) / (late + within))
    rising = (1.02 - 0.98 * above) / within
    empty = _disk(stack, 0.98 * above - rising * late, rising)
    who = ((names.INSTANCE, "test:1"), (names.MOUNTPOINT, "/data"))
    if above < 1:
        yield Scenario("full in time by the trend fires after for", fast, late, True, who)
    if hold >= 4 * TESTED_EVERY:
        yield Scenario("full in time is silent before for", fast, AGE_SECONDS + hold * 0.75, False, who)
    yield Scenario("a host younger than three hours is silent", fast, AGE_SECONDS * 0.9, False, who)
    yield Scenario("full later by the trend is silent", slow, late, False, who)
    yield Scenario("full in time but far from it is silent", empty, late, False, who)
    yield Scenario("full and standing still is silent", _disk(stack, 1.0, 0.0), late, False, who)
    yield Scenario("a disk that empties is silent", _disk(stack, 1.0, -0.1 / late), late, False, who)
    yield Scenario("no data is silent", (), late, False, who)
