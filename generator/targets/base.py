"""The questions that a target answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from generator.model import Component, Ports

# What every component answers at inside the Compose network; these are also the addresses that a spec uses.
INSIDE: dict[Component, int] = {
    Component.PROMETHEUS: 9090,
    Component.ALERTMANAGER: 9093,
    Component.GRAFANA: 3000,
    Component.NODE_EXPORTER: 9100,
    Component.BLACKBOX: 9115,
    Component.ML_API: 8000,
    Component.ALERT_SINK: 8080,
}
_PORT_FIELDS: dict[Component, str] = {
    Component.PROMETHEUS: "prometheus",
    Component.ALERTMANAGER: "alertmanager",
    Component.GRAFANA: "grafana",
    Component.NODE_EXPORTER: "node_exporter",
    Component.BLACKBOX: "blackbox",
    Component.ML_API: "ml_api",
    Component.ALERT_SINK: "alert_sink",
}
_ADDRESS = re.compile(r"(?<![A-Za-z0-9_.-])([a-z-]+):([0-9]+)(?![A-Za-z0-9_.-])")


def published(component: Component, ports: Ports) -> int:
    """The port of a component on the host."""
    return int(getattr(ports, _PORT_FIELDS[component]))


def component_of(host: str, port: int) -> Component | None:
    """The component that the spec means by `host:port`, if it is one of the stack's own."""
    return next((c for c, inside in INSIDE.items() if c.value == host and inside == port), None)


def components_in(text: str) -> tuple[Component, ...]:
    """The stack's own components that an address or URL of the spec names."""
    found = (component_of(host, int(port)) for host, port in _ADDRESS.findall(text))
    return tuple(c for c in found if c)


@dataclass(frozen=True, slots=True)
class Target:
    """Where the stack runs. `address` gives host:port of a component as the stack's other servers reach it;
    `secrets` is the folder in which servers find them; `dashboards` the one in which Grafana does."""

    name: Literal["compose", "native"]
    address: Callable[[Component, Ports, str], str]
    secrets: str
    dashboards: str

    def rewrite(self, text: str, ports: Ports, listen: str) -> str:
        """An address or URL of the spec with the stack's own components where this target has them."""

        def swap(match: re.Match[str]) -> str:
            component = component_of(match[1], int(match[2]))
            return self.address(component, ports, listen) if component else match[0]

        return _ADDRESS.sub(swap, text)
