"""The alerts of models: slow, queued, slow to start, inaccurate. They exist for services that declare `inference`."""

from __future__ import annotations

from collections.abc import Iterator

from generator import names
from generator.model import Severity, Stack
from generator.profiles.inference import ModelMetrics
from generator.rules import model_scenarios as scenarios
from generator.rules.base import AlertRule, Family, RecordingRule
from generator.rules.models import (
    INFERENCE,
    SUBJECT,
    WAIT,
    Models,
    above,
    declaring,
    durations,
    in_force,
    limit_in_force,
    limit_series,
    too_slow,
)
from generator.rules.notation import RATIO, SECONDS, VALUE

QUANTITIES = ("inference.latency_p95", "inference.queue_wait", "inference.cold_start", "inference.accuracy_floor")
PER_INSTANCE = "service, model, instance"
TOLD = "10m"
"""How long a cold start is told: the gauge keeps its last value for as long as the process lives."""
GROWS = "10m"


def inference(stack: Stack) -> Family:
    """The family of models; empty where no service declares any."""
    models = declaring(stack, "inference")
    if not models.services:
        return Family("inference")
    return Family("inference", tuple(_recordings(stack, models)), tuple(_alerts(stack, models)))


def _recordings(stack: Stack, models: Models) -> Iterator[RecordingRule]:
    for quantity in QUANTITIES:
        yield from limit_series(stack, quantity)
    yield from durations(models, INFERENCE, lambda server: server.inference)
    yield from durations(models, WAIT, lambda server: server.wait)
    for server in models.servers:
        yield from _gauges(models, server)


def _gauges(models: Models, server: ModelMetrics) -> Iterator[RecordingRule]:
    if server.queue:
        yield RecordingRule(names.QUEUE_LENGTH, models.value(server, server.queue, "sum"))
    if server.cold_start:
        expr = models.value(server, server.cold_start, "max", (names.INSTANCE,))
        yield RecordingRule(names.COLD_START, expr)
    if server.accuracy:
        yield RecordingRule(names.ACCURACY, models.value(server, server.accuracy, "min"))


def _alerts(stack: Stack, models: Models) -> Iterator[AlertRule]:
    yield _slow(stack, models)
    yield _waiting(stack, models)
    if any(server.queue for server in models.servers):
        yield _growing(stack)
    if any(server.cold_start for server in models.servers):
        yield _cold_start(stack)
    if any(server.accuracy for server in models.servers) and any(in_force(stack, "inference.accuracy_floor")):
        yield _inaccurate(stack)


def _slow(stack: Stack, models: Models) -> AlertRule:
    quantity = INFERENCE.quantity
    return AlertRule(
        name="InferenceSlow",
        expr=too_slow(models, INFERENCE, lambda server: server.inference),
        hold=300,
        severity=Severity.WARNING,
        value=SECONDS(VALUE),
        limit=limit_in_force(SECONDS, quantity),
        subject=SUBJECT,
        limits=(*in_force(stack, quantity), ("min_requests", stack.limits.min_requests)),
        scenarios=tuple(scenarios.slow(stack, "InferenceSlow", INFERENCE, lambda server: server.inference)),
    )


def _waiting(stack: Stack, models: Models) -> AlertRule:
    quantity = WAIT.quantity
    cases = scenarios.slow(stack, "QueueBacklog", WAIT, lambda server: server.wait, sign=("reason", "wait"))
    return AlertRule(
        name="QueueBacklog",
        expr=too_slow(models, WAIT, lambda server: server.wait),
        hold=300,
        severity=Severity.WARNING,
        value=SECONDS(VALUE),
        limit=limit_in_force(SECONDS, quantity),
        subject=SUBJECT,
        limits=(*in_force(stack, quantity), ("min_requests", stack.limits.min_requests)),
        labels=(("reason", "wait"),),
        scenarios=tuple(cases),
    )


def _growing(stack: Stack) -> AlertRule:
    """Longer than ten minutes ago, in steps, and never shorter in between."""
    queue = names.QUEUE_LENGTH
    declared = f"on (service) group_left (team) ({names.limit('inference.queue_wait')} > bool 0)"
    grown = f"{queue} > {queue} offset {GROWS} and resets({queue}[{GROWS}]) == 0 and changes({queue}[{GROWS}]) > 2"
    return AlertRule(
        name="QueueBacklog",
        expr=f"({grown}) * {declared}",
        hold=300,
        severity=Severity.WARNING,
        value=f'{{{{ {VALUE} | printf "%.0f" }}}}',
        limit=_length_before(queue),
        subject=SUBJECT,
        labels=(("reason", "growth"),),
        scenarios=tuple(scenarios.growing(stack)),
    )


def _length_before(queue: str) -> str:
    query = f"printf `{queue}{{service=%q,model=%q}} offset {GROWS}` $labels.service $labels.model | query"
    return f'{{{{ with {query} }}}}{{{{ . | first | value | printf "%.0f" }}}}{{{{ end }}}}'


def _cold_start(stack: Stack) -> AlertRule:
    """Above the limit, another value than the last known ten minutes ago, and the service was known by then."""
    quantity, gauge = "inference.cold_start", names.COLD_START
    limit = names.limit(quantity)
    old = f"{gauge} == last_over_time({gauge}[1d] offset {TOLD})"
    known = f"present_over_time({limit}[2m] offset 11m)"
    return AlertRule(
        name="ColdStartSlow",
        expr=f"{above(gauge, limit)} unless on ({PER_INSTANCE}) ({old}) and on (service) {known}",
        hold=0,
        severity=Severity.INFO,
        value=SECONDS(VALUE),
        limit=limit_in_force(SECONDS, quantity),
        subject=SUBJECT + "{{ with $labels.instance }} ({{ . }}){{ end }}",
        limits=tuple(in_force(stack, quantity)),
        scenarios=tuple(scenarios.cold_start(stack)),
    )


def _inaccurate(stack: Stack) -> AlertRule:
    quantity = "inference.accuracy_floor"
    return AlertRule(
        name="ModelAccuracyLow",
        expr=f"{names.ACCURACY} < on (service) group_left (team) {names.limit(quantity)}",
        hold=900,
        severity=Severity.WARNING,
        value=RATIO(VALUE),
        limit=limit_in_force(RATIO, quantity),
        subject=SUBJECT,
        limits=tuple(in_force(stack, quantity)),
        scenarios=tuple(scenarios.inaccurate(stack)),
    )
