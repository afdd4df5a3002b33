"""Where the numbers of one process live: plain numbers behind one lock, made into series when a scrape asks.

A request costs a tenth of what the client's own `labels().inc()` and `observe()` cost, and an exemplar next to nothing:
it is kept as a tuple and checked when it is made, not at each use.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from threading import Lock
from time import time

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar
from prometheus_client.utils import floatToGoString

from .names import DURATION, HELP, IN_PROGRESS, REQUESTS, method_label, status_label

_Seen = tuple[str, float, float]
"""An exemplar: trace id, seconds the request took, and when it ended (Unix time)."""


class _Count:
    """Requests of one (handler, method, status class)."""

    __slots__ = ("exemplar", "value")

    def __init__(self) -> None:
        self.value = 0
        self.exemplar: _Seen | None = None


class _Durations:
    """Requests of one (handler, method) by bucket, not accumulated, and their seconds in total."""

    __slots__ = ("buckets", "exemplars", "seconds")

    def __init__(self, buckets: int) -> None:
        self.buckets = [0] * buckets
        self.exemplars: list[_Seen | None] = [None] * buckets
        self.seconds = 0.0


class MemoryStore(Collector):
    """The request metrics of this process alone; a scrape reads them through `collect`."""

    exemplars = True

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._names = [floatToGoString(bound) for bound in (*bounds, float("inf"))]  # type: ignore[no-untyped-call]
        self._lock = Lock()
        self._in_progress = 0
        self._counts: dict[tuple[str, str, str], _Count] = {}
        self._durations: dict[tuple[str, str], _Durations] = {}
        self._known: dict[tuple[str, str, int], tuple[_Count, _Durations]] = {}

    def begin(self) -> None:
        """One more request is being answered."""
        with self._lock:
            self._in_progress += 1

    def declare(self, handler: str, method: str, status: str) -> None:
        """Makes the series at 0 where they are not there yet."""
        with self._lock:
            self._series(handler, method, status)

    def end(self, method: str, handler: str, status: int, seconds: float, trace_id: str | None = None) -> None:
        """See `Metrics.end`."""
        with self._lock:
            count, durations = self._known.get((method, handler, status)) or self._learn(method, handler, status)
            self._in_progress -= 1
            bucket = bisect_left(self._bounds, seconds)
            count.value += 1
            durations.buckets[bucket] += 1
            durations.seconds += seconds
            if trace_id is not None:
                count.exemplar = durations.exemplars[bucket] = (trace_id, seconds, time())

    def describe(self) -> Iterable[Metric]:
        """The families without samples: what a registry compares for clashes."""
        return (
            CounterMetricFamily(REQUESTS, HELP[REQUESTS]),
            HistogramMetricFamily(DURATION, HELP[DURATION]),
            GaugeMetricFamily(IN_PROGRESS, HELP[IN_PROGRESS]),
        )

    def collect(self) -> Iterable[Metric]:
        """All series as they are now."""
        requests = CounterMetricFamily(REQUESTS, HELP[REQUESTS], labels=("handler", "method", "status"))
        durations = HistogramMetricFamily(DURATION, HELP[DURATION], labels=("handler", "method"))
        with self._lock:
            for labels, count in self._counts.items():
                requests.add_metric(labels, count.value, exemplar=count.exemplar and _exemplar(count.exemplar, 1.0))
            for key, seen in self._durations.items():
                durations.add_metric(key, self._buckets(seen), seen.seconds)
            in_progress = GaugeMetricFamily(IN_PROGRESS, HELP[IN_PROGRESS], value=self._in_progress)
        return (requests, durations, in_progress)

    def _buckets(self, seen: _Durations) -> list[tuple[str, float] | tuple[str, float, Exemplar]]:
        total = 0
        buckets: list[tuple[str, float] | tuple[str, float, Exemplar]] = []
        for bound, requests, exemplar in zip(self._names, seen.buckets, seen.exemplars, strict=True):
            total += requests
            buckets.append((bound, total) if exemplar is None else (bound, total, _exemplar(exemplar, exemplar[1])))
        return buckets

    def _series(self, handler: str, method: str, status: str) -> tuple[_Count, _Durations]:
        durations = self._durations.get((handler, method))
        if durations is None:
            durations = self._durations[handler, method] = _Durations(len(self._bounds) + 1)
        return self._counts.setdefault((handler, method, status), _Count()), durations

    def _learn(self, method: str, handler: str, status: int) -> tuple[_Count, _Durations]:
        label = method_label(method)
        series = self._series(handler, label, status_label(status))
        if label == method and 100 <= status <= 599:
            self._known[method, handler, status] = series
        return series


def _exemplar(seen: _Seen, value: float) -> Exemplar:
    trace_id, _seconds, ended = seen
    return Exemplar({"trace_id": trace_id}, value, ended)
