"""The examples of `docs/instrument.md` with traces and lines, before a real collector: what it shows arrives."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.contract.docs_examples import EXAMPLES, Run
from tests.integration.client import free_ports
from tests.unit.sample_app.collector import Collector, Record, Span, collector
from tests.unit.sample_app.shop_process import eventually

COLLECTOR = pytest.mark.server("otelcol-contrib")
SHOWN = json.loads(EXAMPLES["orders"].parts["line"])
VARIES = ("timestamp", "duration", "message", "trace_id", "span_id")


@contextmanager
def traced(name: str, folder: Path) -> Iterator[tuple[Run, Collector]]:
    """An example as its part `traced` starts it."""
    with collector(folder / "collector") as received:
        run = Run(EXAMPLES[name], free_ports(1)[0], "traced", collector=received.url)
        try:
            run.start(folder)
            run.listening()
            yield run, received
        finally:
            run.stop()


def spans(received: Collector, trace_id: str, wanted: int) -> list[Span]:
    """The spans of a trace, once there are so many."""
    eventually(lambda: sum(span.trace_id == trace_id for span in received.spans()) >= wanted)
    return [span for span in received.spans() if span.trace_id == trace_id]


def line(received: Collector, path: str) -> Record:
    """The line of a route, once it is there."""
    eventually(lambda: any(record.line.get("path") == path for record in received.records()))
    return next(record for record in received.records() if record.line.get("path") == path)


@COLLECTOR
def test_fastapi_writes_and_sends_what_the_document_shows(tmp_path: Path) -> None:
    """The line key for key, on both ways; the call is a span of the same trace; the token is nowhere."""
    with traced("orders", tmp_path) as (run, received):
        assert httpx.get(f"{run.url}/baskets/42", timeout=30).json() == {"orders": 7}
        record = line(received, "/baskets/{user_id}")
        found = {(span.name, span.kind) for span in spans(received, record.trace_id, 3)}
    written = [
        json.loads(each) for each in (tmp_path / "orders-traced.log").read_text().splitlines() if each[:1] == "{"
    ]

    assert list(record.line) == list(SHOWN)
    for key, value in SHOWN.items():
        assert type(record.line[key]) is type(value)
        assert key in VARIES or record.line[key] == value
    assert record.line in written
    assert found == {("GET /baskets/{user_id}", 2), ("GET", 3), ("GET /orders/{order_id}", 2)}
    assert "secret" not in received.text() + (tmp_path / "orders-traced.log").read_text()


@COLLECTOR
def test_django_writes_and_sends_the_same(tmp_path: Path) -> None:
    """With the pattern of the URL for its path."""
    with traced("products", tmp_path) as (run, received):
        assert httpx.get(f"{run.url}/products/7", timeout=30).status_code == 200
        assert httpx.get(f"{run.url}/products/0", timeout=30).status_code == 500
        record = line(received, "/products/<int:number>")
        (span,) = spans(received, record.trace_id, 1)
        eventually(lambda: any(each.line.get("exception") for each in received.records()))
        failed = [each.line for each in received.records() if "ZeroDivisionError" in json.dumps(each.line)]

    assert span.name == "GET /products/<int:number>"
    assert list(record.line) == [key for key in SHOWN if key != "user_id"]
    assert record.line["service"] == "products"
    assert [each["logger"] for each in failed] == ["request"]
    assert failed[0]["exception"].startswith("ZeroDivisionError: division by zero\nTraceback")


def test_what_is_to_be_installed_for_traces_exists() -> None:
    """Each package is one that this environment has under that name."""
    (command,) = EXAMPLES["orders"].parts["traced-install"].splitlines()

    assert [importlib.metadata.version(package) for package in command.split()[2:]]
