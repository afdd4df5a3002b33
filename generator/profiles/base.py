"""What a metric profile is: how one instrumentation library names requests, durations, status and route.

A profile is data. Rules, unit tests and `init --from` read it; nothing else in the project knows a library's names.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter of requests. `status` names the label that holds the status, grouped (`2xx`) or exact (`503`);
    without one, every count is of the class `code`. `exclude` are (label, regex) pairs whose series are no traffic."""

    metric: str
    route: str | None = None
    method: str | None = None
    status: str | None = None
    code: str = "2xx"
    exclude: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Duration:
    """A histogram of durations (its name without `_bucket`), in `unit` seconds per 1. `bounds` are the library's
    default bucket bounds in seconds. A `mean_of` pair (sum metric, count metrics) stands for a library without one."""

    metric: str
    bounds: tuple[float, ...]
    route: str | None = None
    method: str | None = None
    exclude: tuple[tuple[str, str], ...] = ()
    unit: float = 1.0


@dataclass(frozen=True, slots=True)
class Mean:
    """A counter of summed durations and the counters of what was timed, for a library without a histogram."""

    total: str
    counts: tuple[str, ...]
    route: str | None = None
    unit: float = 1.0


@dataclass(frozen=True, slots=True)
class Profile:
    """One library. `requests` are added up; of `service_durations` the first that a service has counts, likewise of
    `route_durations`. `signature` are metric names by which `init --from` knows the library on a /metrics page.

    `aliases` are (label, label) pairs: under some settings of the library the first stands where the second is
    expected, and is copied when scraped. `service` is set where a mapping is one service's own."""

    name: str
    title: str
    requests: tuple[Counter, ...]
    service_durations: tuple[Duration, ...] = ()
    route_durations: tuple[Duration, ...] = ()
    mean: Mean | None = None
    signature: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    metrics_path: str = "/metrics"
    service: str | None = None
