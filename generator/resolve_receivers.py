"""A receiver as typed -> a receiver as it is: its channels, and where each secret is read at run time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

from generator import spec
from generator.model import Channel, Email, PagerDuty, Receiver, Secret, Slack, Telegram, Webhook

SECRETS_FOLDER = "/run/secrets/"
Place = Callable[[str], str]


def receiver(typed: spec.ReceiverSpec, key: str, place: Place, mounted: str) -> Receiver:
    """`place` turns an address of the spec into one of the target; `mounted` is where servers find secrets there."""
    channels = _channels(typed, key, place)
    return Receiver(typed.name, tuple(_mounted(channel, mounted) for channel in channels), key)


def _mounted(channel: Channel, folder: str) -> Channel:
    """The channel with its secret where the target mounts it."""
    changes: dict[str, Any] = {
        field.name: replace(secret, mounted=folder + secret.name)
        for field in fields(channel)
        if isinstance(secret := getattr(channel, field.name), Secret) and secret.mounted.startswith(SECRETS_FOLDER)
    }
    return replace(channel, **changes) if changes else channel


def _channels(typed: spec.ReceiverSpec, key: str, place: Place) -> Iterator[Channel]:
    if typed.slack:
        secret = _required(typed.slack, "webhook_url", typed.name, f"{key}.slack")
        yield Slack(secret, typed.slack.channel)
    if (mail := typed.email) is not None:
        password = _secret(mail, "auth_password", typed.name, f"{key}.email")
        tls = True if mail.require_tls is None else mail.require_tls
        yield Email(mail.to, mail.from_, mail.smarthost, mail.auth_username, password, tls)
    if typed.pagerduty:
        yield PagerDuty(_required(typed.pagerduty, "routing_key", typed.name, f"{key}.pagerduty"))
    if typed.telegram:
        token = _required(typed.telegram, "bot_token", typed.name, f"{key}.telegram")
        yield Telegram(token, typed.telegram.chat_id)
    if (hook := typed.webhook) is not None:
        yield Webhook(place(hook.url) if hook.url else None, _secret(hook, "url", typed.name, f"{key}.webhook"))


def _required(part: Any, field: str, owner: str, key: str) -> Secret:
    secret = _secret(part, field, owner, key)
    if secret is None:
        raise ValueError(f"{key} without {field} passed the loader")
    return secret


def _secret(part: Any, field: str, owner: str, key: str) -> Secret | None:
    """A file below /run/secrets is the file of that name in the project's `secrets/`; other paths are the user's."""
    path, env = getattr(part, f"{field}_file"), getattr(part, f"{field}_env")
    if env:
        name = f"{owner}_{field}"
        return Secret(name, f"{SECRETS_FOLDER}{name}", f".run/secrets/{name}", env, f"{key}.{field}_env")
    if not path:
        return None
    name = path.rsplit("/", 1)[1]
    own = path == f"{SECRETS_FOLDER}{name}"
    return Secret(name, path, f"secrets/{name}" if own else path, None, f"{key}.{field}_file")
