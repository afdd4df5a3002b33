"""The receivers of alertmanager.yml: one entry for each channel, its texts from the notification templates."""

from __future__ import annotations

from typing import Any

from generator.model_alerting import (
    Channel,
    Discord,
    Email,
    Opsgenie,
    PagerDuty,
    Receiver,
    Slack,
    Teams,
    Telegram,
)
from generator.notifications import called

OPSGENIE_EUROPE = "https://api.eu.opsgenie.com/"


def receiver(made_from: Receiver) -> dict[str, Any]:
    """One receiver. Secrets are read from files; nothing secret stands here."""
    made: dict[str, Any] = {"name": made_from.name}
    for channel in made_from.channels:
        key, config = _channel(channel)
        made.setdefault(key, []).append({"send_resolved": True, **config})
    return made


def _channel(channel: Channel) -> tuple[str, dict[str, Any]]:
    match channel:
        case Slack():
            return "slack_configs", _slack(channel)
        case Email():
            return "email_configs", _email(channel)
        case PagerDuty():
            return "pagerduty_configs", _pagerduty(channel)
        case Telegram():
            return "telegram_configs", _telegram(channel)
        case Teams():
            return "msteamsv2_configs", _posted(channel, "teams", "text")
        case Discord():
            return "discord_configs", _posted(channel, "discord", "message")
        case Opsgenie():
            return "opsgenie_configs", _opsgenie(channel)
    return "webhook_configs", {"url_file": channel.url_secret.mounted} if channel.url_secret else {"url": channel.url}


def _telegram(channel: Telegram) -> dict[str, Any]:
    where = {"bot_token_file": channel.bot_token.mounted, "chat_id": channel.chat_id}
    return {**where, "message": called("telegram.text"), "parse_mode": "HTML"}


def _posted(channel: Teams | Discord, name: str, field: str) -> dict[str, Any]:
    texts = {"title": called(f"{name}.title"), field: called(f"{name}.text")}
    return {"webhook_url_file": channel.webhook_url.mounted, **texts}


def _slack(channel: Slack) -> dict[str, Any]:
    return {
        "api_url_file": channel.webhook_url.mounted,
        **({"channel": channel.channel} if channel.channel else {}),
        "color": called("slack.color"),
        "fallback": called("slack.title"),
        "title": called("slack.title"),
        "text": called("slack.text"),
    }


def _email(channel: Email) -> dict[str, Any]:
    made: dict[str, Any] = {
        "to": channel.to,
        "from": channel.sender,
        "smarthost": channel.smarthost,
        "require_tls": channel.require_tls,
        "headers": {"Subject": called("email.title")},
        "html": called("email.html"),
        "text": called("email.text"),
    }
    if channel.auth_password:
        made |= {
            "auth_username": channel.auth_username or channel.sender,
            "auth_password_file": channel.auth_password.mounted,
        }
    return made


def _pagerduty(channel: PagerDuty) -> dict[str, Any]:
    return {
        "routing_key_file": channel.routing_key.mounted,
        "description": called("pagerduty.title"),
        "severity": called("pagerduty.severity"),
        "details": {"firing": called("pagerduty.firing"), "resolved": called("pagerduty.resolved")},
        "links": [
            {"href": called(f"pagerduty.{link}"), "text": called(f"pagerduty.{link}.word")}
            for link in ("dashboard", "runbook", "silence")
        ],
    }


def _opsgenie(channel: Opsgenie) -> dict[str, Any]:
    return {
        "api_key_file": channel.api_key.mounted,
        **({"api_url": OPSGENIE_EUROPE} if channel.european else {}),
        "message": called("opsgenie.title"),
        "description": called("opsgenie.text"),
        "priority": called("opsgenie.priority"),
    }
