"""Recording rules and alerts as values, by family. A family is one file of rules and one of unit tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from generator import names
from generator.model import Stack
from generator.promql import either, one_of, select
from generator.rules.base import AlertRule, Family, RecordingRule, Scenario, Series
from generator.rules.caches import caches
from generator.rules.collected import collected
from generator.rules.databases import databases
from generator.rules.disks import disks
from generator.rules.gpus import gpus
from generator.rules.hosts import hosts
from generator.rules.inference import inference
from generator.rules.ingestion import ingestion
from generator.rules.llm import llm
from generator.rules.logged import log_alerts
from generator.rules.probes import probes
from generator.rules.scenarios import held
from generator.rules.services import services
from generator.rules.slo import error_budgets, slo
from generator.rules.stack import stack_itself
from generator.rules.traffic import traffic, traffic_history

FAMILIES = (
    services,
    slo,
    error_budgets,
    inference,
    llm,
    caches,
    hosts,
    disks,
    gpus,
    databases,
    probes,
    stack_itself,
    ingestion,
    collected,
    traffic_history,
    traffic,
)


def families(stack: Stack) -> tuple[Family, ...]:
    """Every family that has a rule, without the alerts that the spec disables and with the spec's `for`."""
    made = (family(stack) for family in FAMILIES)
    return tuple(
        replace(family, recordings=merged(family.recordings), alerts=tuple(_enabled(stack, family)))
        for family in made
        if family.recordings or family.alerts
    )


def merged(rules: tuple[RecordingRule, ...]) -> tuple[RecordingRule, ...]:
    """One rule for each name and labels: the parts cover different services, and a server refuses the name twice."""
    parts: dict[tuple[str, tuple[tuple[str, str], ...]], list[str]] = {}
    for rule in rules:
        parts.setdefault((rule.record, rule.labels), []).append(rule.expr)
    return tuple(RecordingRule(record, either(exprs), labels) for (record, labels), exprs in parts.items())


def alerts(stack: Stack) -> tuple[AlertRule, ...]:
    """Every alert that Prometheus evaluates, in the order of the files."""
    return tuple(alert for family in families(stack) for alert in family.alerts)


def every_alert(stack: Stack) -> tuple[AlertRule, ...]:
    """Every alert that the stack has, those of Loki too."""
    return (*alerts(stack), *log_alerts(stack))


def _enabled(stack: Stack, family: Family) -> Iterator[AlertRule]:
    for alert in family.alerts:
        if alert.name not in stack.alerting.disable:
            yield from _held(stack, alert)


def _held(stack: Stack, alert: AlertRule) -> Iterator[AlertRule]:
    """The alert with its `for`; and once more for each other `for` that a service wants for itself."""
    apart: dict[float, list[str]] = {}
    for service in stack.services:
        own = dict(service.hold).get(alert.name)
        if own is not None:
            apart.setdefault(own, []).append(service.name)
    everyone = [name for group in apart.values() for name in group]
    base = replace(alert, hold=held(stack, alert.name, alert.hold))
    if not everyone:
        yield base
        return
    mine = select(names.SERVICE_INFO, one_of(names.SERVICE, everyone))
    yield replace(base, expr=f"({alert.expr}) unless on (service) {mine}")
    for hold, members in sorted(apart.items()):
        mine = select(names.SERVICE_INFO, one_of(names.SERVICE, members))
        labels = (*alert.labels, ("scope", ",".join(members)))
        yield replace(alert, expr=f"({alert.expr}) and on (service) {mine}", hold=hold, scenarios=(), labels=labels)


__all__ = ["AlertRule", "Family", "RecordingRule", "Scenario", "Series", "alerts", "every_alert", "families"]
