"""Receivers, routes and times as typed -> as they are: channels, where each secret is read at run time, minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

from generator.model_alerting import (
    AlertRoute,
    Channel,
    Discord,
    Email,
    Opsgenie,
    PagerDuty,
    Receiver,
    Secret,
    Slack,
    Span,
    Teams,
    Telegram,
    TimeInterval,
    Webhook,
)
from generator.spec_receivers import AlertRouteSpec, ReceiverSpec, TimeSpec
from generator.times import DAY, next_days

SECRETS_FOLDER = "/run/secrets/"
Place = Callable[[str], str]


def receiver(typed: ReceiverSpec, key: str, place: Place, mounted: str) -> Receiver:
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


def _channels(typed: ReceiverSpec, key: str, place: Place) -> Iterator[Channel]:
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
    if typed.teams:
        yield Teams(_required(typed.teams, "webhook_url", f"{typed.name}.teams", f"{key}.teams"))
    if typed.discord:
        yield Discord(_required(typed.discord, "webhook_url", f"{typed.name}.discord", f"{key}.discord"))
    if typed.opsgenie:
        secret = _required(typed.opsgenie, "api_key", typed.name, f"{key}.opsgenie")
        yield Opsgenie(secret, typed.opsgenie.region == "eu")
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


def route(typed: AlertRouteSpec) -> AlertRoute:
    """A route with its values and times in one order."""
    return AlertRoute(
        match=tuple(sorted((label, tuple(sorted(set(values)))) for label, values in typed.match.items())),
        receiver=typed.receiver,
        group_wait=typed.group_wait,
        repeat_interval=typed.repeat_interval,
        goes_on=bool(typed.continue_),
        active=tuple(sorted(set(typed.active or ()))),
        mute=tuple(sorted(set(typed.mute or ()))),
    )


def time_interval(typed: TimeSpec) -> TimeInterval:
    """A range over midnight is two: to the end of its days, and from the beginning of the days after them."""
    days = tuple(sorted({day for part in typed.weekdays or () for day in part}))
    begin, end = (typed.from_ or 0) % DAY, DAY if typed.to is None else typed.to
    if begin < end:
        return TimeInterval(typed.name, (Span(days, begin, end),))
    late, early = Span(days, begin, DAY), Span(next_days(days), 0, end)
    return TimeInterval(typed.name, (late, early) if end else (late,))
