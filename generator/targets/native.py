"""Processes of one host: components find each other on the listen address, by their published ports."""

from __future__ import annotations

from generator.model import Component, Ports
from generator.targets.base import Target, bound_to, published


def _address(component: Component, ports: Ports, listen: str) -> str:
    host = bound_to(component, listen)
    host = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - compared, not bound
    return f"{host}:{published(component, ports)}"


def _more(field: str, ports: Ports, _listen: str) -> str:
    return f"127.0.0.1:{getattr(ports, field)}"


# Relative to alertmanager.yml, which is also the folder that Alertmanager is started in.
NATIVE = Target(name="native", address=_address, more=_more, secrets="secrets/", dashboards="$STACK_DASHBOARDS")
