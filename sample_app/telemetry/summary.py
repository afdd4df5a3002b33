"""A summary of the request metrics as JSON, for people and scripts that have no Prometheus at hand.

    metrics = instrument(app)
    serve_summary(app, metrics)      # answers GET /api/metrics/summary

Counts, averages and percentiles are those of /metrics since the last reset; a reset subtracts a baseline, and the
counters of Prometheus go on rising. With several workers (multiprocess mode) whichever worker answers, the answer is
that of all of them. Without that mode it is that of the process that answers.

Counts, average, shortest and longest are exact. A percentile is interpolated in its bucket as PromQL's
histogram_quantile does: it is off by less than the width of that bucket, and never above the last bound (10 s by
default). Percentages are those of all requests, 0 to 100; what cannot be said without requests is null.
"""

from __future__ import annotations

import json
import logging
import os
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from time import time
from typing import Any

from .metrics import Headers, Metrics
from .multiprocess import multiprocess_active, shared_families, shared_folder
from .names import method_label
from .summary_board import Board, Failure
from .summary_fields import fields
from .summary_own import OwnRecords, Records
from .summary_reason import reason_of
from .summary_totals import SAMPLES, Totals, totals_of

End = Callable[..., None]
Answer = tuple[int, Headers, bytes]

_ATTEMPTS = 5
_UNREADABLE = (OSError, ValueError, KeyError, TypeError)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SummarySettings:
    """Where the summary is and what it shows.

    path: `path`/summary answers the summary, `path`/reset the reset.
    reset_enabled: whether anyone who can reach the app may reset the summary; otherwise a reset answers 403.
    recent_errors: how many of the last errors are shown, 0 to 1000; each takes 2 KiB a worker.
    api_keys: the counter of requests by API key that the summary shows as `api_keys`, such as
        "api_key_requests_total"; its only label names the key. None shows none.

    Raises ValueError for a path that does not begin with "/" or ends with one, and for other numbers of errors.
    """

    path: str = "/api/metrics"
    reset_enabled: bool = False
    recent_errors: int = 50
    api_keys: str | None = None

    def __post_init__(self) -> None:
        if not self.path.startswith("/") or self.path.endswith("/"):
            raise ValueError(f"path must begin with / and not end with it, not {self.path!r}")
        if not 0 <= self.recent_errors <= 1000:
            raise ValueError(f"recent_errors must be 0 to 1000, not {self.recent_errors}")


def serve_summary(app: object, metrics: Metrics, settings: SummarySettings | None = None) -> Summary:
    """Serves the summary of `app`, which `instrument` measures with `metrics`. Call it once, before the start.

    Raises ValueError when something else measures `app`, OSError when the folder of multiprocess mode cannot be used.
    """
    if not any(measured is metrics for measured in _measured_by(app)):
        raise ValueError(
            f"{type(app).__name__} is not measured by these metrics; pass what instrument(app) returned for it"
        )
    settings = settings or SummarySettings()
    summary = Summary(metrics, settings)
    metrics.end = summary.watching(metrics.end)
    metrics.on_error = summary.failed
    metrics.on_start.append(summary.start)
    metrics.serve(f"{settings.path}/summary", summary.page)
    metrics.serve(f"{settings.path}/reset", summary.reset_page)
    return summary


class Summary:
    """What one process adds to the summary, and the summary of all of them."""

    def __init__(self, metrics: Metrics, settings: SummarySettings) -> None:
        self._settings = settings
        self._registry = metrics.registry
        self._shared = multiprocess_active()
        self._records = _records(self._shared, settings.recent_errors)
        self._board: Board | None = None
        self._lock, self._reset_lock = Lock(), Lock()
        if hasattr(os, "register_at_fork"):
            this = weakref.ref(self)
            os.register_at_fork(after_in_child=lambda: _forget(this()))

    def watching(self, end: End) -> End:
        """An `end` (see `Metrics`) that also notes the duration and the moment."""

        def watched(method: str, handler: str, status: int, seconds: float, trace_id: str | None = None) -> None:
            end(method, handler, status, seconds, trace_id)
            with self._lock:
                (self._board or self._begun()).observe(seconds)

        return watched

    def failed(self, method: str, route: str, status: int, trace_id: str | None, reason: object) -> None:
        """Notes an error; see `OnError`."""
        failure = Failure(time(), method_label(method), route, status, reason_of(status, reason), trace_id)
        with self._lock:
            (self._board or self._begun()).fail(failure)

    def start(self) -> None:
        """Makes this process one of the workers that the summary counts, before its first request."""
        with self._lock:
            self._board = self._board or self._begun()

    def forget(self) -> None:
        """In a forked child: what the parent holds is the parent's."""
        self._lock, self._reset_lock, self._board = Lock(), Lock(), None
        self._records.forget()

    def data(self) -> dict[str, Any]:
        """The fields of the answer. Raises OSError, ValueError, KeyError or TypeError when files cannot be used."""
        for _ in range(_ATTEMPTS):
            baseline = self._records.baseline()
            totals = self._totals()
            readings = self._records.readings(baseline.epoch)
            if self._records.baseline().epoch == baseline.epoch:
                break
        since_then, errors = totals.since(baseline.totals), self._settings.recent_errors
        data = fields(since_then, readings, since=baseline.since, now=time(), errors=errors)
        return {**data, "workers": max(1, self._records.workers())}

    def reset(self) -> None:
        """Starts again from 0, for all workers. Raises OSError, or ValueError where a shared file is broken."""
        with self._reset_lock:
            self._records.reset(self._totals)

    def page(self, method: str) -> Answer:
        """GET `path`/summary."""
        if method not in ("GET", "HEAD"):
            return _refused(405, "use GET", [(b"allow", b"GET, HEAD")])
        try:
            return _answer(200, {"success": True, "data": self.data()})
        except _UNREADABLE as error:
            _log.exception("the summary cannot be read")
            return _refused(503, f"the summary cannot be read: {type(error).__name__}")

    def reset_page(self, method: str) -> Answer:
        """POST `path`/reset."""
        if not self._settings.reset_enabled:
            return _refused(403, "the reset is switched off; SummarySettings(reset_enabled=True) switches it on")
        if method != "POST":
            return _refused(405, "use POST", [(b"allow", b"POST")])
        try:
            self.reset()
        except _UNREADABLE as error:
            _log.exception("the summary cannot be reset")
            return _refused(503, f"the summary cannot be reset: {type(error).__name__}")
        return _answer(200, {"success": True})

    def _begun(self) -> Board:
        """Caller holds the lock. Where the shared folder takes no more files, requests go on with a board of no use."""
        try:
            self._board = self._records.board()
        except OSError:
            _log.exception("this worker's extremes and errors are not in the summary")
            self._board = OwnRecords(self._settings.recent_errors).board()
        return self._board

    def _totals(self) -> Totals:
        wanted = self._settings.api_keys
        if self._shared:
            return totals_of(shared_families(), wanted)
        names = [*SAMPLES, wanted] if wanted else SAMPLES
        return totals_of(self._registry.restricted_registry(names).collect(), wanted)


def _records(shared: bool, errors: int) -> Records:
    if not shared:
        return OwnRecords(errors)
    from .summary_shared import SharedRecords  # noqa: PLC0415  (file locks are not everywhere; one process needs none)

    return SharedRecords(shared_folder(), errors)


def _measured_by(app: object) -> Iterator[object]:
    """The metrics that measure an app: `instrument` added the middleware, or the app is one."""
    yield getattr(app, "metrics", None)
    for middleware in getattr(app, "user_middleware", ()):
        yield getattr(middleware, "kwargs", {}).get("metrics")


def _forget(summary: Summary | None) -> None:
    if summary is not None:
        summary.forget()


def _answer(status: int, data: dict[str, Any], headers: Headers | None = None) -> Answer:
    body = json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
    return status, [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), *(headers or ())], body


def _refused(status: int, detail: str, headers: Headers | None = None) -> Answer:
    return _answer(status, {"detail": detail}, headers)
