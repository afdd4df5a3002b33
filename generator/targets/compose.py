"""Containers in one Compose network: components find each other by name, and ports are published on `listen`."""

from __future__ import annotations

from generator.model import Component, Ports
from generator.targets.base import INSIDE, Target


def _address(component: Component, ports: Ports, _listen: str) -> str:
    if component is Component.NODE_EXPORTER:  # lives in the host's own network, on the port that the spec gives it
        return f"{component.value}:{ports.node_exporter}"
    return f"{component.value}:{INSIDE[component]}"


COMPOSE = Target(name="compose", address=_address, secrets="/run/secrets/", dashboards="/etc/grafana/dashboards")
