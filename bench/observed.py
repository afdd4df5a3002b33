"""Apps with traces beside their metrics, ours and the peer's, and a collector that takes everything.

Each is measured twice: with spans that nobody takes, which is the cost in the request alone, and sent by OTLP to a
receiver in another process, where encoding and sending count too. Ours writes a JSON line of each request besides, the
peer none.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from fastapi import FastAPI
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from prometheus_client import CollectorRegistry

from sample_app.telemetry import Telemetry, TelemetrySettings, instrument, observe

os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http")

OURS = "ours: metrics, traces, lines"
PEER = "opentelemetry-instrumentation-fastapi"
NOT_SENT, SENT = ", taken by nobody", ", sent by OTLP"
Flush = Callable[[], object]


class Taken(SpanProcessor):
    """Takes every span and does nothing with it."""

    def on_end(self, span: ReadableSpan) -> None:
        """See SpanProcessor."""


def observed(app: FastAPI, collector: str) -> Flush:
    """Ours; sent to `collector`, or nowhere when it is "". Lines are written to the null device, one call each."""
    stream = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  (as long as the process)
    if collector:
        settings = TelemetrySettings("bench", traces=f"{collector}/v1/traces", logs=f"{collector}/v1/logs")
        telemetry = Telemetry(settings, stream)
    else:
        telemetry = Telemetry(TelemetrySettings("bench"), stream, Taken())
    telemetry.start = lambda: None  # type: ignore[method-assign]  # the benchmark's own logging stays
    observe(app, instrument(app, registry=CollectorRegistry()), telemetry)
    return lambda: telemetry.flush(30)


def peer(app: FastAPI, collector: str) -> Flush:
    """opentelemetry-instrumentation-fastapi with traces at 100 % and metrics, as it comes."""
    provider = TracerProvider(sampler=ALWAYS_ON, resource=Resource({"service.name": "bench"}), shutdown_on_exit=False)
    if collector:
        exporter = OTLPSpanExporter(f"{collector}/v1/traces")
        provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=100_000))
    else:
        provider.add_span_processor(Taken())
    meters = MeterProvider([InMemoryMetricReader()], shutdown_on_exit=False)
    FastAPIInstrumentor.instrument_app(app, tracer_provider=provider, meter_provider=meters)
    return provider.force_flush


@contextmanager
def collector() -> Iterator[str]:
    """The URL of a receiver in a process of its own, so that its time is not counted."""
    command = [sys.executable, "-m", "bench.observed"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


class _Taker(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Takes anything."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(next(iter(sys.argv[1:]), 0))), _Taker)
    print(server.server_port, flush=True)
    server.serve_forever()
