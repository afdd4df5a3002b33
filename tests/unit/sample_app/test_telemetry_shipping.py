"""The way to the collector: what arrives, and what becomes of a service whose collector is gone, refuses or hangs."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from sample_app.telemetry import Telemetry, instrument, observe, shipping
from sample_app.telemetry.shipping import Lane, Shipper
from tests.unit.sample_app.sample_helpers import asgi, http_scope
from tests.unit.sample_app.shop_servers import free_port
from tests.unit.sample_app.telemetry_helpers import TRACEPARENT, counted, hanging, one_request, sending, sink

ROOT = Path(__file__).parents[3]
PATIENCE_SECONDS = 30


def eventually(true: Callable[[], object]) -> bool:
    """Whether it becomes true within half a minute."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def counting(telemetry: Telemetry) -> CollectorRegistry:
    """The registry in which it counts from now on."""
    registry = CollectorRegistry()
    telemetry.count_in(registry)
    return registry


def lanes(telemetry: Telemetry) -> tuple[Lane, ...]:
    """The queues of a service."""
    assert telemetry._shipper is not None
    return telemetry._shipper.lanes


def test_spans_and_lines_arrive_as_they_are() -> None:
    """The body is the very line of standard output, with the ids of the span."""
    with sink() as receiver:
        stream = io.StringIO()
        telemetry = sending(receiver.url, stream=stream)
        registry = counting(telemetry)
        one_request(telemetry)
        one_request(telemetry, 500, ValueError("boom"))
        assert telemetry.flush()
        spans, records = receiver.spans(), receiver.records()

    lines = stream.getvalue().splitlines()
    assert [record.body.string_value for record in records] == lines
    assert [record.severity_text for record in records] == ["info", "error"]
    assert [record.severity_number for record in records] == [9, 17]
    assert [(r.trace_id.hex(), r.span_id.hex()) for r in records] == [
        (s.trace_id.hex(), s.span_id.hex()) for s in spans
    ]
    assert [json.loads(line)["trace_id"] for line in lines] == [span.trace_id.hex() for span in spans]
    assert [(span.name, span.kind, span.status.code) for span in spans] == [
        ("GET /items/{item_id}", 2, 0),
        ("GET /items/{item_id}", 2, 2),
    ]
    assert [counted(registry, "sent", signal) for signal in ("traces", "logs")] == [2, 2]
    assert [counted(registry, "dropped", signal) for signal in ("traces", "logs")] == [0, 0]


def test_the_encoder_says_what_the_sdk_s_own_says() -> None:
    """Byte for byte but for the resource and the scope: parents, states, links, events and every type of attribute."""
    from opentelemetry import trace  # noqa: PLC0415
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans  # noqa: PLC0415
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest  # noqa: PLC0415

    from sample_app.telemetry.otlp import Encoder  # noqa: PLC0415
    from tests.unit.sample_app.telemetry_helpers import recorded  # noqa: PLC0415

    made = recorded()
    seen = made.telemetry.requests.begin([(b"traceparent", TRACEPARENT.encode()), (b"tracestate", b"a=1,b=2")])
    span = trace.get_current_span()
    span.set_attributes({"text": "한", "yes": True, "one": 1, "half": 0.5, "list": ["a", "b"], "long": "x" * 500})
    span.add_event("event", {"number": 7})
    span.add_link(span.get_span_context(), {"why": "itself"})
    span.set_status(trace.StatusCode.ERROR, "why")
    made.telemetry.requests.end(seen, "GET", "/", 200, 0.01, None, {"one": True, "zero": 0, "no": False})
    made.telemetry.requests.leave(seen)
    with made.telemetry.job("root"):
        pass
    ours = ExportTraceServiceRequest.FromString(Encoder({"service.name": "shop"}).spans(made.spans))
    theirs = encode_spans(made.spans)
    found = [
        [span for resource in message.resource_spans for scope in resource.scope_spans for span in scope.spans]
        for message in (ours, theirs)
    ]

    for mine, other in zip(*found, strict=True):
        mine.flags &= 0x300  # ours tells the W3C flags too
        mine.status.SetInParent()  # an empty one says nothing
        assert mine == other


def test_everything_arrives_after_an_outage_and_once() -> None:
    """Nobody is there for a while: what happened meanwhile is sent when the collector is back; two lines tell of it."""
    port = free_port()
    stream = io.StringIO()
    telemetry = sending(f"http://127.0.0.1:{port}", stream=stream)
    registry = counting(telemetry)
    told: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger(shipping.__name__)
    logger.addHandler(handler)
    try:
        for _ in range(20):
            one_request(telemetry)
            time.sleep(0.1)
        assert eventually(lambda: told)
        with sink(port) as receiver:
            assert eventually(lambda: len(receiver.spans()) == len(receiver.records()) == 20)
            assert eventually(lambda: counted(registry, "sent", "logs") == counted(registry, "sent", "traces") == 20)
            one_request(telemetry)
            assert eventually(lambda: len(receiver.spans()) == 21)
    finally:
        logger.removeHandler(handler)

    assert len({span.span_id for span in receiver.spans()}) == 21
    assert [counted(registry, "dropped", signal) for signal in ("traces", "logs")] == [0, 0]
    assert len(told) == 2, told
    assert "ConnectionRefusedError" in told[0]
    assert "takes telemetry again" in told[1]


@pytest.mark.parametrize("gone", ["refused", "hanging"])
def test_no_request_waits_for_a_collector(gone: str) -> None:
    """Of thousands none takes as long as one attempt to reach it does."""
    with hanging() as url:
        where = url if gone == "hanging" else f"http://127.0.0.1:{free_port()}"
        app = FastAPI()
        app.get("/items/{item_id}")(lambda item_id: {"id": item_id})
        observe(app, instrument(app, registry=CollectorRegistry()), sending(where))
        worst = asyncio.run(_answered(app, 3000))

    assert worst < shipping.SEND_SECONDS / 2, "a request has waited for the collector"


async def _answered(app: FastAPI, requests: int) -> float:
    """The longest time that a request took."""
    longest = 0.0
    for _ in range(requests):
        began = time.perf_counter()
        await asgi(app, http_scope("GET", "/items/7"))
        longest = max(longest, time.perf_counter() - began)
    return longest


@pytest.mark.parametrize("gone", ["refused", "hanging"])
def test_what_waits_for_a_collector_is_bounded_and_the_rest_is_counted(
    gone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 30,000 requests no more is kept than the bound says; everything is either kept or counted as dropped."""
    monkeypatch.setattr(shipping, "MOST_BYTES", 200_000)
    monkeypatch.setattr(shipping, "QUEUED", 1000)
    with hanging() as url:
        telemetry = sending(url if gone == "hanging" else f"http://127.0.0.1:{free_port()}")
        registry = counting(telemetry)
        for _ in range(30_000):
            one_request(telemetry)
        kept = [len(lane.waiting) for lane in lanes(telemetry)]
        held = [lane._bytes for lane in lanes(telemetry)]
        telemetry.flush(0.5)
        if gone == "refused":
            assert eventually(lambda: counted(registry, "dropped", "traces") == 30_000)
            assert eventually(lambda: counted(registry, "dropped", "logs") == 30_000)

    assert max(kept) <= 1000
    assert max(held) <= 200_000 + shipping.BATCH * 1000
    if gone == "hanging":
        assert eventually(lambda: counted(registry, "dropped", "logs") > 10_000)


MEMORY = """
import gc, resource, sys
from tests.unit.sample_app.telemetry_helpers import one_request, sending
telemetry = sending(sys.argv[1])
class Nowhere:
    def write(self, text): pass
    def flush(self): pass
telemetry.lines._stream = Nowhere()
peaks = []
for _ in range(3):
    for _ in range(25_000):
        one_request(telemetry)
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
print(peaks[0], peaks[-1])
"""


def test_memory_stays_bounded_while_the_collector_hangs() -> None:
    """75,000 requests and a collector that never answers: the process stays within its bounds of 2 x 16 MiB."""
    with hanging() as url:
        command = [sys.executable, "-c", MEMORY, url]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    first, last = (int(kib) / 1024 for kib in ran.stdout.split())

    assert last - first < 80, f"{first:.0f} MiB grew to {last:.0f} MiB"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_collector_that_cannot_take_it_now_is_asked_again(status: int) -> None:
    with sink() as receiver:
        receiver.status = status
        telemetry = sending(receiver.url)
        registry = counting(telemetry)
        one_request(telemetry)
        time.sleep(1.5)
        receiver.status = 200

        assert eventually(lambda: len(receiver.spans()) == len(receiver.records()) == 1)
        assert [counted(registry, "dropped", signal) for signal in ("traces", "logs")] == [0, 0]


@pytest.mark.parametrize("status", [400, 401, 404, 413])
def test_what_a_collector_refuses_is_dropped_and_counted(status: int) -> None:
    with sink() as receiver:
        receiver.status = status
        telemetry = sending(receiver.url)
        registry = counting(telemetry)
        one_request(telemetry)

        assert eventually(lambda: counted(registry, "dropped", "traces") == counted(registry, "dropped", "logs") == 1)
        assert counted(registry, "sent", "traces") == 0


def test_what_a_collector_takes_in_part_is_counted_in_part() -> None:
    """Its answer says how many it did not take; an answer that nobody can read says nothing."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: PLC0415
        ExportTracePartialSuccess,
        ExportTraceServiceResponse,
    )

    with sink() as receiver:
        receiver.answer = ExportTraceServiceResponse(
            partial_success=ExportTracePartialSuccess(rejected_spans=1, error_message="no")
        ).SerializeToString()
        telemetry = sending(receiver.url)
        registry = counting(telemetry)
        one_request(telemetry)
        one_request(telemetry)
        assert telemetry.flush()
        assert eventually(lambda: counted(registry, "dropped", "traces") == 1)
        assert counted(registry, "sent", "traces") == 1
        receiver.answer = b"<html>thanks</html>"
        one_request(telemetry)
        assert telemetry.flush(PATIENCE_SECONDS)
        assert counted(registry, "sent", "traces") == 2


def test_the_end_of_a_process_waits_two_seconds_at_most() -> None:
    """For a collector that hangs; over all calls together."""
    with hanging() as url:
        telemetry = sending(url)
        one_request(telemetry)
        began = time.monotonic()
        arrived = [telemetry.flush() for _ in range(3)]
        waited = time.monotonic() - began

    assert arrived[0] is False
    assert shipping.FLUSH_SECONDS <= waited < shipping.SEND_SECONDS + PATIENCE_SECONDS


def test_an_app_that_stops_sends_what_is_left() -> None:
    """At the end of its lifespan, before the server goes."""
    with sink() as receiver:
        app = FastAPI()
        app.get("/items/{item_id}")(lambda item_id: {"id": item_id})
        observe(app, instrument(app, registry=CollectorRegistry()), sending(receiver.url))

        async def life() -> None:
            events: list[dict[str, Any]] = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

            async def receive() -> dict[str, Any]:
                if len(events) == 1:
                    await asgi(app, http_scope("GET", "/items/7"))
                return events.pop(0)

            async def send(_message: Any) -> None:
                """Nobody listens."""

            await app({"type": "lifespan", "asgi": {"version": "3.0"}, "app": app, "state": {}}, receive, send)

        asyncio.run(life())

        assert len(receiver.spans()) == len(receiver.records()) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_fork_sends_its_own_and_not_its_parent_s() -> None:
    """A server that loads the app first and forks then: each worker sends from a thread of its own, each thing once."""
    program = """
import os, sys, time
from tests.unit.sample_app.telemetry_helpers import one_request, sending
telemetry = sending(sys.argv[1])
one_request(telemetry)
children = []
for _ in range(3):
    child = os.fork()
    if child == 0:
        for _ in range(5):
            one_request(telemetry)
        telemetry.flush(30)
        os._exit(0)
    children.append(child)
for child in children:
    os.waitpid(child, 0)
telemetry.flush(30)
"""
    with sink() as receiver:
        subprocess.run([sys.executable, "-c", program, receiver.url], cwd=ROOT, check=True, timeout=120)
        spans = receiver.spans()

    assert len(spans) == len({(span.trace_id, span.span_id) for span in spans}) == 16
    assert len(receiver.records()) == 16


def test_connections_are_kept_and_opened_again() -> None:
    """A collector that closed the connection meanwhile, as proxies do, costs nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        telemetry = sending(url)
        registry = counting(telemetry)

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=serve, daemon=True).start()
        for number in range(3):
            one_request(telemetry)
            assert eventually(partial(_sent, registry, number + 1))

    assert counted(registry, "dropped", "traces") == 0


def _sent(registry: CollectorRegistry, spans: int) -> bool:
    return counted(registry, "sent", "traces") == spans


def test_one_record_that_cannot_be_encoded_ends_nothing() -> None:
    """It is counted, and what comes after it is sent."""
    with sink() as receiver:
        telemetry = sending(receiver.url)
        registry = counting(telemetry)
        lanes(telemetry)[0].put(object())

        assert eventually(lambda: counted(registry, "dropped", "logs") == 1)
        one_request(telemetry)
        assert eventually(lambda: len(receiver.records()) == 1)


def test_a_lane_whose_collector_is_gone_does_not_hold_the_other() -> None:
    """Traces and logs may go to different places."""
    with sink() as receiver:
        good, bad = sending(receiver.url), sending(f"http://127.0.0.1:{free_port()}")
        both = (lanes(bad)[1], lanes(good)[0])
        shipper = Shipper(both, every=0.05)
        one_request(bad)
        one_request(good)

        assert eventually(lambda: len(receiver.records()) == 1)
        assert shipper.flush(1) is False
