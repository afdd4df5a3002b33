"""The day: how many people are there at which hour. Pure."""

from __future__ import annotations

import math

DAY_SECONDS = 86400.0
NIGHT = 0.15
"""The share of the most people that is there at any hour."""

PEAKS = ((12.0, 0.85), (20.5, 1.0))
"""The hours at which most people are there, and how high they stand, 0 to 1."""

WIDTH_HOURS = 2.8


def share_at(hour: float) -> float:
    """The share of the most people that is there at this hour of the day, NIGHT to 1. Hours wrap: 25 is 1."""
    high = sum(height * _bump(hour - peak) for peak, height in PEAKS)
    return min(1.0, NIGHT + (1 - NIGHT) * high)


def hour_at(local_seconds: float, speed: float) -> float:
    """The hour of a day that lasts 24 h / `speed`, 0 to 24, at these seconds since 1970 in local time.

    It depends on the clock alone: whoever starts again later meets the same day, and at speed 1 the real one.
    """
    return (local_seconds * speed % DAY_SECONDS) / 3600


def users_at(most: int, hour: float, factor: float = 1.0) -> int:
    """How many users are there, at least 1; `factor` is a surge (above 1) or a drop (below)."""
    return max(1, round(most * share_at(hour) * factor))


def _bump(hours: float) -> float:
    """1 at 0, falling to both sides around the clock."""
    away = (hours + 12) % 24 - 12
    return math.exp(-0.5 * (away / WIDTH_HOURS) ** 2)
