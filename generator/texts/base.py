"""What a language must say. `<subject>`, `<value>` and `<limit>` are filled with notification templates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AlertText:
    """One alert: its notification (`summary`, `description`) and its runbook (`meaning`, `steps`)."""

    summary: str
    description: str
    meaning: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Texts:
    """Everything that a person reads, in one language. `words` are short labels of dashboards and runbooks."""

    alerts: dict[str, AlertText]
    words: dict[str, str]
