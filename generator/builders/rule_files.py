"""prometheus/rules/*.yml: one file for each family, and one for the user's own rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from generator import names
from generator.bundle import Artifact
from generator.model import Component, OwnRule, Stack
from generator.promql import pretty
from generator.render import to_yaml
from generator.rules import AlertRule, RecordingRule, families
from generator.targets.base import published
from generator.texts import texts_of
from generator.units import duration


def build(stack: Stack) -> Iterable[Artifact]:
    """Rules in one group a family, so that each reads what the ones before it have just recorded."""
    for family in families(stack):
        rules = [*map(_recording, family.recordings), *(alert_rule(stack, alert) for alert in family.alerts)]
        if rules:
            what = f"Rules of {family.name}: the common vocabulary, limits, alerts."
            yield _file(family.name, rules, what, family.interval)
    if stack.alerting.rules:
        yield _file("own", [*map(_own, stack.alerting.rules)], "The rules of alerting.rules, as they were written.")


def _file(name: str, rules: list[dict[str, Any]], what: str, interval: float | None = None) -> Artifact:
    pace = {"interval": duration(interval)} if interval else {}
    return Artifact(names.rules_file(name), to_yaml({"groups": [{"name": name, **pace, "rules": rules}]}, what))


def _recording(rule: RecordingRule) -> dict[str, Any]:
    labels = {"labels": dict(rule.labels)} if rule.labels else {}
    return {"record": rule.record, "expr": pretty(rule.expr), **labels}


def alert_rule(stack: Stack, alert: AlertRule) -> dict[str, Any]:
    """An alert as Prometheus and Loki write it."""
    text = texts_of(stack).alerts[alert.name]
    hold = {"for": duration(alert.hold)} if alert.hold else {}
    return {
        "alert": alert.name,
        "expr": pretty(alert.expr) if alert.language == "promql" else alert.expr,
        **hold,
        "labels": {names.SEVERITY: alert.severity.value, **{k: untemplated(v) for k, v in alert.labels}},
        "annotations": {
            "summary": filled(text.summary, alert),
            "description": filled(text.description, alert),
            "value": alert.value,
            "limit": alert.limit,
            "runbook_url": f"{stack.alerting.runbook_url}/{alert.name}",
            "dashboard_url": _dashboard(stack),
        },
    }


def untemplated(text: str) -> str:
    """Text of the spec where the server expands templates: `{{` must stay what it is."""
    return text.replace("{{", '{{ "{{" }}')


def filled(text: str, alert: AlertRule) -> str:
    """A text with the alert's templates in place."""
    return text.replace("<subject>", alert.subject).replace("<value>", alert.value).replace("<limit>", alert.limit)


def _dashboard(stack: Stack) -> str:
    base = f"http://{stack.public_host}:{published(Component.GRAFANA, stack.ports)}/d/{names.DASHBOARD_SERVICES}"
    return base + "{{ with $labels.service }}?var-service={{ . }}{{ end }}"


def _own(rule: OwnRule) -> dict[str, Any]:
    return dict(_pairs(rule))


def _pairs(rule: OwnRule) -> Iterator[tuple[str, Any]]:
    yield rule.kind, rule.name
    yield "expr", rule.expr
    if rule.hold is not None:
        yield "for", duration(rule.hold)
    if rule.keep_firing_for is not None:
        yield "keep_firing_for", duration(rule.keep_firing_for)
    if rule.labels:
        yield "labels", dict(rule.labels)
    if rule.annotations:
        yield "annotations", dict(rule.annotations)
