"""Spans and lines in OTLP's JSON, and what a sink wrote of them."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Attributes = dict[str, Any]
SERVER, CLIENT = 2, 3
ERROR = 2


def span(  # one keyword for each field that a test sets
    trace: str,
    name: str,
    *,
    parent: str = "",
    kind: int = SERVER,
    start: float = 0.0,
    seconds: float = 0.01,
    failed: bool = False,
    message: str = "",
    events: Iterable[dict[str, Any]] = (),
    span_id: str = "",
    **attributes: Any,
) -> dict[str, Any]:
    """One span; `start` is seconds from now. Attributes have dots where the keywords have double underscores."""
    begin = time.time() + start
    return {
        "traceId": trace,
        "spanId": span_id or secrets.token_hex(8),
        **({"parentSpanId": parent} if parent else {}),
        "name": name,
        "kind": kind,
        "startTimeUnixNano": str(round(begin * 1e9)),
        "endTimeUnixNano": str(round((begin + seconds) * 1e9)),
        "attributes": pairs(dotted(attributes)),
        "events": [*events],
        **({"status": {"code": ERROR, "message": message}} if failed else {}),
    }


def event(name: str, **attributes: Any) -> dict[str, Any]:
    return {"name": name, "timeUnixNano": str(time.time_ns()), "attributes": pairs(dotted(attributes))}


def line(body: Any, *, severity: int = 9, text: str = "", at: int = 0, **attributes: Any) -> dict[str, Any]:
    """One log record; `severity` 0 and no text: its sender says nothing of it."""
    return {
        "timeUnixNano": str(at or time.time_ns()),
        "body": value(body),
        **({"severityNumber": severity} if severity else {}),
        **({"severityText": text} if text else {}),
        "attributes": pairs(dotted(attributes)),
    }


def spans_of(service: str, spans: list[dict[str, Any]], **resource: Any) -> bytes:
    return _payload("resourceSpans", "scopeSpans", "spans", service, spans, resource)


def lines_of(service: str, lines: list[dict[str, Any]], **resource: Any) -> bytes:
    return _payload("resourceLogs", "scopeLogs", "logRecords", service, lines, resource)


def _payload(
    resources: str, scopes: str, records: str, service: str, made: list[dict[str, Any]], more: Attributes
) -> bytes:
    about = {**({"service.name": service} if service else {}), **dotted(more)}
    block = {"resource": {"attributes": pairs(about)}, scopes: [{"scope": {"name": "test"}, records: made}]}
    return json.dumps({resources: [block]}).encode()


def dotted(attributes: Attributes) -> Attributes:
    return {key.replace("__", "."): each for key, each in attributes.items()}


def pairs(attributes: Attributes) -> list[dict[str, Any]]:
    return [{"key": key, "value": value(each)} for key, each in attributes.items()]


def value(of: Any) -> dict[str, Any]:
    match of:
        case bool():
            return {"boolValue": of}
        case int():
            return {"intValue": str(of)}
        case float():
            return {"doubleValue": of}
        case list():
            return {"arrayValue": {"values": [value(each) for each in of]}}
        case dict():
            return {"kvlistValue": {"values": pairs(of)}}
    return {"stringValue": str(of)}


@dataclass(frozen=True)
class Record:
    """A span or a line as a backend got it, with its resource's attributes."""

    record: dict[str, Any]
    resource: Attributes
    attributes: Attributes

    @property
    def body(self) -> str:
        return str(self.record["body"].get("stringValue", self.record["body"]))


def records(file: Path) -> Iterator[Record]:
    """Everything that a sink has written. A line that is half written is not there yet."""
    if not file.exists():
        return
    for text in file.read_text().splitlines():
        try:
            payload = json.loads(text)
        except ValueError:
            continue
        for block in payload.get("resourceSpans", payload.get("resourceLogs", [])):
            resource = plain(block.get("resource", {}).get("attributes", []))
            for scope in block.get("scopeSpans", block.get("scopeLogs", [])):
                for record in scope.get("spans", scope.get("logRecords", [])):
                    yield Record(record, resource, plain(record.get("attributes", [])))


def plain(found: list[dict[str, Any]]) -> Attributes:
    return {each["key"]: next(iter(each["value"].values()), None) for each in found}
