"""Alerts on what lines say, in LogQL: Loki's ruler evaluates them and tells Alertmanager."""

from __future__ import annotations

from collections.abc import Iterator

from generator import names
from generator.model import Limit, Severity, Stack
from generator.promql import none_of, one_of
from generator.rules.base import AlertRule
from generator.rules.notation import COUNT, VALUE
from generator.rules.scenarios import held
from generator.units import number

INTERVAL = 60.0
"""Seconds between two evaluations: each reads all lines of its window anew."""
WINDOW = "5m"
FAILED = 'level=~"error|critical"'
# What OpenTelemetry's own handler tells beside the line, or what stands before the colon of the line's `exception`.
KIND = '{{ or .exception_type (regexReplaceAll "(?s)[:\\\\s].*" .said "") }}'
REPEATED = "RepeatedException"


def log_alerts(stack: Stack) -> tuple[AlertRule, ...]:
    """Every alert on lines that the stack has; none without logs."""
    if not stack.logs or REPEATED in stack.alerting.disable:
        return ()
    return tuple(_repeated(stack, stack.logs.repeated_exceptions))


def _repeated(stack: Stack, limit: Limit) -> Iterator[AlertRule]:
    """One rule for each team and `for`, and one for whoever sends lines without being a service of the spec."""
    groups: dict[tuple[str, float], list[str]] = {}
    for service in stack.services:
        groups.setdefault((service.team, held(stack, REPEATED, 0, service)), []).append(service.name)
    for (team, hold), members in sorted(groups.items()):
        yield _rule(one_of(names.SERVICE, members), team, hold, limit)
    known = [service.name for service in stack.services]
    yield _rule(none_of(names.SERVICE, known), stack.team, held(stack, REPEATED, 0), limit)


def _counted(*whose: str) -> str:
    kinds = f'json said="exception" | drop __error__, __error_details__ | label_format exception=`{KIND}`'
    lines = f'{{{", ".join((FAILED, *whose))}}} | {kinds} | exception != ""'
    return f"sum by ({names.SERVICE}, exception) (count_over_time({lines} [{WINDOW}]))"


def _rule(whose: str, team: str, hold: float, limit: Limit) -> AlertRule:
    return AlertRule(
        name=REPEATED,
        expr=f"{_counted(whose)} >= {number(limit.value)}",
        hold=hold,
        severity=Severity.WARNING,
        value=COUNT(VALUE),
        limit=number(limit.value),
        subject="{{ $labels.service }}: {{ $labels.exception }}",
        limits=(("repeated_exceptions", limit),),
        labels=((names.TEAM, team),),
        measure=_counted(),
        language="logql",
    )
