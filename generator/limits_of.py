"""Every limit that an alert has in force: the stack's, and those that services, routes and databases override."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from generator.model import Limit, Stack
from generator.rules import AlertRule
from generator.rules.limits import QUANTITIES
from generator.rules.models import MODEL_QUANTITIES, limit_on
from generator.rules.notation import RATIO, SECONDS, VALUE
from generator.rules.slo import KINDS, objectives
from generator.units import duration, number, percent

_PLACE = re.compile(r"(\w+\[\d+\])(?:\.routes\[\d+\])?")
_LISTED = re.compile(r"\[\d+\]$")
EVERY, STACK = "all", "stack"
COMMON = (EVERY, STACK)
GUARD = "min_"
"""Quantities that begin so are no limit: below them nothing is judged."""


def limits_of(stack: Stack, rule: AlertRule) -> Iterator[tuple[str, str, Limit]]:
    """(where, quantity, limit): first the stack's own, then what differs from it; of an SLO, each objective."""
    for service, objective in objectives(stack):
        if KINDS.get(rule.name) == objective.kind:
            yield service.name, "objective", objective.share
    for quantity in dict.fromkeys(quantity for quantity, _ in rule.limits if quantity in MODEL_QUANTITIES):
        declared = ((service.name, limit_on(service, quantity)) for service in stack.services)
        yield from ((name, quantity, own) for name, own in declared if own is not None)
    for quantity, limit in rule.limits:
        if quantity in MODEL_QUANTITIES:
            continue
        yield EVERY if quantity in QUANTITIES else STACK, quantity, limit
        if quantity not in QUANTITIES:
            continue
        if quantity == "capacity_share":
            yield from ((s.name, "capacity", s.capacity) for s in stack.services if s.capacity)
        for service in stack.services:
            own: Limit = getattr(service.limits, quantity)
            if own != limit:
                yield service.name, quantity, own
            for route in service.routes:
                for name, routed in route.limits:
                    if name == quantity:
                        yield f"{service.name} {route.route}", quantity, routed


def origins(stack: Stack) -> Callable[[Limit], str]:
    """Tells where a limit came from by names and not by numbers, which the order in the spec would change."""
    named = [(part.key, part.name) for part in stack.services] + [(part.key, part.name) for part in stack.databases]
    told = {key: f"{_LISTED.sub('', key)}[{name}]" for key, name in named}
    for service in stack.services:
        told |= {route.key: f"{told[service.key]}.routes[{route.route}]" for route in service.routes}

    def tell(limit: Limit) -> str:
        found = _PLACE.match(limit.origin)
        known = next((place for place in (found[0], found[1]) if place in told), None) if found else None
        return told[known] + limit.origin[len(known) :] if known else limit.origin

    return tell


def shown(rule: AlertRule, quantity: str, value: float) -> str:
    """A limit as a person writes it in the spec, by how the alert tells what it measured."""
    write: Callable[[float], str] = number
    if not quantity.startswith(GUARD):
        write = {RATIO(VALUE): percent, SECONDS(VALUE): duration}.get(rule.value, number)
    return write(value)
