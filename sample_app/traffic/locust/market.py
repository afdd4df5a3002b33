"""What visitors remember together: who has an account, and what is for sale. Everything is bounded."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

CHANCE = random.Random()  # noqa: S311  (people are not cryptography)
_REMEMBERED = 500


@dataclass(slots=True)
class Market:
    """Accounts whose people have left wait for the next ones, so that a day needs no more than its peak."""

    resting: list[int] = field(default_factory=list)
    people: deque[int] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    products: deque[int] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def remember(self, page: Any) -> None:
        """The products of a page of the list; what is not understood is left."""
        rows = page.get("products") if isinstance(page, dict) else None
        if isinstance(rows, list):
            self.add(row.get("id") for row in rows if isinstance(row, dict))

    def add(self, products: Iterable[Any]) -> None:
        """Products that are for sale; each is remembered once."""
        for product in products:
            if isinstance(product, int) and product not in self.products:
                self.products.append(product)

    def forget(self, product: int | None, *people: int | None) -> None:
        """It is for sale no longer, and they are gone."""
        if product is not None and product in self.products:
            self.products.remove(product)
        for person in people:
            if person is not None and person in self.people:
                self.people.remove(person)

    def product(self) -> int | None:
        """One that is for sale, the popular ones more often; None before any is known."""
        return self.products[popular(len(self.products))] if self.products else None

    def person_but(self, account: int) -> int | None:
        """Somebody else; None when nobody is known."""
        others = [person for person in self.people if person != account]
        return CHANCE.choice(others) if others else None


def popular(size: int) -> int:
    """An index below `size`, small ones far more often: a few things get most of the attention."""
    return min(size - 1, int(CHANCE.expovariate(1.0) * size / 6))
