"""Rules as values. An alert carries its scenarios: the series that fire it and those that must not."""

from __future__ import annotations

from dataclasses import dataclass

from generator.model import Limit, Severity

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Series:
    """One input series of a unit test: `start + step` per scrape interval, for as long as the test runs; it appears
    `after` so many seconds."""

    metric: str
    labels: Pairs
    start: float = 0.0
    step: float = 0.0
    after: float = 0.0


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
    """One alert. `value` and `limit` are notification templates; `limits` say where each number came from."""

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


@dataclass(frozen=True, slots=True)
class Family:
    """Rules that belong together: one file, one group, evaluated in this order."""

    name: str
    recordings: tuple[RecordingRule, ...] = ()
    alerts: tuple[AlertRule, ...] = ()
