"""Which request comes when. Pure: the same number always gives the same request."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """One request, without its host."""

    method: str
    path: str
    body: bytes = b""


def request(number: int) -> Request:
    """The request with this number, from 0: the endpoints in turn, each time with other arguments."""
    turn, lap = number % 4, number // 4
    if turn == 0:
        return Request("GET", f"/items/{lap % 200 + 1}")
    if turn == 1:
        features = [(lap % 7) / 7, (lap % 5) / 5, (lap % 3) / 3, 0.5]
        return Request("POST", "/predict", json.dumps({"features": features}).encode())
    if turn == 2:
        return Request("GET", f"/recommendations?user={lap % 1000}")
    return Request("GET", "/")


def quantile(sorted_values: list[float], share: float) -> float | None:
    """The smallest value that at least `share` of the values do not pass; None without values."""
    if not sorted_values:
        return None
    rank = -int(-share * len(sorted_values) // 1)
    return sorted_values[min(max(rank, 1), len(sorted_values)) - 1]
