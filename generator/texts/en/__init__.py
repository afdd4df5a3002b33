"""English."""

from __future__ import annotations

from generator.texts.base import Texts
from generator.texts.en import (
    collector,
    databases,
    gpus,
    hosts,
    inference,
    llm,
    logs,
    probes,
    services,
    slo,
    stack,
    traffic,
)
from generator.texts.en.notifications import NOTIFICATIONS
from generator.texts.en.words import WORDS

_FAMILIES = (collector, databases, gpus, hosts, inference, llm, logs, probes, services, slo, stack, traffic)
EN = Texts(
    alerts={name: text for family in _FAMILIES for name, text in family.ALERTS.items()}, words=WORDS | NOTIFICATIONS
)
