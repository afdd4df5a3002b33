"""Korean."""

from __future__ import annotations

from generator.texts.base import Texts
from generator.texts.ko import (
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
from generator.texts.ko.notifications import NOTIFICATIONS
from generator.texts.ko.words import WORDS

_FAMILIES = (collector, databases, gpus, hosts, inference, llm, logs, probes, services, slo, stack, traffic)
KO = Texts(
    alerts={name: text for family in _FAMILIES for name, text in family.ALERTS.items()}, words=WORDS | NOTIFICATIONS
)
