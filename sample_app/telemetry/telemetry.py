"""Traces and log lines of one process, beside its metrics.

    metrics = instrument(app)
    observe(app, metrics)      # a span and a line for each request; other log records go the same way

Settings are OpenTelemetry's environment variables (see `TelemetrySettings.of`). Lines are written to standard output in
any case; spans are made, and both are sent, where OTEL_EXPORTER_OTLP_ENDPOINT names a collector and `opentelemetry-sdk`
and `opentelemetry-proto` are installed. A collector that is gone, slow or hangs never holds a request.
"""

from __future__ import annotations

import atexit
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TextIO

from prometheus_client import REGISTRY, CollectorRegistry, Counter

from .calls import NOTHING, Call, Kind
from .current import CURRENT, Seen
from .lines import Lines
from .metrics import Metrics
from .names import DROPPED, HELP_OF_SHIPPING, LOGS, SENT, TRACES
from .served import TRACEPARENT, TRACESTATE, Requests
from .settings import TelemetrySettings
from .takeover import take_over
from .traceparent import parent_of

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor

    from .shipping import Shipper
    from .tracing import Tracing

_NEEDED = ("opentelemetry.sdk", "opentelemetry.proto")
_log = logging.getLogger(__name__)


def observe(app: object, metrics: Metrics, telemetry: Telemetry | None = None) -> Telemetry:
    """Makes a span and a line of every request of `app` that `instrument` measures with `metrics`.

    Call it once, before the start. `telemetry` is by default that of the environment. When the app starts, it takes
    over the process's logging (see `Telemetry.start`); when it ends, it sends what is left within two seconds. Requests
    that are not measured make neither. Raises ValueError for a variable of the environment that is wrong.
    """
    telemetry = telemetry or Telemetry(TelemetrySettings.of(os.environ))
    metrics.requests = telemetry.requests
    metrics.on_start.append(telemetry.start)
    metrics.on_stop.append(telemetry.flush)
    telemetry.count_in(metrics.registry)
    return telemetry


class Telemetry:
    """The spans, lines and log records of one service.

    stream: where lines are written; standard output when None. processor: takes every span in place of the collector.

    Attributes:
        requests: what a middleware tells of each request.
        tracing: makes spans; None where none are made.
    """

    def __init__(
        self, settings: TelemetrySettings, stream: TextIO | None = None, processor: SpanProcessor | None = None
    ) -> None:
        self.settings = settings
        self._wanted = bool(settings.traces or settings.logs)
        self._installed = _installed()
        self._shipper: Shipper | None = None
        put: dict[str, Any] = {}
        if self._installed and self._wanted:
            self._shipper, put = _shipping(settings)
        self.tracing = _tracing(settings, processor, put) if self._installed else None
        self.lines = Lines(settings.service, settings.level, stream, put.get(LOGS))
        self.requests = Requests(self.lines, self.tracing)
        self._started = False

    def start(self) -> None:
        """Takes over the logging of this process: every record becomes a line, and is sent.

        Handlers that write to the terminal are replaced, others stay; uvicorn's and gunicorn's access lines and those
        of HTTP clients, which hold query strings, are switched off.
        """
        if self._started:
            return
        self._started = True
        take_over(self.lines)
        atexit.register(self.flush)
        if self._wanted and not self._installed:
            _log.warning("nothing is sent to the collector: install opentelemetry-sdk and opentelemetry-proto")

    def flush(self, seconds: float | None = None) -> bool:
        """Sends what is left, and drops what cannot be sent; for the end of a process. True when all of it arrived.

        Waits so many seconds at most; without, two seconds over all calls together.
        """
        return self._shipper is None or self._shipper.flush(seconds)

    def count_in(self, registry: CollectorRegistry = REGISTRY) -> None:
        """Counts telemetry_sent_total{signal} and telemetry_dropped_total{signal}; only the first registry does."""
        if self._shipper is None or any(lane.counts is not None for lane in self._shipper.lanes):
            return
        counts = _Counts(registry)
        for lane in self._shipper.lanes:
            lane.counts = counts

    @contextmanager
    def job(self, name: str, carried: Mapping[str, str] | None = None, kind: Kind = "internal") -> Iterator[Call]:
        """Work that no request waits for, as a span of its own; `carried` are the headers that its message brought.

        What is called and logged within belongs to it, as to a request.
        """
        if self.tracing is None:
            yield NOTHING
            return
        seen = Seen()
        headers = {key.lower(): value for key, value in (carried or {}).items()}
        parent = parent_of(headers.get(TRACEPARENT.decode(), "").encode())
        state = headers.get(TRACESTATE.decode(), "").encode()
        token = CURRENT.set(seen)
        try:
            with self.tracing.job(seen, name, kind, parent, state) as call:
                yield call
        finally:
            CURRENT.reset(token)


class _Counts:
    """See `Counts` of `shipping`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        made = {name: Counter(name, HELP_OF_SHIPPING[name], ("signal",), registry=registry) for name in (SENT, DROPPED)}
        self._of = {(name, signal): made[name].labels(signal) for name in made for signal in (TRACES, LOGS)}

    def sent(self, signal: str, records: int) -> None:
        self._of[SENT, signal].inc(records)

    def dropped(self, signal: str, records: int) -> None:
        self._of[DROPPED, signal].inc(records)


def _installed() -> bool:
    """Whether OpenTelemetry is there; the metrics core works without."""
    try:
        return all(find_spec(name) is not None for name in _NEEDED)
    except ModuleNotFoundError:  # not even the package `opentelemetry`
        return False


def _shipping(settings: TelemetrySettings) -> tuple[Shipper, dict[str, Any]]:
    from .otlp import Encoder, refused_lines, refused_spans  # noqa: PLC0415  (OpenTelemetry is optional)
    from .post import Post  # noqa: PLC0415
    from .shipping import Lane, Shipper  # noqa: PLC0415

    encoder = Encoder(settings.resource)
    lanes = {
        signal: Lane(signal, Post(url, settings.headers, settings.ca_file, settings.compress), encode, refused)
        for signal, url, encode, refused in (
            (LOGS, settings.logs, encoder.lines, refused_lines),
            (TRACES, settings.traces, encoder.spans, refused_spans),
        )
        if url
    }
    return Shipper(tuple(lanes.values())), {signal: lane.put for signal, lane in lanes.items()}


def _tracing(settings: TelemetrySettings, processor: SpanProcessor | None, put: Mapping[str, Any]) -> Tracing | None:
    if processor is None and TRACES not in put:
        return None
    from .tracing import Shipped, Tracing  # noqa: PLC0415  (OpenTelemetry is optional)

    return Tracing(settings.resource, processor or Shipped(put[TRACES]))
