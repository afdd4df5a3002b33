"""ErrorBudgetBurn and LatencyBudgetBurn, fast and slow: one alert each for all services."""

from __future__ import annotations

from collections.abc import Iterator

from generator import names
from generator.model import Limit, Severity, Stack
from generator.promql import equals, select
from generator.rules.base import AlertRule
from generator.rules.notation import RATIO, VALUE, limit_of_slo
from generator.rules.slo.burn import FAST, SLOT, SLOW, Pair
from generator.rules.slo.events import objectives
from generator.rules.slo.scenarios import burning
from generator.units import duration, number

MEET = "on (service, slo)"
TITLES = {"availability": "ErrorBudgetBurn", "latency": "LatencyBudgetBurn"}
KINDS = {f"{title}{speed}": kind for kind, title in TITLES.items() for speed in ("Fast", "Slow")}
"""Which objective each alert is about."""


def alerts(stack: Stack) -> Iterator[AlertRule]:
    """Two for availability and two for latency, as far as any service has an objective."""
    promised = {objective.kind for _, objective in objectives(stack)}
    for kind, title in TITLES.items():
        if kind in promised:
            yield _alert(stack, kind, f"{title}Fast", FAST, Severity.CRITICAL, 120)
            yield _alert(stack, kind, f"{title}Slow", SLOW, Severity.WARNING, 900)


def _alert(stack: Stack, kind: str, name: str, pairs: tuple[Pair, ...], severity: Severity, hold: float) -> AlertRule:
    windows = sorted({s.slo.window for s in stack.services if s.slo and any(o.kind == kind for o in s.slo.objectives)})
    arms = [_burns(kind, pair, window, windows) for window in windows for pair in pairs]
    factors = ((_named(pair, w, windows), Limit(pair.rate(w), "default (ours)")) for w in windows for pair in pairs)
    guards = ((quantity, getattr(stack.limits, quantity)) for quantity in ("min_requests", "min_errors"))
    return AlertRule(
        name=name,
        expr=" or ".join(f"({arm})" for arm in arms),
        hold=hold,
        severity=severity,
        value=RATIO(VALUE),
        limit=limit_of_slo(RATIO, names.SLO_BUDGET),
        subject="{{ $labels.service }}",
        limits=(*factors, *guards),
        scenarios=tuple(burning(stack, kind, name, pairs, hold)),
    )


def _named(pair: Pair, window: float, windows: list[float]) -> str:
    """How a burn rate is called where limits are listed."""
    of = f"_of_{duration(window)}" if len(windows) > 1 else ""
    return f"burn_rate_{duration(pair.long)}{of}"


def _burns(kind: str, pair: Pair, window: float, windows: list[float]) -> str:
    """The short window is as bad as the long one, there were enough requests in it, and the budget really went."""
    mine = equals(names.SLO, kind)
    allowed = select(names.SLO_BUDGET, mine, equals(names.WINDOW, duration(window)) if len(windows) > 1 else "")
    limit = f"{number(pair.rate(window))} * {allowed}"
    long, short = duration(pair.long), duration(pair.short)
    now = f"{select(names.slo_errors(short), mine)} > {MEET} group_left (team) {limit}"
    spent = f"{select(names.slo_errors(long), mine)} * {MEET} {select(names.slo_seen(long), mine)} > {MEET} {limit}"
    requests = f"{_counted(names.SLO_EVENTS, names.SLO_EVENTS_COUNT, pair, mine)} >= {_least('min_requests')}"
    errors = f"{_counted(names.SLO_ERRORS, names.SLO_ERRORS_COUNT, pair, mine)} >= {_least('min_errors')}"
    return f"({now}) and {MEET} ({spent}) and on (service) ({requests}) and on (service) ({errors})"


def _counted(rate: str, count: str, pair: Pair, mine: str) -> str:
    """How many in the short window."""
    if pair.short == SLOT:
        return f"{select(rate, mine)} * {number(SLOT)}"
    return f"sum_over_time({select(count, mine)}[{duration(pair.short)}])"


def _least(quantity: str) -> str:
    return f"on (service) {names.limit(quantity)}"
