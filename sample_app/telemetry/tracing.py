"""Spans by the OpenTelemetry SDK. Imported only where OpenTelemetry is installed and traces are wanted.

The one span of a request is made by hand: its name and attributes are set once, at its end, when the route is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from opentelemetry import context as otel
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.sdk.version import __version__ as sdk_version
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace.span import TraceState

from .calls import Call, Kind, Value
from .current import CURRENT, NO_IDS, Seen
from .names import METHODS
from .traceparent import Parent

_ROOT = Context()
_KINDS = {
    "internal": SpanKind.INTERNAL,
    "client": SpanKind.CLIENT,
    "consumer": SpanKind.CONSUMER,
    "producer": SpanKind.PRODUCER,
}
_FAILED = Status(StatusCode.ERROR)
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)


class Shipped(SpanProcessor):
    """Puts every span that ends into the queue to the collector."""

    def __init__(self, put: Callable[[ReadableSpan], None]) -> None:
        self._put = put

    def on_end(self, span: ReadableSpan) -> None:
        """Never waits."""
        self._put(span)


class Tracing:
    """Makes the spans of one service; every one is kept, for what is worth keeping is decided by the collector."""

    def __init__(self, resource: Mapping[str, str], processor: SpanProcessor) -> None:
        known = {"telemetry.sdk.name": "opentelemetry", "telemetry.sdk.version": sdk_version}
        self.provider = TracerProvider(ALWAYS_ON, Resource({**known, **resource}), shutdown_on_exit=False)
        self.provider.add_span_processor(processor)
        self._tracer = self.provider.get_tracer("telemetry")

    def begin(self, seen: Seen, parent: Parent | None, tracestate: bytes) -> None:
        """Opens the span of a request and makes it the current one."""
        above = _ROOT if parent is None else _remote(parent, tracestate)
        span = self._tracer.start_span("request", above, SpanKind.SERVER)
        found = span.get_span_context()
        seen.tracing, seen.span = self, span
        seen.trace_id, seen.span_id = f"{found.trace_id:032x}", f"{found.span_id:016x}"
        seen.otel_token = otel.attach(trace.set_span_in_context(span, _ROOT))

    def end(self, seen: Seen, method: str, template: str, status: int, attributes: dict[str, Any]) -> None:
        """Closes it. `attributes` are those that only the server's protocol knows; `template` is "" without a route."""
        span = seen.span
        known = method in METHODS
        attributes["http.request.method"] = method if known else "_OTHER"
        attributes["http.response.status_code"] = status
        name = method if known else "HTTP"
        if template:
            attributes["http.route"] = template
            name = f"{name} {template}"
        if status >= 500:
            attributes["error.type"] = str(status) if seen.exception is None else kind_of(seen.exception)
            span.set_status(_FAILED)
        span.update_name(name)
        span.set_attributes(attributes)
        span.end()

    def leave(self, seen: Seen) -> None:
        """Its span is no longer the current one."""
        otel.detach(seen.otel_token)

    @contextmanager
    def job(self, seen: Seen, name: str, kind: Kind, parent: Parent | None, tracestate: bytes) -> Iterator[Call]:
        """A span that begins something new, or goes on with what another process began."""
        above = _ROOT if parent is None else _remote(parent, tracestate)
        seen.tracing = self
        with _Open(self, self._tracer.start_span(name, above, _KINDS[kind])) as call:
            yield call

    def ids(self) -> tuple[str, str]:
        """Trace id and span id of the current span, whoever made it."""
        found = trace.get_current_span().get_span_context()
        return (f"{found.trace_id:032x}", f"{found.span_id:016x}") if found.is_valid else NO_IDS

    def headers(self) -> dict[str, str]:
        """The W3C headers of the current span."""
        return _headers(trace.get_current_span().get_span_context())

    def start(self, name: str, kind: Kind, attributes: Mapping[str, Value] | None) -> Call:
        """A span below the current one."""
        span = self._tracer.start_span(name, otel.get_current(), _KINDS[kind], attributes)
        return _Open(self, span)

    def start_below(
        self, parent: trace.Span, name: str, attributes: Mapping[str, Value], links: Sequence[trace.Span]
    ) -> Call:
        """A span below that one, which works for `links` too."""
        above = trace.set_span_in_context(parent, _ROOT)
        linked = [Link(each.get_span_context()) for each in links]
        return _Open(self, self._tracer.start_span(name, above, attributes=attributes, links=linked))


class _Open(Call):
    def __init__(self, tracing: Tracing, span: trace.Span) -> None:
        self._tracing = tracing
        self._span = span
        self._seen = CURRENT.get()
        self._tokens: tuple[Any, Any] | None = None

    @property
    def headers(self) -> Mapping[str, str]:  # type: ignore[override]
        return _headers(self._span.get_span_context())

    def set(self, name: str, value: Value) -> None:
        self._span.set_attribute(name, value)

    def failed(self, kind: str) -> None:
        self._span.set_attribute("error.type", kind)
        self._span.set_status(_FAILED)

    def answered(self, status: int) -> None:
        self._span.set_attribute("http.response.status_code", status)
        if status >= 400:
            self.failed(str(status))

    def child(self, name: str, attributes: Mapping[str, Value], links: Sequence[Call] = ()) -> Call:
        others = [each._span for each in links if isinstance(each, _Open)]
        below = self._tracing.start_below(self._span, name, attributes, others)
        if isinstance(below, _Open):
            below._seen = self._seen
        return below

    def end(self, error: BaseException | None = None) -> None:
        if not self._span.is_recording():
            return
        if error is not None:
            self.failed(kind_of(error))
            code = getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None)
            if isinstance(code, str):
                self._span.set_attribute("db.response.status_code", code)
        self._span.end()

    def __enter__(self) -> _Open:
        token = otel.attach(trace.set_span_in_context(self._span))
        self._tokens = (token, CURRENT.set(self._seen))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace_back: TracebackType | None
    ) -> None:
        if self._tokens is not None:
            otel_token, token = self._tokens
            CURRENT.reset(token)
            otel.detach(otel_token)
        self.end(error)


def kind_of(error: BaseException) -> str:
    """The name of an exception's class, with its module unless it is Python's own."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _remote(parent: Parent, tracestate: bytes) -> Context:
    state = TraceState.from_header([tracestate.decode("latin-1")]) if tracestate else None
    found = SpanContext(int(parent.trace_id, 16), int(parent.span_id, 16), True, _SAMPLED, state)
    return trace.set_span_in_context(NonRecordingSpan(found), _ROOT)


def _headers(found: SpanContext) -> dict[str, str]:
    if not found.is_valid:
        return {}
    headers = {"traceparent": f"00-{found.trace_id:032x}-{found.span_id:016x}-{int(found.trace_flags) & 3:02x}"}
    if found.trace_state:
        headers["tracestate"] = found.trace_state.to_header()
    return headers
