"""The computations behind the answers: small, real and pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

WEIGHTS = (0.9, -0.4, 0.25, 1.3)
BIAS = -0.2
CATALOGUE_SIZE = 200

_TASTES = 8


def predict(features: Sequence[float]) -> float:
    """The score, 0 to 1, of a logistic model with four fixed weights. It was never trained: it is there to be measured.

    Raises ValueError unless there are four finite features.
    """
    if len(features) != len(WEIGHTS) or not all(math.isfinite(feature) for feature in features):
        raise ValueError(f"the model takes {len(WEIGHTS)} finite features")
    logit = BIAS + sum(weight * feature for weight, feature in zip(WEIGHTS, features, strict=True))
    return 0.5 * (1 + math.tanh(logit / 2))


def recommend(user: int, limit: int) -> list[int]:
    """The `limit` items nearest to the user's taste, best first: a full scan of the catalogue by dot product."""
    taste = _vector(user, 1)
    scores = [(sum(a * b for a, b in zip(taste, _vector(item, 2), strict=True)), item) for item in items()]
    return [item for _score, item in sorted(scores, reverse=True)[:limit]]


def items() -> range:
    """The ids of the catalogue."""
    return range(1, CATALOGUE_SIZE + 1)


def price_cents(item: int) -> int:
    """The price of an item, in cents."""
    return 100 + item * 7919 % 9900


def _vector(number: int, kind: int) -> tuple[float, ...]:
    """Fixed coordinates of a user or item, -1 to 1."""
    return tuple(math.sin(number * (axis + 1) * 12.9898 + kind) for axis in range(_TASTES))
