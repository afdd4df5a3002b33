"""blackbox/blackbox.yml: how probes ask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from generator import names
from generator.bundle import Artifact
from generator.model import Stack
from generator.render import to_yaml


def build(stack: Stack) -> Iterable[Artifact]:
    """Modules of the blackbox exporter; nothing without probes."""
    if not stack.probes:
        return
    ip = {"preferred_ip_protocol": "ip4"}
    modules: dict[str, Any] = {
        "http_2xx": {"prober": "http", "timeout": "5s", "http": ip},
        "tcp_connect": {"prober": "tcp", "timeout": "5s", "tcp": ip},
        "icmp": {"prober": "icmp", "timeout": "5s", "icmp": ip},
    }
    yield Artifact(names.BLACKBOX_CONFIG, to_yaml({"modules": modules}, "The modules of the blackbox exporter."))
