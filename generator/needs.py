"""Which Alertmanager the spec needs: what came later than the oldest version that a distribution still ships."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from generator.model import Stack
from generator.model_alerting import Channel, Discord, Email, PagerDuty, Teams, Telegram, Webhook

Version = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Need:
    """A key of the spec, what it asks for in words, and the version that first does it right."""

    key: str
    what: str
    since: Version

    @property
    def version(self) -> str:
        return f"{self.since[0]}.{self.since[1]}"


def needs(stack: Stack) -> tuple[Need, ...]:
    """What this stack asks of its Alertmanager."""
    found = [
        Need(f"{receiver.key}.{kind}", f"{what} (receiver {receiver.name!r})", since)
        for receiver in stack.alerting.receivers
        for channel in receiver.channels
        for kind, what, since in _of(channel)
    ]
    if stack.alerting.times:
        found.append(Need("alerting.times", "times in a time zone", (0, 25)))
    return tuple(found)


def _of(channel: Channel) -> Iterable[tuple[str, str, Version]]:
    match channel:
        case Teams():
            yield "teams", "Microsoft Teams", (0, 28)
        case Discord():
            yield "discord", "Discord with its URL in a file", (0, 28)
        case Telegram():
            yield "telegram", "Telegram with its token in a file", (0, 26)
        case Webhook(url_secret=secret) if secret:
            yield "webhook", "a webhook with its URL in a file", (0, 26)
        case PagerDuty():
            yield "pagerduty", "PagerDuty with its key in a file", (0, 25)
        case Email(auth_password=secret) if secret:
            yield "email", "an email password in a file", (0, 25)


def tag(image: str) -> str:
    """The version in an image's name: `prom/alertmanager:v0.34.0` -> `0.34.0`."""
    return image.partition("@")[0].rpartition(":")[2].removeprefix("v")


def older(version: str, since: Version) -> bool:
    """Whether a version such as `0.27.0+ds` is older; one that cannot be read is not."""
    match = re.match(r"([0-9]+)\.([0-9]+)", version)
    return match is not None and (int(match[1]), int(match[2])) < since


def unmet(needed: Iterable[Need], version: str) -> str:
    """What this version does not know, in words; empty when it knows all."""
    return ", ".join(f"{need.what}: {need.version} or newer" for need in needed if older(version, need.since))
