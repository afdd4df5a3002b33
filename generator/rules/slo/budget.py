"""What is left of an error budget, and when it will be spent."""

from __future__ import annotations

from collections.abc import Iterator

from generator import names
from generator.model import Stack
from generator.promql import equals, select
from generator.rules.base import RecordingRule
from generator.rules.slo.burn import HOUR
from generator.rules.slo.windows import seen, share
from generator.units import duration, number

PACE = 6 * HOUR
MEET = "on (service, slo)"


def budget(stack: Stack) -> Iterator[RecordingRule]:
    """For each window that an SLO has: the share of bad requests in it, the budget left, and the forecast."""
    found = sorted({service.slo.window for service in stack.services if service.slo})
    windows = [(window, select(names.SLO_BUDGET, equals(names.WINDOW, duration(window)))) for window in found]
    for window, allowed in windows:
        ratio = share(names.SLO_ERRORS_COUNT, names.SLO_EVENTS_COUNT, window)
        yield RecordingRule(ratio.record, f"{ratio.expr} and {MEET} {allowed}")
    for window, allowed in windows:
        spent = f"{names.slo_errors(duration(window))} * {MEET} {seen(window)} / {MEET} {allowed}"
        yield RecordingRule(names.SLO_REMAINING, f"1 - {spent}")
    for window, allowed in windows:
        yield RecordingRule(names.SLO_EXHAUSTION, _exhaustion(window, allowed))


def _exhaustion(window: float, allowed: str) -> str:
    """At the pace of the last six hours. A budget that outlasts the window is not being used up: what was spent
    at its beginning will have left it by then."""
    pace = f"({names.slo_errors(duration(PACE))} / {MEET} {allowed} > 0)"
    left = f"clamp_min({names.SLO_REMAINING}, 0) / {MEET} {pace} * {number(window)} < {number(window)}"
    errors = f"sum_over_time({names.SLO_ERRORS_COUNT}[{duration(PACE)}])"
    enough = f"{errors} >= on (service) group_left () {names.limit('min_errors')}"
    return f"{left} and {MEET} ({enough})"
