"""The stack itself: the dead man's switch, and what Prometheus and Alertmanager say of themselves."""

from __future__ import annotations

from collections.abc import Iterator

from generator import names
from generator.model import Severity, Stack
from generator.promql import differs, equals, select, sum_by
from generator.rules.base import AlertRule, Family, RecordingRule, Scenario
from generator.rules.itself import delivery, evaluation, reload, storage
from generator.rules.notation import COUNT, RATIO, VALUE
from generator.units import duration, number

WINDOW = "3m"
GIVEN_UP = 600.0
PROMETHEUS, ALERTMANAGER, LOKI = (
    equals(names.JOB, job) for job in (names.JOB_PROMETHEUS, names.JOB_ALERTMANAGER, names.JOB_LOKI)
)
SERVER = (names.JOB, names.INSTANCE, names.TEAM)
SUBJECT = "{{ $labels.job }} ({{ $labels.instance }})"


def stack_itself(stack: Stack) -> Family:
    """The family of the stack's own alerts."""
    return Family("stack", tuple(_recordings(stack)), tuple(_alerts(stack)))


def _recordings(stack: Stack) -> Iterator[RecordingRule]:
    by_group = (*SERVER, "rule_group")
    yield RecordingRule(names.RULE_FAILURES, _grown(by_group, "prometheus_rule_evaluation_failures_total", PROMETHEUS))
    if stack.logs:
        of_lines = "loki_prometheus_rule_evaluation_failures_total"
        yield RecordingRule(names.RULE_FAILURES, _grown(by_group, of_lines, LOKI))
    missed = "prometheus_rule_group_iterations_missed_total"
    yield RecordingRule(names.RULES_MISSED, _grown(by_group, missed, PROMETHEUS))
    errors, dropped = (
        _grown(SERVER, f"prometheus_notifications_{what}_total", PROMETHEUS) for what in ("errors", "dropped")
    )
    yield RecordingRule(names.ALERTS_UNSENT, f"({errors} > 0) or {dropped}")
    if stack.logs:
        errors, dropped = (
            _grown(SERVER, f"loki_prometheus_notifications_{what}_total", LOKI) for what in ("errors", "dropped")
        )
        yield RecordingRule(names.ALERTS_UNSENT, f"({errors} > 0) or {dropped}")
    failed = select("alertmanager_notifications_failed_total", ALERTMANAGER, differs("reason", "contextCanceled"))
    window = duration(_given_up(stack))
    by_integration = (*SERVER, "integration")
    yield RecordingRule(names.NOTIFICATIONS_FAILED, sum_by(by_integration, f"increase({failed}[{window}])"))
    reloads = (("prometheus", PROMETHEUS), ("alertmanager", ALERTMANAGER))
    loaded = (_least(f"{server}_config_last_reload_successful", mine) for server, mine in reloads)
    yield RecordingRule(names.CONFIG_RELOADED, " or ".join(loaded))
    yield from _storage(stack)


def _grown(by: tuple[str, ...], counter: str, *matchers: str) -> str:
    return sum_by(by, f"increase({select(counter, *matchers)}[{WINDOW}])")


def _least(gauge: str, *matchers: str) -> str:
    return f"min by ({', '.join(SERVER)}) ({select(gauge, *matchers)})"


def _given_up(stack: Stack) -> float:
    """Alertmanager tries for one group_interval, gives up, and tries anew: the window holds two of them."""
    return max(GIVEN_UP, 2 * stack.alerting.group_interval)


def _storage(stack: Stack) -> Iterator[RecordingRule]:
    """What counts against the size limit: blocks, write-ahead log, chunks of the head (2.42 tells the blocks alone).
    The age of the oldest sample is a share of the time limit; a database without a sample has none."""
    blocks = _least("prometheus_tsdb_storage_blocks_bytes", PROMETHEUS)
    parts = (_least(f"prometheus_tsdb_{part}_storage_size_bytes", PROMETHEUS) for part in ("wal", "head_chunks"))
    used = " + ".join((blocks, *(f"({part} or {blocks} * 0)" for part in parts)))
    most = _least("prometheus_tsdb_retention_limit_bytes", PROMETHEUS)
    yield RecordingRule(names.STORAGE_USED, f"({used}) / ({most} > 0)")
    age = f"time() - {_least('prometheus_tsdb_lowest_timestamp_seconds', PROMETHEUS)}"
    yield RecordingRule(names.STORAGE_AGE, f"(({age}) >= 0) / {number(stack.retention.metrics)}")


def _alerts(stack: Stack) -> Iterator[AlertRule]:
    yield _watchdog(stack)
    failing = f"{names.RULE_FAILURES} > 0 or {names.RULES_MISSED} > 0"
    yield _alert("RuleEvaluationFailing", failing, "{{ $labels.rule_group }}", tuple(evaluation(stack)))
    lost = f"{names.ALERTS_UNSENT} > 0 or {names.NOTIFICATIONS_FAILED} > 0"
    where = SUBJECT + "{{ with $labels.integration }} {{ . }}{{ end }}"
    yield _alert("AlertsNotDelivered", lost, where, tuple(delivery(stack, _given_up(stack))))
    yield _alert("ConfigReloadFailed", f"{names.CONFIG_RELOADED} == 0", SUBJECT, tuple(reload(stack)))
    limit = stack.metrics_storage
    # In proportion: a database that will be full only after its time limit loses nothing.
    early = f"({names.STORAGE_USED} > {names.STORAGE_AGE}) > {number(limit.value)}"
    yield AlertRule(
        name="MetricsStorageNearLimit",
        expr=early,
        hold=1800,
        severity=Severity.WARNING,
        value=RATIO(VALUE),
        limit=RATIO(number(limit.value)),
        subject=SUBJECT,
        limits=(("metrics_storage", limit),),
        scenarios=tuple(storage(stack)),
    )


def _alert(name: str, expr: str, subject: str, cases: tuple[Scenario, ...]) -> AlertRule:
    return AlertRule(
        name=name,
        expr=expr,
        hold=300,
        severity=Severity.CRITICAL,
        value=COUNT(VALUE),
        limit="0",
        subject=subject,
        scenarios=cases,
    )


def _watchdog(stack: Stack) -> AlertRule:
    """Watchdog fires always: whoever stops receiving it knows that alerting is down."""
    return AlertRule(
        name="Watchdog",
        expr="vector(1)",
        hold=0,
        severity=Severity.INFO,
        value="1",
        limit="1",
        subject=stack.name,
        labels=((names.TEAM, stack.team),),
        scenarios=(Scenario("fires without any data", (), 4 * stack.evaluation_interval, True),),
    )
