"""Rules as values. An alert carries its scenarios: the series that fire it and those that must not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from generator.model import Limit, Severity

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Run:
    """What a series did for so many seconds: grew from `start` by `step` per scrape interval, or was not there."""

    seconds: float
    start: float | None = None
    step: float = 0.0


@dataclass(frozen=True, slots=True)
class Series:
    """One input series of a unit test: `start + step` per scrape interval, for as long as the test runs.

    `earlier` is what it did before that. With `restarts` it begins again at 0 after each so many intervals, as the
    counters of a server that restarts. `values` are written as promtool wants them and stand in place of all that.
    """

    metric: str
    labels: Pairs
    start: float = 0.0
    step: float = 0.0
    earlier: tuple[Run, ...] = ()
    restarts: int = 0
    values: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the alert does `at` seconds after the series begin; `subject` are labels of the alert that is meant."""

    sentence: str
    series: tuple[Series, ...]
    at: float
    fires: bool
    subject: Pairs = ()


@dataclass(frozen=True, slots=True)
class RecordingRule:
    """`record` is set to the value of `expr` at every evaluation."""

    record: str
    expr: str
    labels: Pairs = ()


@dataclass(frozen=True, slots=True)
class AlertRule:
    """One alert. `value` and `limit` are notification templates; `limits` say where each number came from: what is
    judged, and what guards it (`min_…`). `measure` is what to look at, where that is not what is compared first.
    What is asked in LogQL is Loki's to evaluate."""

    name: str
    expr: str
    hold: float
    severity: Severity
    value: str
    limit: str
    subject: str
    limits: tuple[tuple[str, Limit], ...] = ()
    labels: Pairs = ()
    scenarios: tuple[Scenario, ...] = ()
    measure: str = ""
    language: Literal["promql", "logql"] = "promql"


@dataclass(frozen=True, slots=True)
class Family:
    """Rules that belong together: one file, one group, evaluated in this order.

    `interval` is that of the group, if not the stack's. `reads` names the families whose records the alerts' tests
    need, `step` how often those tests scrape and evaluate, and `tested_every` how often they evaluate if not as often:
    hours of series at the stack's own pace take too long.
    """

    name: str
    recordings: tuple[RecordingRule, ...] = ()
    alerts: tuple[AlertRule, ...] = ()
    interval: float | None = None
    reads: tuple[str, ...] = ()
    step: float | None = None
    tested_every: float | None = None
