"""Every limit that an alert has in force: the stack's, and those that services, routes and databases override."""

from __future__ import annotations

from collections.abc import Iterator

from generator.model import Limit, Stack
from generator.rules import AlertRule
from generator.rules.limits import QUANTITIES
from generator.rules.models import MODEL_QUANTITIES, limit_on


def limits_of(stack: Stack, rule: AlertRule) -> Iterator[tuple[str, str, Limit]]:
    """(where, quantity, limit): first the stack's own, then what differs from it."""
    for quantity in dict.fromkeys(quantity for quantity, _ in rule.limits if quantity in MODEL_QUANTITIES):
        declared = ((service.name, limit_on(service, quantity)) for service in stack.services)
        yield from ((name, quantity, own) for name, own in declared if own is not None)
    for quantity, limit in rule.limits:
        if quantity in MODEL_QUANTITIES:
            continue
        yield "all" if quantity in QUANTITIES else "stack", quantity, limit
        if quantity not in QUANTITIES:
            continue
        for service in stack.services:
            own: Limit = getattr(service.limits, quantity)
            if own != limit:
                yield service.name, quantity, own
            for route in service.routes:
                for name, routed in route.limits:
                    if name == quantity:
                        yield f"{service.name} {route.route}", quantity, routed
