"""What is measured of each request, and how. Knows no framework and no server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from prometheus_client import CollectorRegistry

from .multiprocess import SharedStore, multiprocess_active
from .names import DECLARED_STATUSES, method_label
from .served import Requests
from .store import MemoryStore

DEFAULT_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.8, 1.0, 1.5, 2.5, 3.0, 5.0, 10.0)
"""Upper bounds in seconds. Limits that alerts judge exactly must be among them: 0.8, 3 and 5 are."""

TraceIdOf = Callable[[Mapping[str, Any]], str | None]
"""Takes the ASGI scope of a finished request; gives its trace id, or None for no exemplar."""

Headers = list[tuple[bytes, bytes]]
Page = Callable[[str], tuple[int, Headers, bytes]]
"""Takes a request's method; gives status, headers and body. Runs in a thread."""

OnError = Callable[[str, str, int, str | None, object], None]
"""Takes method, route template, status, trace id, and what tells more: an exception, the first of the body, or None."""


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """How requests are measured. Nothing is read from the environment.

    path: where the middleware answers scrapes; "" serves none.
    exclude: request paths (exact, without the server's root path) that are not measured. `path` never is.
    buckets: upper bounds of the duration histogram, in seconds, ascending; +Inf is added.
    trace_id: gives the trace id of a request (at most 64 characters) from its ASGI scope once the answer has been
        sent, or None. The default reads a sampled W3C `traceparent` request header.

    Raises ValueError for buckets that are empty, not finite, or do not ascend.
    """

    path: str = "/metrics"
    exclude: frozenset[str] = frozenset({"/healthz", "/readyz"})
    buckets: tuple[float, ...] = DEFAULT_BUCKETS
    trace_id: TraceIdOf | None = None

    def __post_init__(self) -> None:
        ascending = all(low < high for low, high in zip(self.buckets, self.buckets[1:], strict=False))
        if not self.buckets or not ascending or self.buckets[0] <= 0 or not self.buckets[-1] < float("inf"):
            raise ValueError(f"buckets must be finite seconds above 0 that ascend, not {self.buckets}")


class _Store(Protocol):
    exemplars: bool

    def begin(self) -> None: ...
    def end(self, method: str, handler: str, status: int, seconds: float, trace_id: str | None = None) -> None: ...
    def declare(self, handler: str, method: str, status: str) -> None: ...


class Metrics:
    """The request metrics of one registry.

    http_requests_total{handler,method,status}: requests, status as its class, 2xx to 5xx.
    http_request_duration_seconds{handler,method}: from the request to the last byte of its answer.
    http_requests_inprogress: requests being answered now.

    The names and labels are those of prometheus-fastapi-instrumentator. Raises ValueError when the registry already
    holds them.

    Attributes:
        exemplars: whether trace ids are kept; not in multiprocess mode.
        begin: `begin()` when a request arrives.
        end: `end(method, handler, status, seconds, trace_id=None)` when it is answered: counts it and observes its
            duration. `handler` is a route's template, never a path; `method` and `status` are as the server has them.
        silent: request paths that the middleware does not measure: those of the settings and of `pages`.
        pages: what else the middleware answers itself, by request path; use `serve`.
        on_start: called once, when the app has started or its first request arrives.
        on_stop: called when the app has stopped, in a thread.
        requests: makes a span and a line of each request; None makes neither. See `observe`.
        on_error: called after each request that was answered with 4xx or 5xx.
    """

    def __init__(self, registry: CollectorRegistry, settings: MetricsSettings | None = None) -> None:
        self.registry = registry
        self.settings = settings or MetricsSettings()
        self._store = _store(registry, self.settings.buckets)
        self.exemplars = self._store.exemplars
        self.begin = self._store.begin
        self.end = self._store.end
        self.silent = {*self.settings.exclude, self.settings.path} - {""}
        self.pages: dict[str, Page] = {}
        self.on_start: list[Callable[[], None]] = []
        self.on_stop: list[Callable[[], object]] = []
        self.requests: Requests | None = None
        self.on_error: OnError | None = None

    def serve(self, path: str, page: Page) -> None:
        """Has the middleware answer requests to `path`, which are not measured."""
        self.silent.add(path)
        self.pages[path] = page

    def declare(self, handler: str, methods: Iterable[str]) -> None:
        """Makes the series of a route at 0, so that `increase()` sees its first request and its first error."""
        for method in methods:
            for status in DECLARED_STATUSES:
                self._store.declare(handler, method_label(method), status)


def _store(registry: CollectorRegistry, buckets: tuple[float, ...]) -> _Store:
    if multiprocess_active():
        return SharedStore(buckets, registry)
    store = MemoryStore(buckets)
    registry.register(store)
    return store
