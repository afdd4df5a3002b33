"""The alerts of services: down, failing, slow. Each judges the vocabulary against the limit series in force."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from generator import names
from generator.model import Severity, Stack
from generator.promql import select
from generator.rules import scenarios
from generator.rules.base import AlertRule, Family, Scenario
from generator.rules.limits import limits, routed
from generator.rules.notation import COUNT, RATIO, SECONDS, VALUE, Notation, limit_of
from generator.rules.slow import slow
from generator.rules.targets import SUBJECT, TARGET, target_alerts, target_recordings
from generator.rules.vocabulary import slow_shares, vocabulary, window_count

LATENCIES = ("latency_p95", "latency_p95_critical")


def services(stack: Stack) -> Family:
    """The family of services: vocabulary, limits, shares judged by bucket, alerts."""
    slow = tuple(rule for quantity in LATENCIES for rule in slow_shares(stack, quantity))
    recordings = (*vocabulary(stack), *limits(stack), *slow, *target_recordings(stack))
    return Family("services", recordings, (*_alerts(stack), *target_alerts(stack)))


def _alerts(stack: Stack) -> Iterator[AlertRule]:
    yield _down(stack)
    yield _ratio(stack, "HighErrorRate", "error_ratio", Severity.CRITICAL, _failing(stack))
    yield _ratio(stack, "HighClientErrorRate", "client_error_ratio", Severity.WARNING, _refusing(stack))
    yield _consecutive(stack)
    yield _slow(stack, "HighLatencyP95", "latency_p95", Severity.WARNING)
    yield _slow(stack, "HighLatencyP95Critical", "latency_p95_critical", Severity.CRITICAL)
    yield _average(stack)


def _down(stack: Stack) -> AlertRule:
    """Every target of the stack, not services alone; `host` is what inhibition compares."""
    up = f"min by ({TARGET}) (up) == 0"
    expr = f'label_replace({up}, "host", "$1", "instance", "(.+):[0-9]+")'
    if any(s.discovery or s.push for s in stack.services):
        expr += f" or group by (service, team) ({names.SERVICE_ABSENT})"
    return AlertRule(
        name="ServiceDown",
        expr=expr,
        hold=60,
        severity=Severity.CRITICAL,
        value="up 0",
        limit="up 1",
        subject=SUBJECT,
        scenarios=tuple(scenarios.down(stack)),
    )


def _enough(by: str = "service") -> str:
    """Enough requests in the window for a statistic to mean something."""
    requests = names.REQUESTS if by == "service" else names.REQUESTS_ROUTE
    many = "" if by == "service" else " group_left ()"
    return f"and on ({by}) ({window_count(requests)} >= on (service){many} {names.limit('min_requests')})"


def _enough_errors(errors: str, by: str = "service") -> str:
    many = "" if by == "service" else " group_left ()"
    return f"and on ({by}) ({window_count(errors)} >= on (service){many} {names.limit('min_errors')})"


def _failing(stack: Stack) -> str:
    """5xx / all over 5m; for services that were quiet for the whole hour, over 1h."""
    quantity = "error_ratio"
    quiet = f"{window_count(f'max_over_time({names.REQUESTS}[1h])')} >= on (service) {names.limit('min_requests')}"
    short = f"{_above(names.ERROR_RATIO, quantity)} {_enough()} {_enough_errors(names.ERRORS)}"
    long = (
        f"{_above(names.ERROR_RATIO_1H, quantity)}"
        f" and on (service) ({names.REQUESTS_1H} >= on (service) {names.limit('min_requests')})"
        f" and on (service) ({names.ERRORS_1H} >= on (service) {names.limit('min_errors')})"
        f" unless on (service) ({quiet})"
    )
    return f"({short}) or ({long})" + _route_ratio(stack, quantity, names.ERROR_RATIO_ROUTE, names.ERRORS_ROUTE)


def _refusing(stack: Stack) -> str:
    quantity = "client_error_ratio"
    short = f"{_above(names.CLIENT_ERROR_RATIO, quantity)} {_enough()} {_enough_errors(names.CLIENT_ERRORS)}"
    return f"({short})" + _route_ratio(stack, quantity, names.CLIENT_ERROR_RATIO_ROUTE, names.CLIENT_ERRORS_ROUTE)


def _above(series: str, quantity: str) -> str:
    return f"({series} > on (service) group_left (team) {names.limit(quantity)})"


def _above_route(series: str, quantity: str) -> str:
    return f"({series} > on (service, route) group_left (team) {names.limit(quantity, by_route=True)})"


def _route_ratio(stack: Stack, quantity: str, ratio: str, errors: str) -> str:
    if not routed(stack, quantity):
        return ""
    by = "service, route"
    return f" or ({_above_route(ratio, quantity)} {_enough(by)} {_enough_errors(errors, by)})"


def _ratio(stack: Stack, name: str, quantity: str, severity: Severity, expr: str) -> AlertRule:
    return _http_alert(
        stack, name, quantity, severity, expr, RATIO, scenarios.failing(stack, quantity), "min_requests", "min_errors"
    )


def _consecutive(stack: Stack) -> AlertRule:
    quantity = "consecutive_errors"
    count = window_count(names.ERRORS)
    expr = f"{count} >= on (service) group_left (team) {names.limit(quantity)}"
    return _http_alert(
        stack, "ConsecutiveErrors", quantity, Severity.WARNING, expr, COUNT, scenarios.failing(stack, quantity), hold=0
    )


def _slow(stack: Stack, name: str, quantity: str, severity: Severity) -> AlertRule:
    """By the share beyond the limit where that is exact, else by the interpolated quantile."""
    expr = f"{slow(names.latency('p95'), names.slow_share(quantity), names.limit(quantity))} {_enough()}"
    if routed(stack, quantity):
        by = "service, route"
        p95, share = names.latency("p95", by_route=True), names.slow_share(quantity, by_route=True)
        limit = names.limit(quantity, by_route=True)
        expr += f" or {slow(p95, share, limit, by, by)} {_enough(by)}"
    alert = _http_alert(stack, name, quantity, severity, expr, SECONDS, scenarios.slow(stack, quantity), "min_requests")
    return replace(alert, measure=names.latency("p95"))


def _average(stack: Stack) -> AlertRule:
    quantity, mean = "latency_average", names.latency("mean")
    expr = f"{_above(mean, quantity)} {_enough()}"
    if routed(stack, quantity):
        by = "service, route"
        expr += f" or {_above_route(names.latency('mean', by_route=True), quantity)} {_enough(by)}"
    return _http_alert(
        stack,
        "HighLatencyAverage",
        quantity,
        Severity.WARNING,
        expr,
        SECONDS,
        scenarios.slow(stack, quantity),
        "min_requests",
    )


def _http_alert(
    stack: Stack,
    name: str,
    quantity: str,
    severity: Severity,
    expr: str,
    notation: Notation,
    cases: Iterator[Scenario],
    *guards: str,
    hold: float = 300,
) -> AlertRule:
    query: Callable[[str], str] = lambda level: select(names.limit(quantity, by_route=level == "route"))  # noqa: E731
    return AlertRule(
        name=name,
        expr=expr,
        hold=hold,
        severity=severity,
        value=notation(VALUE),
        limit=limit_of(notation, query("service"), query("route") if routed(stack, quantity) else None),
        subject="{{ $labels.service }}{{ with $labels.route }} {{ . }}{{ end }}",
        limits=tuple((q, getattr(stack.limits, q)) for q in (quantity, *guards)),
        scenarios=tuple(cases),
    )
