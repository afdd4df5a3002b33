"""Lines and traces that do not arrive: Loki, Tempo or the collector before them says so, or hands nothing over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from generator import names
from generator.model import Severity, Stack
from generator.promql import WINDOW, equals, select, sum_by
from generator.rules.base import AlertRule, Family, RecordingRule, Scenario
from generator.rules.ingestion_scenarios import HOLD, lines, spans
from generator.rules.notation import COUNT, VALUE

REASON = "reason"
SERVER = (names.JOB, names.INSTANCE, names.TEAM)
BY_REASON = (*SERVER, REASON)
SUBJECT = "{{ $labels.reason }} ({{ $labels.job }}, {{ $labels.instance }})"
LOKI, TEMPO, COLLECTOR = (equals(names.JOB, job) for job in (names.JOB_LOKI, names.JOB_TEMPO, names.JOB_COLLECTOR))
FROM_SERVICES = equals("receiver", "otlp")
"""What arrives by other ways may be filtered, and then nothing of it has to be handed over."""


@dataclass(frozen=True, slots=True)
class _Signal:
    """How the collector names what it hands to one exporter."""

    record: str
    items: str
    exporter: str


LINES = _Signal(names.LOGS_NOT_INGESTED, "log_records", names.EXPORTER_LOKI)
SPANS = _Signal(names.SPANS_NOT_INGESTED, "spans", names.EXPORTER_TEMPO)


def ingestion(stack: Stack) -> Family:
    """The family of what does not arrive; empty where logs and traces are off."""
    recordings: list[RecordingRule] = []
    alerts: list[AlertRule] = []
    if stack.logs:
        recordings += [*_lines(), *_handed_over(LINES)]
        alerts.append(_alert("LogsNotIngested", LINES, tuple(lines(stack))))
    if stack.traces:
        recordings += [*_spans(), *_handed_over(SPANS)]
        alerts.append(_alert("TracesNotIngested", SPANS, tuple(spans(stack))))
    return Family("ingestion", tuple(recordings), tuple(alerts))


def _alert(name: str, signal: _Signal, scenarios: tuple[Scenario, ...]) -> AlertRule:
    return AlertRule(
        name=name,
        expr=f"{signal.record} > 0",
        hold=HOLD,
        severity=Severity.WARNING,
        value=COUNT(VALUE),
        limit="0",
        subject=SUBJECT,
        scenarios=scenarios,
    )


def _lines() -> Iterator[RecordingRule]:
    """What Loki discards, and requests that it cannot serve."""
    discarded = _increase(select("loki_discarded_samples_total", LOKI))
    yield RecordingRule(LINES.record, sum_by(BY_REASON, discarded))
    asked = select("loki_request_duration_seconds_count", LOKI, equals("route", "otlp_v1_logs"), 'status_code=~"5.."')
    by_status = sum_by((*SERVER, "status_code"), _increase(asked))
    named = f'label_replace({by_status}, "{REASON}", "http_$1", "status_code", "(.+)")'
    yield RecordingRule(LINES.record, sum_by(BY_REASON, named))


def _spans() -> Iterator[RecordingRule]:
    """What Tempo discards or refuses; traces that the collector would keep, or does not even decide on."""
    discarded = _increase(select("tempo_discarded_spans_total", TEMPO))
    yield RecordingRule(SPANS.record, sum_by(BY_REASON, discarded))
    refused = sum_by(SERVER, _increase(_either("tempo_receiver_refused_spans", TEMPO)))
    yield RecordingRule(SPANS.record, _because(refused, "refused"))


def _handed_over(signal: _Signal) -> Iterator[RecordingRule]:
    """What the collector gave up handing over, what its queue had no room for, and what it keeps back."""
    mine = equals("exporter", signal.exporter)
    for outcome, reason in (("send_failed", "send_failed"), ("enqueue_failed", "queue_full")):
        lost = _grown(f"otelcol_exporter_{outcome}_{signal.items}", mine)
        yield RecordingRule(signal.record, _because(lost, reason))
    came = _grown(f"otelcol_receiver_accepted_{signal.items}", FROM_SERVICES)
    sent = _grown(f"otelcol_exporter_sent_{signal.items}", mine)
    if signal is LINES:
        yield RecordingRule(signal.record, _because(f"({came} > 0) unless ({sent} > 0)", "kept_back"))
        return
    decided = "otelcol_processor_tail_sampling_global_count_traces_sampled"
    kept = _grown(decided, equals("sampled", "true"))
    unsent, undecided = f"({kept} > 0) unless ({sent} > 0)", f"({came} > 0) unless ({_grown(decided)} > 0)"
    yield RecordingRule(signal.record, _because(f"({unsent}) or ({undecided})", "kept_back"))


def _grown(counter: str, *matchers: str) -> str:
    return sum_by(SERVER, _increase(_either(counter, COLLECTOR, *matchers)))


def _either(counter: str, *matchers: str) -> str:
    """A counter whose name may end in `_total`: versions and settings of OpenTelemetry's exporter differ."""
    return select("", f'__name__=~"{counter}(_total)?"', *matchers)


def _increase(series: str) -> str:
    return f"increase({series}[{WINDOW}])"


def _because(expression: str, reason: str) -> str:
    return f'label_replace({expression}, "{REASON}", "{reason}", "", "")'
