"""What the demo page is told from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LINKS = ("GRAFANA", "PROMETHEUS", "ALERTMANAGER", "ALERT_SINK")


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """Where the rest of the stack is.

    locale: the page's language, en or ko. links: title -> URL for a person's browser. alerts_url: the alert sink's list
    of received alerts, as this process reaches it; none shows no alerts. gpu_url: the GPU simulator as this process
    reaches it; none has no switch for its cards.
    """

    locale: str = "en"
    links: tuple[tuple[str, str], ...] = ()
    alerts_url: str | None = None
    gpu_url: str | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> DemoSettings:
        """From DEMO_LOCALE, DEMO_<PROGRAM>_URL for each of LINKS, DEMO_ALERTS and DEMO_GPUS."""
        links = ((name.replace("_", " ").title(), environment.get(f"DEMO_{name}_URL", "")) for name in LINKS)
        return cls(
            locale="ko" if environment.get("DEMO_LOCALE") == "ko" else "en",
            links=tuple((title, url) for title, url in links if url),
            alerts_url=environment.get("DEMO_ALERTS") or None,
            gpu_url=environment.get("DEMO_GPUS") or None,
        )
