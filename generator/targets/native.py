"""Processes of one host: components find each other on the listen address, by their published ports."""

from __future__ import annotations

from generator.model import Component, Ports
from generator.targets.base import SENT_TO, Target, bound_to, published


def _address(component: Component, ports: Ports, listen: str) -> str:
    return f"{_reached(bound_to(component, listen))}:{published(component, ports)}"


def _more(field: str, ports: Ports, listen: str) -> str:
    host = _reached(listen) if field in SENT_TO else "127.0.0.1"
    return f"{host}:{getattr(ports, field)}"


def _reached(bound: str) -> str:
    return "127.0.0.1" if bound == "0.0.0.0" else bound  # noqa: S104 - compared, not bound


# Relative to alertmanager.yml, which is also the folder that Alertmanager is started in.
NATIVE = Target(name="native", address=_address, more=_more, secrets="secrets/", dashboards="$STACK_DASHBOARDS")
