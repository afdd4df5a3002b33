"""Request metrics as sums over routes and workers, and the arithmetic on them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any, TypeVar

from prometheus_client import Metric

from .names import DURATION, IN_PROGRESS, REQUESTS

SAMPLES = (f"{REQUESTS}_total", f"{DURATION}_bucket", f"{DURATION}_sum", IN_PROGRESS)
"""The samples that totals are made of."""

Counts = Mapping[str, float]
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of counters since their start, or between two moments.

    requests: by status class. buckets: requests that took at most so many seconds, by that bound, ascending.
    seconds: of all requests together. api_keys: requests by the name of an API key.
    in_progress: requests being answered now; a moment's value, so it is never subtracted.
    """

    requests: Counts = field(default_factory=dict)
    buckets: tuple[tuple[float, float], ...] = ()
    seconds: float = 0.0
    api_keys: Counts = field(default_factory=dict)
    in_progress: float = 0.0

    @property
    def calls(self) -> float:
        """All requests."""
        return sum(self.requests.values())

    @property
    def timed(self) -> float:
        """All requests in the histogram."""
        return self.buckets[-1][1] if self.buckets else 0.0

    def since(self, earlier: Totals) -> Totals:
        """What was added after `earlier`; never below 0."""
        before = dict(earlier.buckets)
        seconds = self.seconds - earlier.seconds
        return Totals(
            _grown(self.requests, earlier.requests),
            tuple((bound, max(0.0, count - before.get(bound, 0.0))) for bound, count in self.buckets),
            0.0 if seconds < 0 else seconds,
            _grown(self.api_keys, earlier.api_keys),
            self.in_progress,
        )

    def quantile(self, share: float) -> float | None:
        """Seconds that `share` (0 to 1) of the requests took at most; None without requests.

        Computed as PromQL's histogram_quantile does: the requests of a bucket are taken to be spread evenly over it,
        so the answer is in the same bucket as the exact value, and never above the last finite bound.
        """
        rank, lower, below = share * self.timed, 0.0, 0.0
        for bound, count in self.buckets if self.timed > 0 else ():
            if count >= rank and count > below:
                return lower if bound == inf else lower + (bound - lower) * (rank - below) / (count - below)
            lower, below = (lower if bound == inf else bound), count
        return None

    def as_json(self) -> dict[str, Any]:
        """A plain form that `from_json` takes; without `in_progress`."""
        buckets = [["+Inf" if bound == inf else bound, count] for bound, count in self.buckets]
        return {
            "requests": dict(self.requests),
            "buckets": buckets,
            "seconds": self.seconds,
            "api_keys": dict(self.api_keys),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Totals:
        """What `as_json` gave. Raises KeyError, TypeError or ValueError for anything else."""
        buckets = tuple((float(bound), float(count)) for bound, count in data["buckets"])
        return cls(dict(data["requests"]), buckets, float(data["seconds"]), dict(data["api_keys"]))


def totals_of(families: Iterable[Metric], api_keys: str | None = None) -> Totals:
    """Adds up a scrape. `api_keys` is the sample name of a counter whose only label names the key."""
    requests: dict[str, float] = {}
    buckets: dict[float, float] = {}
    keys: dict[str, float] = {}
    plain = {f"{DURATION}_sum": 0.0, IN_PROGRESS: 0.0}
    for sample in (sample for family in families for sample in family.samples):
        value = float(sample.value)
        if sample.name == SAMPLES[0]:
            _add(requests, sample.labels["status"], value)
        elif sample.name == SAMPLES[1]:
            _add(buckets, float(sample.labels["le"]), value)
        elif sample.name in plain:
            plain[sample.name] += value
        elif sample.name == api_keys and len(sample.labels) == 1:
            _add(keys, next(iter(sample.labels.values())), value)
    return Totals(requests, tuple(sorted(buckets.items())), plain[SAMPLES[2]], keys, plain[IN_PROGRESS])


def _add(sums: dict[Key, float], key: Key, value: float) -> None:
    sums[key] = sums.get(key, 0.0) + value


def _grown(now: Counts, before: Counts) -> dict[str, float]:
    return {name: max(0.0, count - before.get(name, 0.0)) for name, count in now.items()}
