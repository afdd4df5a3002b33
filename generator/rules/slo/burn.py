"""Burn rates: how many times faster than evenly an error budget is spent, and over which windows that is an alarm.

The pairs of windows and the shares of the budget are those of the Google SRE Workbook, "Alerting on SLOs"; so is the
formula, rate = share of the budget * window of the SLO / long window, which gives 14.4, 6, 3 and 1 for 30 days.
"""

from __future__ import annotations

from dataclasses import dataclass

from generator.model import Slo

SLOT = 300.0
"""Long windows are added up from one sample for each so many seconds."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An alarm when `share` of the budget went within `long` seconds, and the last `short` seconds are as bad."""

    long: float
    short: float
    share: float

    def rate(self, window: float) -> float:
        """The burn rate for an SLO over `window` seconds. Up to 1 nothing is wrong: the budget lasts."""
        return max(1.0, round(self.share * window / self.long, 6))


HOUR = 3600.0
FAST = (Pair(HOUR, 300.0, 0.02), Pair(6 * HOUR, 1800.0, 0.05))
SLOW = (Pair(24 * HOUR, 2 * HOUR, 0.1), Pair(72 * HOUR, 6 * HOUR, 0.1))
FINE = (1800.0, HOUR)
COARSE = (2 * HOUR, 6 * HOUR, 24 * HOUR, 72 * HOUR)
LONG = tuple(pair.long for pair in (*FAST, *SLOW))


def out_of_reach(slo: Slo, budget: float) -> bool:
    """Whether not even a service that fails every request would raise the fast alarm."""
    return all(pair.rate(slo.window) * budget >= 1 for pair in FAST)
