"""Lines and spans as the collector hands them over: OTLP with JSON, built from plain values."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

SEVERITIES = {"debug": 5, "info": 9, "warning": 13, "error": 17, "critical": 21}
SERVER, CLIENT = 2, 3
ERROR = 2


def ids() -> tuple[str, str]:
    """A trace's id and a span's."""
    return os.urandom(16).hex(), os.urandom(8).hex()


@dataclass
class Line:
    """A line of a service: its level, its text (or what becomes its JSON), and the trace that it belongs to."""

    level: str
    body: str | dict[str, Any]
    trace_id: str = ""
    span_id: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    time_ns: int = field(default_factory=time.time_ns)

    def record(self) -> dict[str, Any]:
        """The log record; its level is an attribute as well, by which the collector makes it a label."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body, separators=(",", ":"))
        return {
            "timeUnixNano": str(self.time_ns),
            "severityText": self.level,
            "severityNumber": SEVERITIES[self.level],
            "body": {"stringValue": text},
            "traceId": self.trace_id,
            "spanId": self.span_id,
            "attributes": attributes({"level": self.level, **self.attributes}),
        }


@dataclass
class Span:
    """A span that ended `ago` seconds ago and took so many."""

    name: str
    seconds: float
    trace_id: str
    span_id: str
    parent: str = ""
    kind: int = SERVER
    error: bool = False
    attributes: dict[str, Any] = field(default_factory=dict)
    ago: float = 0.0

    def message(self) -> dict[str, Any]:
        """The span as OTLP writes it."""
        end = time.time_ns() - int(self.ago * 1e9)
        return {
            "traceId": self.trace_id,
            "spanId": self.span_id,
            "parentSpanId": self.parent,
            "name": self.name,
            "kind": self.kind,
            "startTimeUnixNano": str(end - int(self.seconds * 1e9)),
            "endTimeUnixNano": str(end),
            "status": {"code": ERROR} if self.error else {},
            "attributes": attributes(self.attributes),
        }


def attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Pairs as OTLP writes them."""
    kinds = {bool: "boolValue", int: "intValue", float: "doubleValue"}
    return [
        {"key": key, "value": {kinds.get(type(value), "stringValue"): str(value) if type(value) is int else value}}
        for key, value in values.items()
    ]


def labelled(service: str) -> dict[str, str]:
    """The resource of a service's lines after the collector: what becomes labels, and what tells instances apart."""
    return {"service": service, "app": service, "env": "production", "service.instance.id": "i-1"}


def push_lines(url: str, resource: dict[str, str], lines: Iterable[Line]) -> int:
    """Hands lines to Loki; its status."""
    scope = {"scope": {"name": "app"}, "logRecords": [line.record() for line in lines]}
    body = {"resourceLogs": [{"resource": {"attributes": attributes(resource)}, "scopeLogs": [scope]}]}
    return post(f"{url}/otlp/v1/logs", body)


def push_spans(url: str, service: str, spans: Iterable[Span]) -> int:
    """Hands spans of one service over; the status."""
    resource = {"service.name": service, "deployment.environment.name": "production"}
    scope = {"scope": {"name": "app"}, "spans": [span.message() for span in spans]}
    body = {"resourceSpans": [{"resource": {"attributes": attributes(resource)}, "scopeSpans": [scope]}]}
    return post(f"{url}/v1/traces", body)


def post(url: str, body: dict[str, Any]) -> int:
    """POSTs JSON; the status."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return int(answer.status)
