"""Limits as series: one rule for the default, one for each value that a service or route overrides it with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields

from generator import names
from generator.model import Limits, Stack
from generator.promql import equals, none_of, one_of, select
from generator.rules.base import RecordingRule
from generator.units import number

QUANTITIES = tuple(f.name for f in fields(Limits))
ROUTE_QUANTITIES = ("client_error_ratio", "error_ratio", "latency_average", "latency_p95", "latency_p95_critical")


def limits(stack: Stack) -> tuple[RecordingRule, ...]:
    """`service:<quantity>:limit` and `service_route:<quantity>:limit`, with the service's team."""
    per_service = (rule for quantity in QUANTITIES for rule in _service_limits(stack, quantity))
    per_route = (rule for quantity in ROUTE_QUANTITIES for rule in _route_limits(stack, quantity))
    return (*per_service, *per_route)


def routed(stack: Stack, quantity: str) -> bool:
    """Whether any route has a limit of its own on this quantity."""
    return any(name == quantity for s in stack.services for r in s.routes for name, _ in r.limits)


def _service_limits(stack: Stack, quantity: str) -> Iterator[RecordingRule]:
    default: float = getattr(stack.limits, quantity).value
    overrides: defaultdict[float, list[str]] = defaultdict(list)
    for service in stack.services:
        value = getattr(service.limits, quantity).value
        if value != default:
            overrides[value].append(service.name)
    overridden = [name for group in overrides.values() for name in group]
    yield _limit(names.limit(quantity), none_of(names.SERVICE, overridden), default)
    for value in sorted(overrides):
        yield _limit(names.limit(quantity), one_of(names.SERVICE, overrides[value]), value)


def _limit(record: str, matcher: str, value: float) -> RecordingRule:
    return RecordingRule(record, f"group by (service, team) ({select(names.SERVICE_INFO, matcher)}) * {number(value)}")


def _route_limits(stack: Stack, quantity: str) -> Iterator[RecordingRule]:
    groups: defaultdict[tuple[str, float], list[str]] = defaultdict(list)
    for service in stack.services:
        for route in service.routes:
            for name, limit in route.limits:
                if name == quantity:
                    groups[service.name, limit.value].append(route.route)
    for (service_name, value), routes in sorted(groups.items()):
        matcher = equals(names.SERVICE, service_name)
        present = select(names.REQUESTS_ROUTE, matcher, one_of(names.ROUTE, routes))
        info = f"on (service) group_left (team) group by (service, team) ({select(names.SERVICE_INFO, matcher)})"
        expr = f"(group by (service, route) ({present}) * {info}) * {number(value)}"
        yield RecordingRule(names.limit(quantity, by_route=True), expr)
