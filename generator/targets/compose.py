"""Containers in one Compose network: components find each other by name, and ports are published on `listen`."""

from __future__ import annotations

from generator.model import Component, Ports
from generator.targets.base import INSIDE, MORE, Target


def _address(component: Component, ports: Ports, _listen: str) -> str:
    if component is Component.NODE_EXPORTER:  # lives in the host's own network, on the port that the spec gives it
        return f"{component.value}:{ports.node_exporter}"
    return f"{component.value}:{INSIDE[component]}"


def _more(field: str, _ports: Ports, _listen: str) -> str:
    component, inside = MORE[field]
    return f"{component.value}:{inside}"


COMPOSE = Target(
    name="compose", address=_address, more=_more, secrets="/run/secrets/", dashboards="/etc/grafana/dashboards"
)
