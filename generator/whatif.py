"""An alert at other limits: its expression as it would be if the spec said so, and what to count when it fires. Pure.

What Prometheus has recorded was recorded with the limits of that time. So every recording rule that a limit changes
(the limit series, the shares slower than a limit) is written out where the alert reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from generator import names
from generator.limits_of import COMMON, GUARD, limits_of, shown
from generator.model import Limit, Stack
from generator.promql import quote
from generator.rules import AlertRule, alerts, families
from generator.rules.notation import COUNT, RATIO, VALUE
from generator.rules.slo import KINDS
from generator.selectors import replaced, series_in

FACTORS = (0.5, 0.75, 1.0, 1.5, 2.0)


@dataclass(frozen=True, slots=True)
class Rung:
    """One limit to try: `factor` times today's, how it reads, and the alert's expression with it."""

    factor: float
    limit: str
    expr: str


def ladder(stack: Stack, rule: AlertRule, factors: tuple[float, ...], service: str | None = None) -> tuple[Rung, ...]:
    """The alert at each factor, lowest limit first; today's alone where the spec has no limit for it, and for SLOs,
    which judge by an objective that nobody changes for the alert's sake.
    """
    here = alerts(stack)
    if rule not in here or rule.name in KINDS or all(quantity.startswith(GUARD) for quantity, _ in rule.limits):
        return (Rung(1.0, "", rule.expr),)
    at = here.index(rule)
    others = {factor: scaled(stack, rule, factor) for factor in {*factors, 1.0, 2.0}}
    records = {factor: _records(other) for factor, other in others.items()}
    elsewhere = _records(_mapped(stack, "", lambda _, limit: replace(limit, value=limit.value * 2)))
    moved = _with_readers({r for r, expr in records[1.0].items() if elsewhere.get(r) != expr}, records[1.0])

    def asked(factor: float) -> str:
        return _written_out(alerts(others[factor])[at].expr, records[factor], moved)

    if asked(2.0) == asked(1.0):
        return (Rung(1.0, "", rule.expr),)
    return tuple(
        Rung(factor, _in_force(others[factor], at, service), asked(factor)) for factor in sorted({*factors, 1.0})
    )


def _records(stack: Stack) -> dict[str, str]:
    """What each recording rule records, by name, in the order of evaluation."""
    found: dict[str, str] = {}
    for rule in (rule for family in families(stack) for rule in family.recordings):
        labelled = rule.expr
        for label, value in rule.labels:
            labelled = f'label_replace({labelled}, {quote(label)}, {quote(value.replace("$", "$$"))}, "", "")'
        found[rule.record] = f"{found[rule.record]} or {labelled}" if rule.record in found else labelled
    return found


def _with_readers(moved: set[str], records: Mapping[str, str]) -> set[str]:
    """These records and those that are made of them."""
    more = {record for record, expr in records.items() if record not in moved and moved.intersection(series_in(expr))}
    return _with_readers(moved | more, records) if more else moved


def _written_out(expr: str, records: Mapping[str, str], moved: set[str]) -> str:
    """The expression with each of these records that it reads, and that those read, as the rule that makes it."""
    read = moved.intersection(series_in(expr))
    if not read:
        return expr
    return replaced(expr, {record: _written_out(records[record], records, moved - {record}) for record in read})


def scaled(stack: Stack, rule: AlertRule, factor: float) -> Stack:
    """The stack in which what the rule judges by is `factor` times as high, overrides of services and routes too."""
    judged = {quantity: limit for quantity, limit in rule.limits if not quantity.startswith(GUARD)}
    share, whole = rule.value == RATIO(VALUE), rule.value == COUNT(VALUE)

    def times(name: str, limit: Limit) -> Limit:
        if factor == 1.0 or not (name in judged or any(limit is each for each in judged.values())):
            return limit
        return replace(limit, value=_times(limit.value, factor, share=share, whole=whole))

    found: Stack = _mapped(stack, "", times)
    return found


def _times(value: float, factor: float, *, share: bool, whole: bool) -> float:
    """A share above a half moves towards 1 by what is left to it: twice 85 % is 92.5 %, and half of it 70 %."""
    if share and 0.5 < value < 1:
        return round(1 - (1 - value) / factor, 9)
    return max(1.0, float(round(value * factor))) if whole else round(value * factor, 9)


def _mapped(value: Any, name: str, times: Callable[[str, Limit], Limit]) -> Any:
    """The same value with every limit in it passed through `times`, by the field or the quantity that holds it."""
    if isinstance(value, Limit):
        return times(name, value)
    if isinstance(value, tuple):
        if len(value) == 2 and isinstance(value[0], str):
            return (value[0], _mapped(value[1], value[0], times))
        mapped = tuple(_mapped(each, name, times) for each in value)
        return value if all(new is old for new, old in zip(mapped, value, strict=True)) else mapped
    if is_dataclass(value) and not isinstance(value, type):
        changes = {
            f.name: new
            for f in fields(value)
            if (new := _mapped(old := getattr(value, f.name), f.name, times)) is not old and new != old
        }
        return replace(value, **changes) if changes else value
    return value


def _in_force(stack: Stack, at: int, service: str | None) -> str:
    """The stack's limit; a service's own where one is asked for and has one."""
    rule = alerts(stack)[at]
    rows = [row for row in limits_of(stack, rule) if not row[1].startswith(GUARD)]
    common = [row for row in rows if row[0] in COMMON]
    chosen = [row for row in rows if row[0] == service] or common or rows
    return ", ".join(dict.fromkeys(shown(rule, quantity, limit.value) for _, quantity, limit in chosen))


def subject(labels: Mapping[str, str]) -> str:
    """Who fires: the labels that tell one from another, without those that all of them share."""
    first = (names.SERVICE, names.DATABASE, names.PROBE, names.ROUTE, "model", names.INSTANCE, names.GPU)
    told = [labels[name] for name in (*first, names.MOUNTPOINT, names.DEVICE, names.JOB) if labels.get(name)]
    return " ".join(told) or "the stack"
