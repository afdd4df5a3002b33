"""Every limit that an alert has in force: the stack's, and those that services, routes and databases override."""

from __future__ import annotations

from collections.abc import Iterator

from generator.model import Limit, Stack
from generator.rules import AlertRule
from generator.rules.limits import QUANTITIES
from generator.rules.slo import KINDS, objectives


def limits_of(stack: Stack, rule: AlertRule) -> Iterator[tuple[str, str, Limit]]:
    """(where, quantity, limit): first the stack's own, then what differs from it; of an SLO, each objective."""
    for service, objective in objectives(stack):
        if KINDS.get(rule.name) == objective.kind:
            yield service.name, "objective", objective.share
    for quantity, limit in rule.limits:
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
