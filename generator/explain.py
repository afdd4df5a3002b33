"""Why an alert is as it is: its expression, its limits, and where each limit came from. Pure; cli.py prints it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from generator import names
from generator.fire import fire
from generator.limits_of import limits_of
from generator.model import OwnRule, Severity, Stack
from generator.promql import pretty
from generator.rules import AlertRule, every_alert
from generator.rules.notation import VALUE
from generator.texts import texts_of
from generator.units import duration, number


def explain(stack: Stack, name: str) -> Iterator[str]:
    """Lines about one alert; raises KeyError with what would be right when there is none of that name."""
    rules = rules_named(stack, name)
    text = texts_of(stack).alerts.get(name)
    yield name
    yield text.meaning if text else "An alert of alerting.rules."
    for rule in rules:
        yield from ("", *_rule(stack, rule))


def explain_fire(stack: Stack, name: str) -> Iterator[str]:
    """Which series would make it fire, and which just not; raises KeyError."""
    for position, rule in enumerate(rules_named(stack, name)):
        yield from [""] if position else []
        yield f"{name}, {rule.severity.value}, for {duration(rule.hold)}"
        yield from fire(stack, rule)
    if all(rule.language == "promql" for rule in rules_named(stack, name)):
        yield f"`make check` proves it: prometheus/tests holds these series as unit tests of {name}"


def rules_named(stack: Stack, name: str) -> tuple[AlertRule, ...]:
    """The alert's rules, of the catalogue or the user's own; raises KeyError."""
    every = (*every_alert(stack), *map(_own, (rule for rule in stack.alerting.rules if rule.kind == "alert")))
    if rules := tuple(alert for alert in every if alert.name == name):
        return rules
    known = sorted({alert.name for alert in every})
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"this stack has {', '.join(known)}"
    if name in stack.alerting.disable:
        hint = "alerting.disable turns it off"
    raise KeyError(f"no alert is named {name}; {hint}")


def _own(rule: OwnRule) -> AlertRule:
    """A rule of the user's own, which has no limits and no unit tests that we know of."""
    severity = dict(rule.labels).get(names.SEVERITY)
    known = Severity(severity) if severity in list(Severity) else Severity.WARNING
    return AlertRule(rule.name, rule.expr, rule.hold or 0.0, known, VALUE, "", "", labels=rule.labels)


def _rule(stack: Stack, rule: AlertRule) -> Iterator[str]:
    yield f"severity: {rule.severity.value}"
    yield f"for:      {duration(rule.hold)}"
    yield "expr:"
    yield from (f"  {line}" for line in (pretty(rule.expr) if rule.language == "promql" else rule.expr).splitlines())
    rows = [*limits_of(stack, rule)]
    if rows:
        yield "limits:"
    for where, quantity, limit in rows:
        yield f"  {where}: {quantity} = {number(limit.value)}, from {limit.origin}"
