"""A real OpenTelemetry Collector that writes what it gets to files, to stop, kill and start again."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.proof import find
from tests.unit.sample_app.shop_servers import free_port

START_SECONDS = 60


@dataclass(frozen=True)
class Span:
    """A span as the collector has written it."""

    service: str
    name: str
    kind: int
    trace_id: str
    span_id: str
    parent: str
    attributes: dict[str, Any]
    failed: bool


@dataclass(frozen=True)
class Record:
    """A log record as the collector has written it; `line` is its body."""

    service: str
    severity: str
    trace_id: str
    span_id: str
    line: dict[str, Any]


class Collector:
    """The collector on a port that it keeps."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._port, self._health = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None
        files = {
            f"file/{signal}": {"path": str(folder / f"{signal}.json"), "append": True, "flush_interval": "100ms"}
            for signal in ("traces", "logs")
        }
        pipelines = {signal: {"receivers": ["otlp"], "exporters": [f"file/{signal}"]} for signal in ("traces", "logs")}
        configuration = {
            "receivers": {"otlp": {"protocols": {"http": {"endpoint": f"127.0.0.1:{self._port}"}}}},
            "exporters": files,
            "extensions": {"health_check": {"endpoint": f"127.0.0.1:{self._health}"}},
            "service": {
                "extensions": ["health_check"],
                "telemetry": {"metrics": {"level": "none"}},
                "pipelines": pipelines,
            },
        }
        (folder / "collector.yaml").write_text(yaml.safe_dump(configuration))

    def start(self) -> None:
        """Returns when it takes requests."""
        program = find("otelcol-contrib")
        assert program is not None
        with (self.folder / "collector.log").open("ab") as log:
            command = [program.where, "--config", str(self.folder / "collector.yaml")]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not self._healthy():
            assert self._process.poll() is None, (self.folder / "collector.log").read_text()[-3000:]
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def stop(self) -> None:
        """Ends it as an operator does: it writes what it has."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_SECONDS)
            self._process = None

    def text(self) -> str:
        """All that it has written."""
        return "".join(path.read_text() for path in self.folder.glob("*.json"))

    def spans(self) -> list[Span]:
        """Every span that it has written."""
        return [
            _span(service, span)
            for service, scope in self._scopes("traces", "resourceSpans", "scopeSpans")
            for span in scope["spans"]
        ]

    def records(self) -> list[Record]:
        """Every log record that it has written."""
        return [
            Record(
                service,
                record["severityText"],
                record.get("traceId", ""),
                record.get("spanId", ""),
                json.loads(record["body"]["stringValue"]),
            )
            for service, scope in self._scopes("logs", "resourceLogs", "scopeLogs")
            for record in scope["logRecords"]
        ]

    def _scopes(self, signal: str, resources: str, scopes: str) -> Iterator[tuple[str, Any]]:
        path = self.folder / f"{signal}.json"
        for line in path.read_text().splitlines(keepends=True) if path.exists() else ():
            if not line.endswith("\n"):  # it is being written
                return
            for resource in json.loads(line)[resources]:
                service = _attributes(resource["resource"])["service.name"]
                yield from ((service, scope) for scope in resource[scopes])

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._health}", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def collector(folder: Path) -> Iterator[Collector]:
    """A running collector."""
    folder.mkdir(parents=True, exist_ok=True)
    running = Collector(folder)
    try:
        running.start()
        yield running
    finally:
        running.stop()


def _span(service: str, span: Any) -> Span:
    return Span(
        service,
        span["name"],
        span["kind"],
        span["traceId"],
        span["spanId"],
        span.get("parentSpanId", ""),
        _attributes(span),
        span.get("status", {}).get("code") == 2,
    )


def _attributes(holder: Any) -> dict[str, Any]:
    return {each["key"]: next(iter(each["value"].values())) for each in holder.get("attributes", ())}
