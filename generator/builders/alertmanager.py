"""alertmanager/alertmanager.yml: who is told, how alerts are grouped, and which silence which."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from generator import names
from generator.bundle import Artifact
from generator.model import AlertRoute, Channel, Email, PagerDuty, Receiver, Slack, Stack, Telegram, Webhook
from generator.promql import quote
from generator.render import to_yaml
from generator.units import duration

SYMPTOMS = (
    "CacheHitRatioLow",
    "ColdStartSlow",
    "ConsecutiveErrors",
    "HighClientErrorRate",
    "HighErrorRate",
    "HighLatencyAverage",
    "HighLatencyP95",
    "HighLatencyP95Critical",
    "InferenceSlow",
    "LlmCostBudget",
    "LlmErrorRate",
    "LlmLatencyHigh",
    "ModelAccuracyLow",
    "QueueBacklog",
)
TITLE = "[{{ .Status | toUpper }}] {{ .CommonLabels.severity }}: {{ .CommonLabels.alertname }}"
BODY = (
    "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ .Annotations.description }}\n{{ .Annotations.runbook_url }}"
    " {{ .Annotations.dashboard_url }}\n{{ end }}"
)


def build(stack: Stack) -> Iterable[Artifact]:
    """Receivers read their secrets from files; nothing secret stands here."""
    alerting = stack.alerting
    config: dict[str, Any] = {
        "global": {"resolve_timeout": "5m"},
        "route": {
            "receiver": alerting.default,
            "group_by": ["alertname", names.SERVICE, names.DATABASE, names.INSTANCE],
            "group_wait": duration(alerting.group_wait),
            "group_interval": duration(alerting.group_interval),
            "repeat_interval": duration(alerting.repeat_interval),
            "routes": [_route(route) for route in alerting.routes],
        },
        "inhibit_rules": _inhibitions(),
        "receivers": [_receiver(receiver) for receiver in alerting.receivers],
    }
    yield Artifact(names.ALERTMANAGER_CONFIG, to_yaml(config, "The configuration of Alertmanager."))


def _route(route: AlertRoute) -> dict[str, Any]:
    made: dict[str, Any] = {
        "receiver": route.receiver,
        "matchers": [f"{label}={quote(value)}" for label, value in route.match],
    }
    if route.group_wait is not None:
        made["group_wait"] = duration(route.group_wait)
    if route.repeat_interval is not None:
        made["repeat_interval"] = duration(route.repeat_interval)
    if route.goes_on:
        made["continue"] = True
    return made


def _inhibitions() -> list[dict[str, Any]]:
    """Warning and critical of one condition never page twice, and a cause silences its symptoms."""
    symptoms = f"alertname=~{quote('|'.join(SYMPTOMS))}"
    return [
        _inhibit(
            ['severity="critical"'],
            ['severity="warning"'],
            ["alertname", names.SERVICE, names.ROUTE, names.INSTANCE, names.MOUNTPOINT, names.DATABASE],
        ),
        _inhibit(
            ['alertname="HighLatencyP95Critical"'], ['alertname=~"HighLatencyP95|HighLatencyAverage"'], [names.SERVICE]
        ),
        _inhibit(['alertname="HighErrorRate"'], ['alertname="ConsecutiveErrors"'], [names.SERVICE]),
        _inhibit(['alertname="ServiceDown"', 'service!=""'], [symptoms], [names.SERVICE]),
        _inhibit(['alertname="ServiceDown"', 'database!=""'], ['alertname=~"Database.*"'], [names.DATABASE]),
        _inhibit(
            ['alertname="DatabaseDown"'], ['alertname=~"Database.*"', 'alertname!="DatabaseDown"'], [names.DATABASE]
        ),
        _inhibit(
            ['alertname="ServiceDown"', f'job="{names.JOB_NODE}"'],
            ['alertname="ServiceDown"', f'job!="{names.JOB_NODE}"'],
            [names.HOST],
        ),
    ]


def _inhibit(source: list[str], target: list[str], equal: list[str]) -> dict[str, Any]:
    return {"source_matchers": source, "target_matchers": target, "equal": equal}


def _receiver(receiver: Receiver) -> dict[str, Any]:
    made: dict[str, Any] = {"name": receiver.name}
    for channel in receiver.channels:
        key, config = _channel(channel)
        made.setdefault(key, []).append({"send_resolved": True, **config})
    return made


def _channel(channel: Channel) -> tuple[str, dict[str, Any]]:
    match channel:
        case Slack():
            where = {"channel": channel.channel} if channel.channel else {}
            return "slack_configs", {"api_url_file": channel.webhook_url.mounted, **where, "title": TITLE, "text": BODY}
        case Email():
            return "email_configs", _email(channel)
        case PagerDuty():
            return "pagerduty_configs", {
                "routing_key_file": channel.routing_key.mounted,
                "description": "{{ .CommonAnnotations.summary }}",
                "severity": '{{ if eq .CommonLabels.severity "critical" }}critical{{ else }}warning{{ end }}',
            }
        case Telegram():
            config = {"bot_token_file": channel.bot_token.mounted, "chat_id": channel.chat_id}
            return "telegram_configs", {**config, "message": f"{TITLE}\n{BODY}", "parse_mode": ""}
        case Webhook():
            if channel.url_secret:
                return "webhook_configs", {"url_file": channel.url_secret.mounted}
            return "webhook_configs", {"url": channel.url}


def _email(channel: Email) -> dict[str, Any]:
    made: dict[str, Any] = {
        "to": channel.to,
        "from": channel.sender,
        "smarthost": channel.smarthost,
        "require_tls": channel.require_tls,
        "headers": {"Subject": TITLE},
    }
    if channel.auth_password:
        made |= {
            "auth_username": channel.auth_username or channel.sender,
            "auth_password_file": channel.auth_password.mounted,
        }
    return made
