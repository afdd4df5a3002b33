"""Input series for the unit tests of what does not arrive: what Loki, Tempo and the collector say of themselves."""

from __future__ import annotations

from collections.abc import Iterator

from generator import names
from generator.model import Stack
from generator.rules.base import Pairs, Scenario, Series
from generator.rules.itself import WHO, counter, labelled, late_after
from generator.rules.scenarios import held

HOLD, WINDOW = 600.0, 300.0
DECIDED = "otelcol_processor_tail_sampling_global_count_traces_sampled"


def lines(stack: Stack) -> Iterator[Scenario]:
    """Loki discards, fails; the collector gives up, has no room, or sends nothing although lines come in."""
    alert = "LogsNotIngested"
    discarded = labelled(names.JOB_LOKI, reason="rate_limited", tenant="fake")
    failed = labelled(names.JOB_LOKI, route="otlp_v1_logs", method="POST", status_code="500")
    yield from _counters(stack, alert, "loki_discarded_samples_total", discarded, "a line that Loki discards")
    yield from _counters(stack, alert, "loki_request_duration_seconds_count", failed, "a batch that Loki cannot take")
    yield from _lost(stack, alert, "log_records", names.EXPORTER_LOKI)
    came, sent = _accepted("log_records"), _sent("log_records", names.EXPORTER_LOKI)
    yield from _silence(stack, alert, "lines", came, sent)
    asked = labelled(names.JOB_LOKI, route="loki_api_v1_query_range", method="GET", status_code="500")
    taken = labelled(names.JOB_LOKI, route="otlp_v1_logs", method="POST", status_code="204")
    late = late_after(stack, held(stack, alert, HOLD))
    for what, labels in (("a query that fails", asked), ("a batch that is taken", taken)):
        series = (Series("loki_request_duration_seconds_count", labels, step=1),)
        yield Scenario(f"{what} is silent", series, late, False, WHO)
    yield Scenario("no data is silent", (), late, False, WHO)


def spans(stack: Stack) -> Iterator[Scenario]:
    """The same of Tempo; a trace that the collector does not keep need not be handed over."""
    alert = "TracesNotIngested"
    discarded = labelled(names.JOB_TEMPO, reason="trace_too_large", tenant="single-tenant")
    refused = labelled(names.JOB_TEMPO, receiver="otlp/otlp_receiver", transport="grpc")
    yield from _counters(stack, alert, "tempo_discarded_spans_total", discarded, "a span that Tempo discards")
    yield from _counters(stack, alert, "tempo_receiver_refused_spans", refused, "a span that Tempo refuses")
    yield from _lost(stack, alert, "spans", names.EXPORTER_TEMPO)
    came, sent = _accepted("spans"), _sent("spans", names.EXPORTER_TEMPO)
    kept, left_out = (_decided(sampled) for sampled in ("true", "false"))
    yield from _silence(stack, alert, "traces", (*came, *kept), sent)
    late = late_after(stack, held(stack, alert, HOLD))
    yield Scenario("traces on which nothing is decided fires after for", came, late, True, WHO)
    yield Scenario("traces of which none is kept is silent", (*came, *left_out), late, False, WHO)
    yield Scenario("no data is silent", (), late, False, WHO)


def _counters(stack: Stack, alert: str, metric: str, labels: Pairs, what: str) -> Iterator[Scenario]:
    yield from counter(stack, alert, metric, labels, what, window=WINDOW, default=HOLD)


def _lost(stack: Stack, alert: str, items: str, exporter: str) -> Iterator[Scenario]:
    """With and without the ending that versions of the collector differ in."""
    labels = labelled(names.JOB_COLLECTOR, exporter=exporter)
    for ending in ("", "_total"):
        metric = f"otelcol_exporter_send_failed_{items}{ending}"
        yield from _counters(stack, alert, metric, labels, f"a hand-over that is given up ({metric})")
    metric = f"otelcol_exporter_enqueue_failed_{items}"
    yield from _counters(stack, alert, metric, labels, "a queue without room")


def _silence(
    stack: Stack, alert: str, what: str, came: tuple[Series, ...], sent: tuple[Series, ...]
) -> Iterator[Scenario]:
    hold = held(stack, alert, HOLD)
    late = late_after(stack, hold)
    stands = tuple(Series(each.metric, each.labels, start=9) for each in sent)
    yield Scenario(f"{what} of which none was ever sent fires after for", came, late, True, WHO)
    yield Scenario(f"{what} of which none is sent any more fires after for", (*came, *stands), late, True, WHO)
    if hold >= 8 * stack.evaluation_interval:
        yield Scenario(f"{what} of which none is sent is silent before for", came, hold * 0.75, False, WHO)
    yield Scenario(f"{what} that are sent on is silent", (*came, *sent), late, False, WHO)
    still = tuple(Series(each.metric, each.labels, start=9) for each in came)
    yield Scenario(f"without new {what} is silent", (*still, *stands), late, False, WHO)


def _accepted(items: str) -> tuple[Series, ...]:
    labels = labelled(names.JOB_COLLECTOR, receiver="otlp", transport="http")
    return (Series(f"otelcol_receiver_accepted_{items}", labels, step=5),)


def _sent(items: str, exporter: str) -> tuple[Series, ...]:
    return (Series(f"otelcol_exporter_sent_{items}", labelled(names.JOB_COLLECTOR, exporter=exporter), step=1),)


def _decided(sampled: str) -> tuple[Series, ...]:
    decision = "sampled" if sampled == "true" else "not_sampled"
    return (Series(DECIDED, labelled(names.JOB_COLLECTOR, sampled=sampled, decision=decision), step=1),)
