"""The alerts of calls of language models: failing, slow, costly. They exist for services that declare `llm`."""

from __future__ import annotations

from collections.abc import Iterator

from generator import names
from generator.model import Severity, Stack
from generator.profiles.inference import ModelMetrics
from generator.promql import none_of, one_of, select
from generator.rules import model_scenarios as scenarios
from generator.rules.base import AlertRule, Family, RecordingRule
from generator.rules.models import (
    CALL,
    PER_MODEL,
    SUBJECT,
    Models,
    above,
    declaring,
    durations,
    enough,
    in_force,
    limit_in_force,
    limit_series,
    too_slow,
)
from generator.rules.notation import RATIO, SECONDS, VALUE, Notation
from generator.rules.vocabulary import window_count
from generator.units import number

QUANTITIES = ("llm.latency_p95", "llm.error_ratio", "llm.daily_budget")
GUARDS = ("min_requests", "min_errors")
BUDGET = (("warning", 0.8), ("critical", 1.0))
USD: Notation = lambda figure: f'{{{{ {figure} | printf "%.2f" }}}} USD'  # noqa: E731
DAYS = (("even", 0), ("odd", 1))
"""Days since 1970 in UTC. A window of 24 hours holds the samples of one even and one odd day at most."""


def llm(stack: Stack) -> Family:
    """The family of calls; empty where no service declares any."""
    models = declaring(stack, "llm")
    if not models.services:
        return Family("llm")
    return Family("llm", tuple(_recordings(stack, models)), tuple(_alerts(stack, models)))


def _recordings(stack: Stack, models: Models) -> Iterator[RecordingRule]:
    for quantity in QUANTITIES:
        yield from limit_series(stack, quantity)
    yield from durations(models, CALL, lambda server: server.call_time)
    for server in models.servers:
        yield from _calls(models, server)
    if any(server.calls for server in models.servers):
        yield from _ratios(stack)
    costly = [server for server in models.servers if server.cost]
    for server in costly:
        yield from _counters(models, server)
    if costly:
        yield from _cost()


def _calls(models: Models, server: ModelMetrics) -> Iterator[RecordingRule]:
    calls = server.calls
    if calls is None:
        return
    made = models.rate(server, calls.metric, none_of(calls.label, calls.left_out))
    failed = models.rate(server, calls.metric, one_of(calls.label, calls.failed))
    yield RecordingRule(names.LLM_CALLS, made)
    yield RecordingRule(names.LLM_ERRORS, f"{failed} or ({made}) * 0")


def _ratios(stack: Stack) -> Iterator[RecordingRule]:
    """Over five minutes; and over an hour, integrated from what was recorded, for services with few calls."""
    step = number(stack.evaluation_interval)
    yield RecordingRule(names.LLM_ERROR_RATIO, f"{names.LLM_ERRORS} / ({names.LLM_CALLS} > 0)")
    yield RecordingRule(names.LLM_CALLS_1H, f"sum_over_time({names.LLM_CALLS}[1h]) * {step}")
    yield RecordingRule(names.LLM_ERRORS_1H, f"sum_over_time({names.LLM_ERRORS}[1h]) * {step}")
    yield RecordingRule(names.LLM_ERROR_RATIO_1H, f"{names.LLM_ERRORS_1H} / ({names.LLM_CALLS_1H} > 0)")


def _counters(models: Models, server: ModelMetrics) -> Iterator[RecordingRule]:
    """The cost as it is counted, under a name of the day: a range over a day then holds today's samples alone.

    Nothing is added up before the increase: a sum of fractions in another order may be smaller, as after a reset.
    """
    metric = server.cost
    if metric is None:
        return
    total = models.each(server, lambda *mine: select(metric, *mine))
    for day, rest in DAYS:
        yield RecordingRule(names.LLM_COST, f"{total} and on () {_today(rest)}", (("day", day),))


def _cost() -> Iterator[RecordingRule]:
    """What the counters rose by since midnight UTC, whatever restarted or was not seen in between."""
    for day, rest in DAYS:
        risen = f'sum by (service) (increase({names.LLM_COST}{{day="{day}"}}[1d]))'
        yield RecordingRule(names.LLM_COST_DAY, f"{risen} and on () {_today(rest)}")


def _today(rest: int) -> str:
    return f"(floor(vector(time() / 86400)) % 2 == {rest})"


def _alerts(stack: Stack, models: Models) -> Iterator[AlertRule]:
    if any(server.calls for server in models.servers):
        yield _failing(stack)
    if any(server.call_time for server in models.servers):
        yield _slow(stack, models)
    if any(server.cost for server in models.servers) and any(in_force(stack, "llm.daily_budget")):
        for severity, share in BUDGET:
            yield _costly(stack, Severity(severity), share)


def _failing(stack: Stack) -> AlertRule:
    """Failed / all calls over 5m; for models that were quiet for the whole hour, over 1h."""
    quantity = "llm.error_ratio"
    limit, least, errors = names.limit(quantity), names.limit("min_requests"), names.limit("min_errors")
    short = f"{above(names.LLM_ERROR_RATIO, limit)} {enough(names.LLM_CALLS)} {enough(names.LLM_ERRORS, 'min_errors')}"
    busy = f"{window_count(f'max_over_time({names.LLM_CALLS}[1h])')} >= on (service) group_left () {least}"
    long = (
        f"{above(names.LLM_ERROR_RATIO_1H, limit)}"
        f" and on ({PER_MODEL}) ({names.LLM_CALLS_1H} >= on (service) group_left () {least})"
        f" and on ({PER_MODEL}) ({names.LLM_ERRORS_1H} >= on (service) group_left () {errors})"
        f" unless on ({PER_MODEL}) ({busy})"
    )
    return AlertRule(
        name="LlmErrorRate",
        expr=f"({short}) or ({long})",
        hold=300,
        severity=Severity.CRITICAL,
        value=RATIO(VALUE),
        limit=limit_in_force(RATIO, quantity),
        subject=SUBJECT,
        limits=(*in_force(stack, quantity), *((guard, getattr(stack.limits, guard)) for guard in GUARDS)),
        scenarios=tuple(scenarios.failing(stack)),
    )


def _slow(stack: Stack, models: Models) -> AlertRule:
    quantity = CALL.quantity
    return AlertRule(
        name="LlmLatencyHigh",
        expr=too_slow(models, CALL, lambda server: server.call_time),
        hold=300,
        severity=Severity.WARNING,
        value=SECONDS(VALUE),
        limit=limit_in_force(SECONDS, quantity),
        subject=SUBJECT,
        limits=(*in_force(stack, quantity), ("min_requests", stack.limits.min_requests)),
        scenarios=tuple(scenarios.slow(stack, "LlmLatencyHigh", CALL, lambda server: server.call_time)),
    )


def _costly(stack: Stack, severity: Severity, share: float) -> AlertRule:
    quantity = "llm.daily_budget"
    budget = names.limit(quantity) if share == 1 else f"({names.limit(quantity)} * {number(share)})"
    return AlertRule(
        name="LlmCostBudget",
        expr=f"{names.LLM_COST_DAY} >= on (service) group_left (team) {budget}",
        hold=0,
        severity=severity,
        value=USD(VALUE),
        limit=limit_in_force(USD, quantity),
        subject="{{ $labels.service }}",
        limits=tuple(in_force(stack, quantity)),
        scenarios=tuple(scenarios.costly(stack, severity, share)),
    )
