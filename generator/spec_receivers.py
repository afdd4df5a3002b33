"""What a person may type below `alerting`: receivers, times and routes. Part of `spec.py`'s models."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from generator.fields import (
    Clock,
    Delay,
    Duration,
    HttpUrl,
    LabelName,
    LabelValues,
    Name,
    Part,
    SecretEnv,
    SecretFile,
    Target,
    Weekdays,
    text,
)


class SlackReceiver(Part):
    webhook_url_file: SecretFile = None
    webhook_url_env: SecretEnv = None
    channel: Annotated[str, text(r"[#@]?[^\s\x00-\x1f{}$]{1,80}", "a channel such as #oncall")] | None = None


_EMAIL = text(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,253}", "an address such as ops@example.com")


class EmailReceiver(Part):
    to: Annotated[str, _EMAIL]
    from_: Annotated[str, _EMAIL] = Field(alias="from")
    smarthost: Target = Field(description="the SMTP server, host:port")
    auth_username: Annotated[str, text(r"[^\s\x00-\x1f{}$]{1,200}", "the SMTP user")] | None = Field(
        None, description="`from` if left out"
    )
    auth_password_file: SecretFile = None
    auth_password_env: SecretEnv = None
    require_tls: bool | None = Field(None, description="true if left out")


class PagerDutyReceiver(Part):
    routing_key_file: SecretFile = None
    routing_key_env: SecretEnv = None


class TelegramReceiver(Part):
    bot_token_file: SecretFile = None
    bot_token_env: SecretEnv = None
    chat_id: int = Field(description="negative for a group")


class TeamsReceiver(Part):
    """Microsoft Teams: the URL of a workflow that posts to a channel when it receives a webhook request."""

    webhook_url_file: SecretFile = None
    webhook_url_env: SecretEnv = None


class DiscordReceiver(Part):
    webhook_url_file: SecretFile = None
    webhook_url_env: SecretEnv = None


class OpsgenieReceiver(Part):
    """Atlassian ends Opsgenie on 5 April 2027."""

    api_key_file: SecretFile = None
    api_key_env: SecretEnv = None
    region: Literal["us", "eu"] | None = Field(None, description="where the account is; us if left out")


class WebhookReceiver(Part):
    url: HttpUrl | None = None
    url_file: SecretFile = None
    url_env: SecretEnv = None


class ReceiverSpec(Part):
    """Where alerts go: at least one of slack, email, pagerduty, telegram, teams, discord, opsgenie, webhook."""

    name: Name
    slack: SlackReceiver | None = None
    email: EmailReceiver | None = None
    pagerduty: PagerDutyReceiver | None = None
    telegram: TelegramReceiver | None = None
    teams: TeamsReceiver | None = None
    discord: DiscordReceiver | None = None
    opsgenie: OpsgenieReceiver | None = None
    webhook: WebhookReceiver | None = None


class TimeSpec(Part):
    """A part of the week, in `stack.timezone`."""

    name: Name
    weekdays: Annotated[list[Weekdays], Field(min_length=1)] | None = Field(
        None, description="such as mon, or mon-fri; every day if left out"
    )
    from_: Clock | None = Field(None, alias="from", description="the whole day if left out")
    to: Clock | None = Field(None, description="earlier than `from`: on the next day")


class AlertRouteSpec(Part):
    """Alerts whose labels all have a value of `match` go to `receiver`."""

    match: Annotated[dict[LabelName, LabelValues], Field(min_length=1)] = Field(
        description="by label: a value, or a list of values of which one is enough"
    )
    receiver: str
    active: list[str] | None = Field(None, description="names of `times`: nothing is told outside of them")
    mute: list[str] | None = Field(None, description="names of `times`: nothing is told within them")
    group_wait: Delay | None = None
    repeat_interval: Duration | None = None
    continue_: bool | None = Field(None, alias="continue", description="the routes after this one are tried too")
