"""What the collector does not take: full memory or queues, and other places that it hands lines and traces to."""

from __future__ import annotations

from collections.abc import Iterator

from generator import names
from generator.model import Component, Severity, Stack
from generator.promql import WINDOW, WINDOW_SECONDS, equals, none_of, select, sum_by
from generator.rules.base import AlertRule, Family, Pairs, RecordingRule, Scenario, Series
from generator.rules.notation import COUNT, VALUE
from generator.rules.scenarios import held

ALERT, HOLD = "TelemetryRefused", 600.0
REASON = "reason"
SERVER = (names.JOB, names.INSTANCE, names.TEAM)
MINE = equals(names.JOB, names.JOB_COLLECTOR)
COUNTERS: tuple[tuple[str, str, bool], ...] = (
    ("refused", "otelcol_receiver_refused_", False),
    ("failed", "otelcol_receiver_failed_", False),
    ("not_exported", "otelcol_exporter_send_failed_", True),
    ("queue_full", "otelcol_exporter_enqueue_failed_", True),
)
"""A reason, the counters behind it (of lines and of spans), and whether they are of exporters."""


def collected(stack: Stack) -> Family:
    """The family of what the collector does not take; empty where there is none."""
    if Component.COLLECTOR not in stack.components:
        return Family("collector", (), ())
    return Family("collector", tuple(_recordings(stack)), (_refused(stack),))


def _recordings(stack: Stack) -> Iterator[RecordingRule]:
    for reason, counter, exported in COUNTERS:
        matcher = none_of("exporter", _told_elsewhere(stack)) if exported else ""
        both = " + ".join(_grown(f"{counter}{items}", matcher) for items in ("log_records", "spans"))
        yield RecordingRule(names.TELEMETRY_REFUSED, f'label_replace({both}, "{REASON}", "{reason}", "", "")')


def _told_elsewhere(stack: Stack) -> tuple[str, ...]:
    """Exporters whose failures have alerts of their own."""
    loki, tempo = ((names.EXPORTER_LOKI,) if stack.logs else ()), ((names.EXPORTER_TEMPO,) if stack.traces else ())
    return loki + tempo


def _grown(counter: str, matcher: str) -> str:
    """How far it grew: its name may end in `_total`, and before the first line or span there is none."""
    series = select("", f'__name__=~"{counter}(_total)?"', MINE, matcher)
    return f"({sum_by(SERVER, f'increase({series}[{WINDOW}])')} or {_none()})"


def _none() -> str:
    """0 for every collector that is scraped."""
    return f"{sum_by(SERVER, select('up', MINE))} * 0"


def _refused(stack: Stack) -> AlertRule:
    return AlertRule(
        name=ALERT,
        expr=f"{names.TELEMETRY_REFUSED} > 0",
        hold=HOLD,
        severity=Severity.WARNING,
        value=COUNT(VALUE),
        limit="0",
        subject="{{ $labels.reason }} ({{ $labels.instance }})",
        scenarios=tuple(_scenarios(stack)),
    )


def _labels(**more: str) -> Pairs:
    return tuple(sorted({names.INSTANCE: "test:1", names.JOB: names.JOB_COLLECTOR, names.TEAM: "ops", **more}.items()))


def _scenarios(stack: Stack) -> Iterator[Scenario]:
    hold = held(stack, ALERT, HOLD)
    late = hold + 60 + 4 * (stack.scrape_interval + stack.evaluation_interval)
    up = Series("up", _labels(), start=1)
    for reason, counter, exported in COUNTERS:
        whose = {"exporter": "otlp_http/elsewhere"} if exported else {"receiver": "otlp", "transport": "http"}
        who: Pairs = ((names.INSTANCE, "test:1"), (REASON, reason))
        for metric in (f"{counter}log_records", f"{counter}spans_total"):
            growing = (up, Series(metric, _labels(**whose), step=1))
            yield Scenario(f"{metric} that grows fires after for", growing, late, True, who)
            if hold >= 4 * stack.evaluation_interval:
                yield Scenario(f"{metric} that grows is silent before for", growing, hold * 0.5, False, who)
            for said, values in (("of long ago", "7x4000"), ("of before a restart", "7x8 0x4000")):
                still = (up, Series(metric, _labels(**whose), values=values))
                yield Scenario(f"{metric} {said} is silent", still, late, False, who)
            if hold > WINDOW_SECONDS:
                once = (up, Series(metric, _labels(**whose), values="0x4 1x4000"))
                yield Scenario(f"{metric} once is silent", once, hold + 5 * stack.scrape_interval, False, who)
        metric = f"{counter}spans"
        for other in _told_elsewhere(stack) if exported else ():
            told = (up, Series(metric, _labels(exporter=other), step=1))
            yield Scenario(f"{reason} of {other} has its own alert: silent here", told, late, False, who)
        elsewhere = dict(_labels(**whose)) | {names.JOB: "shop"}
        foreign = (up, Series(metric, tuple(sorted(elsewhere.items())), step=1))
        yield Scenario(f"{reason} of another job is silent", foreign, late, False, who)
    yield Scenario("nothing refused is silent", (up,), late, False, ((names.INSTANCE, "test:1"),))
    yield Scenario("no data is silent", (), late, False, ((names.INSTANCE, "test:1"),))
