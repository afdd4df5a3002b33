"""Alertmanager's webhook body, version 4 (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

_MOMENT: TypeAdapter[AwareDatetime] = TypeAdapter(AwareDatetime)
_MOST_PROBLEMS = 5


def _moment(text: str) -> str:
    """Checks a time and keeps its text, nanoseconds included."""
    try:
        _MOMENT.validate_python(text)
    except ValidationError:
        raise ValueError("a time such as 2026-01-31T12:00:00Z is expected") from None
    return text


Moment = Annotated[str, AfterValidator(_moment)]
Labels = dict[str, str]


class Alert(BaseModel):
    """One alert of a notification."""

    model_config = ConfigDict(frozen=True)

    status: Literal["firing", "resolved"]
    labels: Labels
    annotations: Labels = Field(default_factory=dict)
    startsAt: Moment
    endsAt: Moment
    generatorURL: str = ""
    fingerprint: str = ""


class Notification(BaseModel):
    """What Alertmanager posts. Fields that nothing here shows are not kept."""

    model_config = ConfigDict(frozen=True)

    version: Literal["4"]
    receiver: str
    alerts: list[Alert]


class BadPayload(ValueError):
    """A body that is no notification. `status` is the HTTP status that says so."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def parse(body: bytes) -> Notification:
    """The notification in `body`. Raises BadPayload: 400 when it is no JSON, 422 when it is no notification."""
    try:
        return Notification.model_validate_json(body)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
    if problems[0]["type"] == "json_invalid":
        raise BadPayload(400, f"the body is no JSON: {problems[0]['msg']}")
    shown = [f"{'.'.join(map(str, p['loc'])) or 'body'}: {p['msg']}" for p in problems[:_MOST_PROBLEMS]]
    more = f"; and {len(problems) - _MOST_PROBLEMS} more" if len(problems) > _MOST_PROBLEMS else ""
    raise BadPayload(422, f"the body is no Alertmanager notification of version 4: {'; '.join(shown)}{more}")
