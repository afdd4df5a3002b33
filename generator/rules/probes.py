"""Probes by the blackbox exporter: reachable from outside, certificates still valid."""

from __future__ import annotations

from collections.abc import Iterator

from generator import names
from generator.model import Severity, Stack
from generator.promql import differs, select
from generator.rules.base import AlertRule, Family, RecordingRule, Scenario, Series
from generator.rules.notation import SECONDS, VALUE
from generator.rules.scenarios import SETTLE, held
from generator.units import number

DAY = 86400
MINE = differs(names.PROBE, "")
BY = "probe, instance, team"


def probes(stack: Stack) -> Family:
    """The family of probes; empty without one."""
    if not stack.probes:
        return Family("probes")
    certificate = f"min by ({BY}) ({select('probe_ssl_earliest_cert_expiry', MINE)}) - time()"
    recordings = (
        RecordingRule(names.PROBE_UP, f"min by ({BY}) ({select('probe_success', MINE)})"),
        RecordingRule(names.PROBE_CERTIFICATE, certificate),
    )
    return Family("probes", recordings, (_failed(stack), _expires(stack)))


def _failed(stack: Stack) -> AlertRule:
    return AlertRule(
        name="ProbeFailed",
        expr=f"{names.PROBE_UP} == 0",
        hold=120,
        severity=Severity.CRITICAL,
        value="0",
        limit="1",
        subject="{{ $labels.probe }} ({{ $labels.instance }})",
        scenarios=tuple(_cases(stack, "ProbeFailed", "probe_success", 120, (0, 1))),
    )


def _expires(stack: Stack) -> AlertRule:
    limit = stack.certificate_days.value * DAY
    return AlertRule(
        name="CertificateExpiresSoon",
        expr=f"{names.PROBE_CERTIFICATE} < {number(limit)}",
        hold=3600,
        severity=Severity.WARNING,
        value=SECONDS(VALUE),
        limit=SECONDS(number(limit)),
        subject="{{ $labels.probe }} ({{ $labels.instance }})",
        limits=(("certificate_days", stack.certificate_days),),
        scenarios=tuple(
            _cases(stack, "CertificateExpiresSoon", "probe_ssl_earliest_cert_expiry", 3600, (limit, limit + 2 * DAY))
        ),
    )


def _cases(stack: Stack, alert: str, metric: str, default: float, values: tuple[float, float]) -> Iterator[Scenario]:
    hold = held(stack, alert, default)
    late = hold + SETTLE + 4 * (stack.scrape_interval + stack.evaluation_interval)
    probe = stack.probes[0]
    labels = (("instance", "test"), ("job", names.JOB_PROBE), ("probe", probe.name), ("team", probe.team))
    who = ((names.PROBE, probe.name),)
    for value, fires in zip(values, (True, False), strict=True):
        what = "a bad value fires after for" if fires else "a good value is silent"
        yield Scenario(f"{probe.name}: {what}", (Series(metric, labels, start=value),), late, fires, who)
    if hold >= 4 * stack.evaluation_interval:
        bad = (Series(metric, labels, start=values[0]),)
        yield Scenario(f"{probe.name}: a bad value is silent before for", bad, hold * 0.75, False, who)
    yield Scenario(f"{probe.name}: no data is silent", (), late, False, who)
