"""Names of series that are the stack's own, whether this spec records them or another one would."""

from __future__ import annotations

import re

from generator import names

_FAMILIES = tuple(
    re.compile(made.replace("ANY", "[A-Za-z0-9_]+"))
    for by_route in (False, True)
    for made in (
        names.latency("ANY", by_route=by_route),
        names.slow_share("ANY", by_route=by_route),
        names.limit("ANY", by_route=by_route),
    )
)
_CONSTANTS = frozenset(value for value in vars(names).values() if isinstance(value, str) and ":" in value)


def in_vocabulary(name: str) -> bool:
    """Whether a recording rule of the stack may have the name."""
    return name in _CONSTANTS or any(family.fullmatch(name) for family in _FAMILIES)
