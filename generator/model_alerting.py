"""What is true of receivers, routes and exporters: channels, secrets, times. Part of `model.py`'s stack."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Literal


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret is read from at run time: a file, or an environment variable of whoever starts the stack.

    `mounted` is the path that the server reads. `source` is the file below the project, or the user's own path. One
    that is `copied` is given to the server as a copy without the newline at its end, which that server would send.
    """

    name: str
    mounted: str
    source: str
    env: str | None
    key: str
    copied: bool = False

    @property
    def given(self) -> str:
        """The file below the project that a container gets."""
        return f".run/secrets/{self.name}" if self.copied else self.source


@dataclass(frozen=True, slots=True)
class Slack:
    webhook_url: Secret
    channel: str | None


@dataclass(frozen=True, slots=True)
class Email:
    to: str
    sender: str
    smarthost: str
    auth_username: str | None
    auth_password: Secret | None
    require_tls: bool


@dataclass(frozen=True, slots=True)
class PagerDuty:
    routing_key: Secret


@dataclass(frozen=True, slots=True)
class Telegram:
    bot_token: Secret
    chat_id: int


@dataclass(frozen=True, slots=True)
class Teams:
    """Microsoft Teams, by a workflow that starts when a webhook request is received."""

    webhook_url: Secret


@dataclass(frozen=True, slots=True)
class Discord:
    webhook_url: Secret


@dataclass(frozen=True, slots=True)
class Opsgenie:
    api_key: Secret
    european: bool


@dataclass(frozen=True, slots=True)
class Webhook:
    url: str | None
    url_secret: Secret | None


Channel = Slack | Email | PagerDuty | Telegram | Teams | Discord | Opsgenie | Webhook


def secrets_of(channel: Channel) -> tuple[Secret, ...]:
    """The secrets that a channel needs."""
    values = (getattr(channel, field.name) for field in fields(channel))
    return tuple(value for value in values if isinstance(value, Secret))


@dataclass(frozen=True, slots=True)
class Receiver:
    name: str
    channels: tuple[Channel, ...]
    key: str


@dataclass(frozen=True, slots=True)
class Exporter:
    """Another place that kept traces and lines go to. `header` is what carries the secret; `endpoint` is without the
    path of a signal, of Datadog the site."""

    name: str
    kind: Literal["otlp", "sentry", "elasticsearch", "datadog"]
    endpoint: str
    header: str
    secret: Secret | None
    signals: tuple[str, ...]


def every_secret(receivers: Iterable[Receiver], exporters: Iterable[Exporter] = ()) -> tuple[Secret, ...]:
    """Every secret that they name, once each, by name."""
    told = [secret for receiver in receivers for channel in receiver.channels for secret in secrets_of(channel)]
    sent = [exporter.secret for exporter in exporters if exporter.secret]
    found = {secret.name: secret for secret in (*told, *sent)}
    return tuple(found[name] for name in sorted(found))


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes of the day, on some weekdays (Monday is 0); without weekdays, on all."""

    days: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class TimeInterval:
    """A named part of the week, in the stack's time zone."""

    name: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class AlertRoute:
    """Alerts whose labels have one of the values go to the receiver; told only while `active`, and not while `mute`."""

    match: tuple[tuple[str, tuple[str, ...]], ...]
    receiver: str
    group_wait: float | None
    repeat_interval: float | None
    goes_on: bool
    active: tuple[str, ...]
    mute: tuple[str, ...]
