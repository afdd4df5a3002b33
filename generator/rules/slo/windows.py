"""The share of bad requests over the windows of burn rates, each from recorded events and weighted by traffic."""

from __future__ import annotations

from collections.abc import Iterator

from generator import names
from generator.promql import WINDOW
from generator.rules.base import RecordingRule
from generator.rules.slo.burn import COARSE, FINE, LONG, SLOT
from generator.units import duration, number


def windows() -> Iterator[RecordingRule]:
    """Sums of bad requests over sums of requests: minutes without traffic weigh nothing, gaps are no errors."""
    yield RecordingRule(names.slo_errors(WINDOW), f"{names.SLO_ERRORS} / ({names.SLO_EVENTS} > 0)")
    for seconds in FINE:
        yield share(names.SLO_ERRORS, names.SLO_EVENTS, seconds)
    for seconds in COARSE:
        yield share(names.SLO_ERRORS_COUNT, names.SLO_EVENTS_COUNT, seconds)
    for seconds in LONG:
        yield RecordingRule(names.slo_seen(duration(seconds)), seen(seconds))


def share(errors: str, events: str, seconds: float) -> RecordingRule:
    """Bad requests / requests over a window, from series that are recorded at the same moments."""
    window = duration(seconds)
    expr = f"sum_over_time({errors}[{window}]) / (sum_over_time({events}[{window}]) > 0)"
    return RecordingRule(names.slo_errors(window), expr)


def seen(seconds: float) -> str:
    """The share of a window in which there are measurements; what nobody measured spends nothing of a budget."""
    counted = f"count_over_time({names.SLO_EVENTS_COUNT}[{duration(seconds)}])"
    return f"clamp_max({counted} * {number(SLOT)} / {number(seconds)}, 1)"
