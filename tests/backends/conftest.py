"""Loki and Tempo with a service's hour in them: shared by the tests that only ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.backends.otlp import CLIENT, Line, Span, ids, labelled, push_lines, push_spans
from tests.backends.servers import Servers
from tests.integration.client import wait

LOGGER = "app.request"


def request_line(method: str, path: str, status: int, seconds: float, trace: tuple[str, str], **more: Any) -> Line:
    """The line of a request as the sample's services write it."""
    level = "error" if status >= 500 else "warning" if status >= 400 else "info"
    body = {
        "timestamp": "2026-11-21T12:35:55.123Z",
        "level": level,
        "message": f"{method} {path} status={status} duration={seconds:.3f}",
        "service": "shop",
        "method": method,
        "path": path,
        "status": status,
        "duration": seconds,
        **more,
        "trace_id": trace[0],
        "span_id": trace[1],
        "logger": LOGGER,
    }
    return Line(level, body, *trace)


@dataclass(frozen=True)
class Told:
    """What was pushed: the ids of a fast request, of a slow one, and of one that failed because of its database."""

    servers: Servers
    fast: tuple[str, str]
    slow: tuple[str, str]
    failed: tuple[str, str]


@pytest.fixture(scope="package")
def loki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Loki with lines of the service `shop`, and one of another."""
    with Servers(tmp_path_factory.mktemp("loki")) as servers:
        servers.start("loki")
        told = Told(servers, ids(), ids(), ids())
        lines = [
            request_line("GET", "/items/{item_id}", 200, 0.012, told.fast, user_id="123"),
            request_line("GET", "/items/{item_id}", 404, 0.003, ids(), user_id="123", error="no such item"),
            request_line("POST", "/orders", 201, 1.7, told.slow, user_id="7"),
            request_line(
                "POST",
                "/orders",
                500,
                0.25,
                told.failed,
                user_id="7",
                error="Internal Server Error",
                exception="django.db.utils.OperationalError: connection refused\nTraceback (most recent call last):\n",
            ),
            Line("error", "ERROR in plain text: no JSON at all", *told.failed),
        ]
        assert push_lines(servers.url("loki"), labelled("shop"), lines) == 204
        assert push_lines(servers.url("loki"), labelled("other"), [Line("info", "status=500 of someone else")]) == 204
        wait("the lines", lambda: servers.lines('{app="other"}') or None, 60)
        yield told


def database(trace: tuple[str, str], seconds: float, failed: bool) -> Span:
    """A query below a request."""
    said = {"db.system.name": "postgresql", "db.operation.name": "SELECT"}
    name, own = "SELECT shop.orders", ids()[1]
    return Span(name, seconds, trace[0], own, parent=trace[1], kind=CLIENT, error=failed, attributes=said)


@pytest.fixture(scope="package")
def tempo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Tempo with the traces of the same three requests, searchable."""
    with Servers(tmp_path_factory.mktemp("tempo")) as servers:
        servers.start("tempo")
        told = Told(servers, ids(), ids(), ids())
        url = servers.url("otlp_push")
        route = {"http.request.method": "POST", "http.route": "/orders", "url.path": "/orders"}
        chat = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "tiny", "gen_ai.usage.output_tokens": 12}
        fast = {"http.request.method": "GET", "http.route": "/items/{item_id}", "http.response.status_code": 200}
        call = Span("chat tiny", 0.008, told.fast[0], ids()[1], parent=told.fast[1], kind=CLIENT, attributes=chat)
        request = Span("GET /items/{item_id}", 0.012, *told.fast, attributes=fast)
        assert push_spans(url, "shop", [request, call]) == 200
        for trace, seconds, status in ((told.slow, 1.7, 201), (told.failed, 0.25, 500)):
            failed = status == 500
            said = {**route, "http.response.status_code": status}
            request = Span("POST /orders", seconds, *trace, error=failed, attributes=said)
            assert push_spans(url, "shop", [request, database(trace, seconds / 2, failed)]) == 200
        wait("search to see all three traces", lambda: len(servers.traces("{}")) == 3 or None, 180)
        yield told
