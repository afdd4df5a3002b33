"""English: alerts of stack."""

from __future__ import annotations

from generator.texts.base import AlertText

ALERTS: dict[str, AlertText] = {
    "Watchdog": AlertText(
        "Alerting of <subject> works",
        "This alert always fires. Whoever stops receiving it knows that alerting is down.",
        "The dead man's switch of the stack.",
        ("Nothing to do while it fires.", "It stopped: look at Prometheus, Alertmanager and the receiver."),
    ),
}
