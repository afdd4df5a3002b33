"""Why an alert is as it is: its expression, its limits, and where each limit came from. Pure; cli.py prints it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from generator.limits_of import limits_of
from generator.model import Stack
from generator.promql import pretty
from generator.rules import AlertRule, alerts
from generator.texts import TEXTS
from generator.units import duration, number


def explain(stack: Stack, name: str) -> list[str]:
    """Lines about one alert; raises KeyError with what would be right when there is none of that name."""
    rules = [alert for alert in alerts(stack) if alert.name == name]
    if not rules:
        known = sorted({alert.name for alert in alerts(stack)})
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"this stack has {', '.join(known)}"
        if name in stack.alerting.disable:
            hint = "alerting.disable turns it off"
        raise KeyError(f"no alert is named {name}; {hint}")
    lines = [name, TEXTS[stack.locale].alerts[name].meaning]
    for rule in rules:
        lines += ["", *_rule(stack, rule)]
    return lines


def _rule(stack: Stack, rule: AlertRule) -> Iterator[str]:
    yield f"severity: {rule.severity.value}"
    yield f"for:      {duration(rule.hold)}"
    yield "expr:"
    yield from (f"  {line}" for line in pretty(rule.expr).splitlines())
    rows = [*limits_of(stack, rule)]
    if rows:
        yield "limits:"
    for where, quantity, limit in rows:
        yield f"  {where}: {quantity} = {number(limit.value)}, from {limit.origin}"
