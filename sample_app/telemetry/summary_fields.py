"""The fields of the summary, from totals and boards. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from heapq import nlargest
from math import isfinite
from typing import Any

from .summary_board import WINDOW_SECONDS, Failure, Reading
from .summary_totals import Totals

_DIGITS = 6


def fields(totals: Totals, readings: Sequence[Reading], *, since: float, now: float, errors: int) -> dict[str, Any]:
    """The summary without `workers`. `totals` are those since the Unix time `since`; shows at most `errors` errors.

    Durations are seconds, null without requests. Rates of errors are percent of all requests. `error_rate` counts 4xx
    and 5xx. `requests_per_second` is that of the last 60 seconds, or since `since` when that is less long ago (but at
    least one second); `mean_requests_per_second` is that since `since`.
    """
    calls = totals.calls
    client, server = (totals.requests.get(status, 0.0) for status in ("4xx", "5xx"))
    age = max(1.0, now - since)
    failures = nlargest(errors, (f for reading in readings for f in reading.failures), key=lambda f: f.time)
    return {
        "total_calls": round(calls),
        "total_errors": round(client + server),
        "error_rate": _percent(client + server, calls),
        "avg_response_time": _seconds(totals.seconds / totals.timed if totals.timed else None),
        "min_response_time": _seconds(min((r.low for r in readings), default=None) if calls else None),
        "max_response_time": _seconds(max((r.high for r in readings), default=None) if calls else None),
        "recent_errors": [_shown(failure) for failure in failures],
        "p50_response_time": _seconds(totals.quantile(0.5)),
        "p95_response_time": _seconds(totals.quantile(0.95)),
        "p99_response_time": _seconds(totals.quantile(0.99)),
        "client_errors": round(client),
        "server_errors": round(server),
        "client_error_rate": _percent(client, calls),
        "server_error_rate": _percent(server, calls),
        "requests_per_second": _per_second(sum(r.last_minute for r in readings), min(age, _window(now))),
        "mean_requests_per_second": _per_second(calls, age),
        "since": _moment(since),
        "in_progress": max(0, round(totals.in_progress)),
        "api_keys": {name: round(count) for name, count in sorted(totals.api_keys.items())},
    }


def _percent(part: float, whole: float) -> float:
    return round(100 * part / whole, _DIGITS) if whole else 0.0


def _seconds(value: float | None) -> float | None:
    return round(value, _DIGITS) if value is not None and isfinite(value) else None


def _per_second(requests: float, seconds: float) -> float:
    return round(requests / seconds, _DIGITS)


def _window(now: float) -> float:
    """Seconds that the last sixty of a clock's seconds have lasted: the present one is not over."""
    return WINDOW_SECONDS - 1 + now % 1


def _moment(moment: float) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _shown(failure: Failure) -> dict[str, Any]:
    return {
        "time": _moment(failure.time),
        "method": failure.method,
        "route": failure.route,
        "status": failure.status,
        "message": failure.message,
        "trace_id": failure.trace_id,
    }
