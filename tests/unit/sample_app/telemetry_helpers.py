"""What the tests of traces and lines share: an app that is observed, its spans and lines, collectors that misbehave."""

from __future__ import annotations

import io
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from fastapi import FastAPI
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry

from sample_app.telemetry import Metrics, Telemetry, TelemetrySettings, instrument, observe

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{SPAN}-01"


class Quiet(Telemetry):
    """Telemetry that leaves the logging of this process to pytest."""

    def start(self) -> None:
        """Takes nothing over."""


@dataclass
class Recorded:
    """A service whose spans and lines stay in memory."""

    telemetry: Telemetry
    exporter: InMemorySpanExporter
    stream: io.StringIO
    metrics: Metrics | None = None

    @property
    def spans(self) -> list[ReadableSpan]:
        """Those that have ended, in that order."""
        return list(self.exporter.get_finished_spans())

    @property
    def lines(self) -> list[dict[str, Any]]:
        """All lines."""
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    @property
    def everything(self) -> str:
        """All that leaves the service, as one text."""
        return "\n".join([*(span.to_json() for span in self.spans), self.stream.getvalue()])


def recorded(service: str = "shop", **settings: Any) -> Recorded:
    """A service without an app."""
    exporter, stream = InMemorySpanExporter(), io.StringIO()
    telemetry = Quiet(TelemetrySettings(service, **settings), stream, SimpleSpanProcessor(exporter))
    return Recorded(telemetry, exporter, stream)


def observed(app: FastAPI, service: str = "shop", **settings: Any) -> Recorded:
    """An app with metrics, spans and lines."""
    made = recorded(service, **settings)
    made.metrics = instrument(app, registry=CollectorRegistry())
    observe(app, made.metrics, made.telemetry)
    return made


def attributes(span: ReadableSpan) -> dict[str, Any]:
    """Its attributes."""
    return dict(span.attributes or {})


def ids(span: ReadableSpan) -> tuple[str, str]:
    """Trace id and span id, in hex."""
    assert span.context is not None
    return f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}"


def parent(span: ReadableSpan) -> str:
    """The id of the span above, in hex; "" of a root."""
    return f"{span.parent.span_id:016x}" if span.parent else ""


@dataclass
class Sink:
    """A receiver for OTLP that answers as it is told, and keeps what it was sent."""

    status: int = 200
    answer: bytes = b""
    requests: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    def spans(self) -> list[Any]:
        """Every span that arrived."""
        found = [ExportTraceServiceRequest.FromString(body) for path, body, _ in self.requests if path == "/v1/traces"]
        return [
            span for each in found for resource in each.resource_spans for s in resource.scope_spans for span in s.spans
        ]

    def records(self) -> list[Any]:
        """Every log record that arrived."""
        found = [ExportLogsServiceRequest.FromString(body) for path, body, _ in self.requests if path == "/v1/logs"]
        return [
            record
            for each in found
            for r in each.resource_logs
            for scope in r.scope_logs
            for record in scope.log_records
        ]


@contextmanager
def sink(port: int = 0) -> Iterator[Sink]:
    """A running receiver."""
    told = Sink()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if told.status == 200:
                told.requests.append((self.path, body, {k.lower(): v for k, v in self.headers.items()}))
            self.send_response(told.status)
            self.send_header("Content-Length", str(len(told.answer)))
            self.end_headers()
            self.wfile.write(told.answer)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", port), Handler) as server:
        told.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def hanging() -> Iterator[str]:
    """The URL of a socket that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def sending(url: str, service: str = "shop", stream: io.StringIO | None = None) -> Telemetry:
    """Telemetry that sends to a collector at `url`."""
    settings = TelemetrySettings(service, traces=f"{url}/v1/traces", logs=f"{url}/v1/logs")
    return Quiet(settings, stream or io.StringIO())


def counted(registry: CollectorRegistry, name: str, signal: str) -> float:
    """telemetry_sent_total or telemetry_dropped_total."""
    return registry.get_sample_value(f"telemetry_{name}_total", {"signal": signal}) or 0.0


def one_request(telemetry: Telemetry, status: int = 200, told: object = None) -> None:
    """A request without a server."""
    seen = telemetry.requests.begin([])
    telemetry.requests.end(seen, "GET", "/items/{item_id}", status, 0.012, told, {"url.path": "/items/7"})
    telemetry.requests.leave(seen)
