"""What the collector takes in at 5,000 lines/s and 2,000 spans/s: `python -m bench.collector [--seconds 60]`.

The generated configuration in a real collector, in front of real Loki and Tempo where this machine has them, else of
collectors that throw away. Lines are the JSON of a request, with attributes; a trace has four spans. Printed are what
was refused (it must be nothing), the collector's CPU time in cores and its memory.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import secrets
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from bench import NOT_MEASURED
from tests.integration.collector.running import Running
from tests.proof import find

LINES, SPANS = 5_000, 2_000
BATCHES, SPANS_PER_TRACE = 10, 4
"""A second's load arrives in so many requests of each kind, as from five services."""


REAL = all(find(server) for server in ("loki", "tempo"))


@dataclass
class Sent:
    """What a sender has handed over, and what was not taken."""

    taken: int = 0
    refused: int = 0
    late: float = 0.0
    worst: float = field(default=0.0)


def pair(key: str, value: str | int) -> KeyValue:
    made = AnyValue(int_value=value) if isinstance(value, int) else AnyValue(string_value=value)
    return KeyValue(key=key, value=made)


def lines(count: int) -> bytes:
    request = ExportLogsServiceRequest()
    block = request.resource_logs.add()
    block.resource.attributes.extend(
        [
            pair("service.name", "ml-api"),
            pair("deployment.environment.name", "production"),
            pair("service.version", "1"),
        ]
    )
    records = block.scope_logs.add().log_records
    for number in range(count):
        trace = secrets.token_bytes(16)
        record = records.add(time_unix_nano=time.time_ns(), severity_number=9, trace_id=trace, span_id=trace[:8])
        record.body.string_value = json.dumps(
            {
                "timestamp": "2026-11-21T12:36:56.123Z",
                "level": "info",
                "message": f"GET /items/{{item_id}} status=200 duration=0.0{number}",
                "service": "ml-api",
                "method": "GET",
                "path": "/items/{item_id}",
                "status": 200,
                "duration": 0.012345 + number,
                "user_id": str(number),
                "trace_id": trace.hex(),
                "span_id": trace[:8].hex(),
                "logger": "sample_app.api.request",
            }
        )
        record.attributes.extend([pair("http.route", "/items/{item_id}"), pair("http.request.method", "GET")])
    return bytes(request.SerializeToString())


def spans(count: int) -> bytes:
    request = ExportTraceServiceRequest()
    block = request.resource_spans.add()
    block.resource.attributes.extend(
        [
            pair("service.name", "ml-api"),
            pair("deployment.environment.name", "production"),
            pair("service.version", "1"),
        ]
    )
    made = block.scope_spans.add().spans
    for _ in range(count // SPANS_PER_TRACE):
        trace, root, now = secrets.token_bytes(16), secrets.token_bytes(8), time.time_ns()
        for number in range(SPANS_PER_TRACE):
            span = made.add(trace_id=trace, span_id=secrets.token_bytes(8), parent_span_id=root, kind=3)
            span.name, span.start_time_unix_nano, span.end_time_unix_nano = "SELECT items", now, now + 5_000_000
            if number:
                span.attributes.extend(
                    [
                        pair("db.system.name", "postgresql"),
                        pair("db.namespace", "shop"),
                        pair("db.operation.name", "SELECT"),
                        pair("db.query.text", "SELECT id, name, price FROM items WHERE id = %s ORDER BY name"),
                        pair("server.address", "postgres"),
                        pair("server.port", 5432),
                    ]
                )
                continue
            span.span_id, span.parent_span_id, span.kind, span.name = root, b"", 2, "GET /items/{item_id}"
            span.attributes.extend(
                [
                    pair("http.request.method", "GET"),
                    pair("http.route", "/items/{item_id}"),
                    pair("url.path", "/items/12345"),
                    pair("url.scheme", "http"),
                    pair("http.response.status_code", 200),
                    pair("server.address", "ml-api"),
                    pair("server.port", 8000),
                    pair("client.address", "172.20.0.9"),
                    pair("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML)"),
                    pair("network.protocol.version", "1.1"),
                ]
            )
    return bytes(request.SerializeToString())


def sender(port: int, path: str, seconds: float, sent: Sent) -> None:
    """The same number of records in every tenth of a second."""
    make, rate = (lines, LINES) if path.endswith("logs") else (spans, SPANS)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    begin = time.monotonic()
    for turn in range(int(seconds * BATCHES)):
        body = make(rate // BATCHES)
        wait = begin + turn / BATCHES - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        sent.late = max(sent.late, -wait)
        asked = time.monotonic()
        connection.request("POST", path, body, {"Content-Type": "application/x-protobuf"})
        answer = connection.getresponse()
        answer.read()
        sent.worst = max(sent.worst, time.monotonic() - asked)
        if answer.status == 200:
            sent.taken += rate // BATCHES
        else:
            sent.refused += rate // BATCHES


def cpu(pid: int) -> float:
    """Seconds of CPU time."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> int:
    """The most MiB that it held at any time."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def run(seconds: float) -> bool:
    with tempfile.TemporaryDirectory() as folder, Running(Path(folder), keep=False, real=REAL) as running:
        assert running.collector.process
        pid = running.collector.process.pid
        port = running.ports["otlp_http"]
        sent = {path: Sent() for path in ("/v1/logs", "/v1/traces")}
        threads = [threading.Thread(target=sender, args=(port, path, seconds, each)) for path, each in sent.items()]
        others = [p.process.pid for p in (running.loki, running.tempo) if p.process]
        before, begin = [cpu(each) for each in (pid, *others)], time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - begin
        cores = [(cpu(each) - at) / took for each, at in zip((pid, *others), before, strict=True)]
        for path, each in sent.items():
            rate = each.taken / took
            print(
                f"{path}: {rate:,.0f}/s taken, {each.refused} refused, "
                f"longest answer {each.worst:.2f} s, late {each.late:.2f} s"
            )
        names = ("collector", "Loki", "Tempo") if REAL else ("collector", "sink of lines", "sink of traces")
        for name, number, used in zip(names, (pid, *others), cores, strict=True):
            print(f"{name}: {used:.2f} cores, {memory(number)} MiB at most")
        time.sleep(15)
        failing = [
            (sample.name, sample.labels, sample.value)
            for sample in running.page("collector_metrics")
            if sample.value and any(word in sample.name for word in ("refused", "failed", "enqueue_failed", "dropped"))
        ]
        queued = {
            s.labels["exporter"]: s.value for s in running.page("collector_metrics") if s.name.endswith("queue_size")
        }
        print(f"refused or failed: {failing or 'nothing'}; still queued: {queued}")
        return not failing and not any(each.refused for each in sent.values())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.collector")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--quick", action="store_true", help="15 seconds")
    arguments = parser.parse_args()
    if find("otelcol-contrib") is None:
        print("not on this machine: otelcol-contrib")
        return NOT_MEASURED
    return 0 if run(15 if arguments.quick else arguments.seconds) else 1


if __name__ == "__main__":
    sys.exit(main())
