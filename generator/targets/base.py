"""The questions that a target answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from generator import names
from generator.model import Component, Ports, Stack

# What every component answers at inside the Compose network; these are also the addresses that a spec uses.
INSIDE: dict[Component, int] = {
    Component.PROMETHEUS: 9090,
    Component.ALERTMANAGER: 9093,
    Component.GRAFANA: 3000,
    Component.NODE_EXPORTER: 9100,
    Component.BLACKBOX: 9115,
    Component.POSTGRES: 5432,
    Component.VALKEY: 6379,
    Component.POSTGRES_EXPORTER: 9187,
    Component.REDIS_EXPORTER: 9121,
    Component.PROCESS_EXPORTER: 9256,
    Component.CADVISOR: 8080,
    Component.GPU_EXPORTER: 9400,
    Component.DCGM_EXPORTER: 9400,
    Component.ML_API: 8000,
    Component.SHOP: 8000,
    Component.ALERT_SINK: 8080,
    Component.LOKI: 3100,
    Component.TEMPO: 3200,
    Component.COLLECTOR: 13133,
}
# Further ports of a component, by their field of `stack.ports`: whose it is, and what it is inside the network.
MORE: dict[str, tuple[Component, int]] = {
    "loki_grpc": (Component.LOKI, 9096),
    "tempo_grpc": (Component.TEMPO, 9097),
    "tempo_otlp": (Component.TEMPO, 4317),
    "otlp_grpc": (Component.COLLECTOR, 4317),
    "otlp_http": (Component.COLLECTOR, 4318),
    "collector_metrics": (Component.COLLECTOR, 8888),
    "span_metrics": (Component.COLLECTOR, 8889),
    "fluent_forward": (Component.COLLECTOR, 24224),
}
SENT_TO = frozenset({"otlp_grpc", "otlp_http"})
"""Those that services send to: on the listen address; the others are for this host alone."""
# What a component of the sample platform stands on: whoever names it gets these too.
BEHIND: dict[Component, tuple[Component, ...]] = {
    Component.SHOP: (Component.POSTGRES, Component.VALKEY),
    Component.POSTGRES_EXPORTER: (Component.POSTGRES,),
    Component.REDIS_EXPORTER: (Component.VALKEY,),
}
# Servers that trust who reaches them: on this machine's own address alone, whatever `stack.listen` says.
LOOPBACK_ONLY = frozenset({Component.POSTGRES, Component.VALKEY, Component.LOKI, Component.TEMPO, Component.COLLECTOR})
_PASSWORDS: dict[Component, tuple[str, ...]] = {
    Component.GRAFANA: (names.GRAFANA_PASSWORD,),
    Component.POSTGRES: (names.POSTGRES_PASSWORD, names.SHOP_PASSWORD, names.MONITOR_PASSWORD),
}
_ADDRESS = re.compile(r"(?<![A-Za-z0-9_.-])([a-z-]+):([0-9]+)(?![A-Za-z0-9_.-])")


def published(component: Component, ports: Ports) -> int:
    """The port of a component on the host."""
    return int(getattr(ports, port_field(component)))


def bound_to(component: Component, listen: str) -> str:
    """The address of the host on which a component listens."""
    return "127.0.0.1" if component in LOOPBACK_ONLY else listen


def public_url(stack: Stack, component: Component) -> str:
    """Where a person finds a component."""
    return f"http://{stack.public_host}:{published(component, stack.ports)}"


def port_field(component: Component) -> str:
    """The field of `stack.ports` that holds a component's port."""
    return "blackbox" if component is Component.BLACKBOX else component.value.replace("-", "_")


def passwords(components: Iterable[Component]) -> tuple[str, ...]:
    """The stack's own passwords, each a file of that name in `secrets/` that is made once."""
    return tuple(name for component in components for name in _PASSWORDS.get(component, ()))


def component_of(host: str, port: int) -> Component | None:
    """The component that the spec means by `host:port`, if it is one of the stack's own."""
    return next((c for c, inside in INSIDE.items() if c.value == host and inside == port), None)


def components_in(text: str) -> tuple[Component, ...]:
    """The stack's own components that an address or URL of the spec names."""
    found = (component_of(host, int(port)) for host, port in _ADDRESS.findall(text))
    return tuple(c for c in found if c)


@dataclass(frozen=True, slots=True)
class Target:
    """Where the stack runs. `address` gives host:port of a component as the stack's other servers reach it, `more` that
    of one of its further ports (a key of MORE);
    `secrets` is the folder in which servers find them; `dashboards` the one in which Grafana does."""

    name: Literal["compose", "native"]
    address: Callable[[Component, Ports, str], str]
    more: Callable[[str, Ports, str], str]
    secrets: str
    dashboards: str

    def rewrite(self, text: str, ports: Ports, listen: str) -> str:
        """An address or URL of the spec with the stack's own components where this target has them."""

        def swap(match: re.Match[str]) -> str:
            component = component_of(match[1], int(match[2]))
            return self.address(component, ports, listen) if component else match[0]

        return _ADDRESS.sub(swap, text)
