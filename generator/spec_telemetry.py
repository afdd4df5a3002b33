"""What a person may type of logs and traces. Each section can be `off`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from generator.fields import Duration, Part, Share, text


class Switchable(Part):
    """A section that the word `off` can stand for; YAML reads it as false."""

    off: Literal[True] | None = None

    @model_validator(mode="before")
    @classmethod
    def _switch(cls, value: Any) -> Any:
        if value is False or value == "off":
            return {"off": True}
        if isinstance(value, dict) and "off" in value:
            raise ValueError("`off` stands in place of the whole section, such as `logs: off`")
        return value


class LogsSection(Switchable):
    """Lines of the stack's services and containers, kept in Loki."""

    level: Literal["debug", "info", "warning", "error"] | None = Field(
        None, description="the least that the sample's services write"
    )
    redact: (
        list[Annotated[str, text(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", "a field's name such as authorization")]] | None
    ) = Field(None, description="names of fields whose values are masked, besides the usual ones")


class KeepSpec(Part):
    """Which traces are kept; metrics are computed from all of them, before."""

    errors: Share | None = Field(None, description="of the traces with an error")
    slower_than: Duration | None = Field(None, description="every trace that took longer is kept")
    others: Share | None = Field(None, description="of all others")


class TracesSection(Switchable):
    """Traces of the stack's services, kept in Tempo."""

    keep: KeepSpec | None = None
