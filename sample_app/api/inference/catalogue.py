"""The items that the recommender knows and the shop window shows."""

from __future__ import annotations

CATALOGUE_SIZE = 200


def items() -> range:
    """The ids of the catalogue."""
    return range(1, CATALOGUE_SIZE + 1)


def price_cents(item: int) -> int:
    """The price of an item, in cents."""
    return 100 + item * 7919 % 9900
