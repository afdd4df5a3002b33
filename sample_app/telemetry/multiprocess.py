"""Several worker processes, one set of totals, through the files of `prometheus_client`.

The client chooses this mode when it is imported, by the environment variable PROMETHEUS_MULTIPROC_DIR: a folder that
exists, is writable and was empty when the first worker started. Each worker writes its numbers to files there, and any
worker can add them up. In this mode the client has no exemplars and no process metrics.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.multiprocess import mark_process_dead as _client_mark_process_dead

from .names import DURATION, HELP, IN_PROGRESS, REQUESTS, method_label, status_label

_LIVE_GAUGE_FILE = re.compile(r"gauge_live[a-z]*_([0-9]+)\.db")
_Known = tuple[Callable[[], None], Callable[[float], None]]


class SharedStore:
    """The request metrics of this worker, in files that all workers can add up."""

    exemplars = False

    def __init__(self, bounds: tuple[float, ...], registry: CollectorRegistry) -> None:
        labels = ("handler", "method")
        self._requests = Counter(REQUESTS, HELP[REQUESTS], (*labels, "status"), registry=registry)
        self._durations = Histogram(DURATION, HELP[DURATION], labels, buckets=bounds, registry=registry)
        in_progress = Gauge(IN_PROGRESS, HELP[IN_PROGRESS], multiprocess_mode="livesum", registry=registry)
        self._enter = in_progress.inc
        self._leave = in_progress.dec
        self._known: dict[tuple[str, str, int], _Known] = {}

    def begin(self) -> None:
        """One more request is being answered."""
        self._enter()

    def declare(self, handler: str, method: str, status: str) -> None:
        """Makes the series at 0 where they are not there yet."""
        self._durations.labels(handler, method)
        self._requests.labels(handler, method, status)

    def end(self, method: str, handler: str, status: int, seconds: float, trace_id: str | None = None) -> None:
        """See `Metrics.end`; the files hold no exemplars, so `trace_id` is left out."""
        increment, observe = self._known.get((method, handler, status)) or self._learn(method, handler, status)
        self._leave()
        increment()
        observe(seconds)

    def _learn(self, method: str, handler: str, status: int) -> _Known:
        label = method_label(method)
        known = (
            self._requests.labels(handler, label, status_label(status)).inc,
            self._durations.labels(handler, label).observe,
        )
        if label == method and 100 <= status <= 599:
            self._known[method, handler, status] = known
        return known


def multiprocess_active() -> bool:
    """Whether the client writes to files that several workers share."""
    return bool(getattr(values.ValueClass, "_multiprocess", False))


def mark_process_dead(pid: int) -> None:
    """Takes the live gauges (requests in progress) of the worker `pid` out of the sums. Its counters stay."""
    if multiprocess_active() and shared_folder().is_dir():
        _client_mark_process_dead(pid)  # type: ignore[no-untyped-call]


def forget_dead_workers() -> tuple[int, ...]:
    """Marks every worker dead that left live gauges and no longer runs (it was killed); returns their pids."""
    if not multiprocess_active() or not shared_folder().is_dir():
        return ()
    matches = (_LIVE_GAUGE_FILE.fullmatch(path.name) for path in shared_folder().iterdir())
    dead = sorted({pid for match in matches if match and not _runs(pid := int(match[1]))})
    for pid in dead:
        mark_process_dead(pid)
    return tuple(dead)


def shared_folder() -> Path:
    """Where the client keeps the files that the workers share."""
    return Path(os.environ.get("PROMETHEUS_MULTIPROC_DIR", ""))


def shared_families() -> Iterable[Metric]:
    """Counters, histograms and live gauges, summed over all workers; gauges over those that run.

    Raises OSError or ValueError when the files cannot be read. A file of no bytes is one whose worker has just begun
    it, or was killed at that moment.
    """
    files = [*shared_folder().glob("counter_*.db"), *shared_folder().glob("histogram_*.db")]
    for path in shared_folder().glob("gauge_live*.db"):
        match = _LIVE_GAUGE_FILE.fullmatch(path.name)
        if match and _runs(int(match[1])):
            files.append(path)
    begun = [str(path) for path in files if _begun(path)]
    return MultiProcessCollector.merge(begun)  # type: ignore[no-untyped-call, no-any-return]


def _begun(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
