"""The errors that the summary shows: their reasons, their order, and how many."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.responses import Response

from sample_app.telemetry import SummarySettings, serve_summary
from tests.unit.sample_app.sample_helpers import asgi, ask, http_scope, instrumented
from tests.unit.sample_app.summary_helpers import data, make_app, summarized

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_errors_are_shown_newest_first_with_their_route_and_reason() -> None:
    """What the client was told; of an exception its type only, for its text may hold secrets."""
    app, _ = summarized()
    ask(app, ("GET", "/items/123"), ("GET", "/items/x"), ("PUT", "/nowhere"), ("GET", "/broken"))
    errors = data(app)["recent_errors"]

    assert [(e["method"], e["route"], e["status"], e["message"]) for e in errors] == [
        ("GET", "/broken", 500, "RuntimeError"),
        ("PUT", "none", 404, "Not Found"),
        (
            "GET",
            "/items/{item_id}",
            422,
            "path.item_id: Input should be a valid integer, unable to parse string as an integer",
        ),
        ("GET", "/items/{item_id}", 404, "no item 123"),
    ]
    assert [e["trace_id"] for e in errors] == [None] * 4
    times = [datetime.fromisoformat(e["time"]) for e in errors]
    assert times == sorted(times, reverse=True)


def test_an_error_has_the_trace_of_its_request() -> None:
    """The same trace id as the exemplar."""
    app, _ = summarized()
    ask(app, ("GET", "/broken"), headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})

    assert [error["trace_id"] for error in data(app)["recent_errors"]] == [TRACE]


def test_the_reason_passes_a_middleware_that_streams() -> None:
    """BaseHTTPMiddleware sends a body in pieces, and the last one is empty."""
    app = make_app()

    async def through(request: Request, call_next: RequestResponseEndpoint) -> Response:
        return await call_next(request)

    app.add_middleware(BaseHTTPMiddleware, dispatch=through)
    serve_summary(app, instrumented(app))
    ask(app, ("GET", "/items/123"))

    assert [error["message"] for error in data(app)["recent_errors"]] == ["no item 123"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error": {"message": "no such model", "type": "x"}}', "no such model"),
        (b'{"message": "a' + b"b" * 500 + b'"}', "a" + "b" * 199),
        ('{"detail": "두\\n줄 \\ud800"}'.encode(), "두 줄  "),
        (b'{"detail": ' + b"[" * 5000, "Service Unavailable"),
        (b'{"detail": "' + b"x" * 10_000 + b'"}', "Service Unavailable"),
        (b"<html>", "Service Unavailable"),
        (b"\xff{", "Service Unavailable"),
        (b"", "Service Unavailable"),
    ],
)
def test_any_body_gives_a_short_printable_reason(body: bytes, message: str) -> None:
    """Nothing that an app answers breaks the summary or makes it long."""
    app = make_app()
    app.add_api_route("/odd", lambda: Response(body, 503))
    serve_summary(app, instrumented(app))
    answers = ask(app, ("GET", "/odd"))

    assert answers[0].content == body
    assert [error["message"] for error in data(app)["recent_errors"]] == [message]


def test_a_client_that_leaves_is_a_client_error() -> None:
    """499, as /metrics has it."""
    app = FastAPI()

    @app.get("/")
    async def root(request: Request) -> StreamingResponse:
        await request.receive()
        await request.receive()
        raise asyncio.CancelledError

    serve_summary(app, instrumented(app))
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(asgi(app, http_scope()))
    found = data(app)

    assert (found["client_errors"], found["server_errors"]) == (1, 0)
    assert [(e["status"], e["message"]) for e in found["recent_errors"]] == [(499, "the client left before the answer")]


@pytest.mark.parametrize("kept", [0, 1, 7])
def test_only_the_last_errors_are_kept(kept: int) -> None:
    """As many as the settings say, however many there were."""
    app, _ = summarized(SummarySettings(recent_errors=kept))
    ask(app, *(("GET", f"/items/{number}") for number in range(101, 131)))

    assert [e["message"] for e in data(app)["recent_errors"]] == [f"no item {n}" for n in range(130, 130 - kept, -1)]
