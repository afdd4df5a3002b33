"""The middleware under the less usual things that a server does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fastapi import BackgroundTasks, FastAPI, Request, WebSocket
from fastapi.responses import StreamingResponse
from prometheus_client import CollectorRegistry

from sample_app.telemetry import Metrics, MetricsMiddleware
from tests.unit.sample_app.sample_helpers import (
    asgi,
    ask,
    http_scope,
    instrumented,
    requests_total,
    scraped,
    series,
)

GET_ROOT = (("handler", "/"), ("method", "GET"))


async def nothing() -> None:
    """A route's function that does nothing."""


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(name, labels)


def test_a_stream_is_measured_to_its_end() -> None:
    """The duration covers the body, not only the first byte."""
    app = FastAPI()

    @app.get("/")
    async def slow() -> StreamingResponse:
        async def body() -> AsyncIterator[bytes]:
            yield b"first"
            await asyncio.sleep(0.12)
            yield b"last"

        return StreamingResponse(body())

    instrumented(app)
    ask(app, ("GET", "/"))

    assert series(scraped(app))["http_request_duration_seconds_sum", GET_ROOT] >= 0.12


def test_a_background_task_is_not_measured() -> None:
    """Work after the answer is not time that anybody waited."""
    app = FastAPI()

    async def later() -> None:
        await asyncio.sleep(0.2)

    @app.get("/")
    async def root(tasks: BackgroundTasks) -> str:
        tasks.add_task(later)
        return "ok"

    instrumented(app)
    ask(app, ("GET", "/"))

    assert series(scraped(app))["http_request_duration_seconds_sum", GET_ROOT] < 0.15


def test_a_client_that_leaves_while_sending_is_no_server_error() -> None:
    """The route raised because its client went away: class 4xx, and nothing stays in progress."""
    app = FastAPI()

    @app.post("/")
    async def read(request: Request) -> int:
        return len(await request.body())

    metrics = instrumented(app)
    part = {"type": "http.request", "body": b"half", "more_body": True}
    with pytest.raises(Exception):  # noqa: B017, PT011  (which one is the framework's business)
        asyncio.run(asgi(app, http_scope("POST"), part))

    assert value(metrics.registry, "http_requests_total", handler="/", method="POST", status="4xx") == 1
    assert value(metrics.registry, "http_requests_total", handler="/", method="POST", status="5xx") == 0
    assert value(metrics.registry, "http_requests_inprogress") == 0


def test_a_cancelled_request_is_counted_once() -> None:
    """A server that stops cancels; the gauge comes back to 0."""
    app = FastAPI()

    @app.get("/")
    async def forever() -> None:
        await asyncio.sleep(60)

    metrics = instrumented(app)

    async def cancel() -> float | None:
        task = asyncio.create_task(asgi(app, http_scope()))
        await asyncio.sleep(0.05)
        under_way = value(metrics.registry, "http_requests_inprogress")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return under_way

    assert asyncio.run(cancel()) == 1
    assert value(metrics.registry, "http_requests_inprogress") == 0
    assert value(metrics.registry, "http_requests_total", handler="/", method="GET", status="4xx") == 1


def test_an_app_that_never_answers_is_a_server_error() -> None:
    """A server sends 500 in its place."""

    async def silent(scope: object, receive: object, send: object) -> None:
        pass

    registry = CollectorRegistry()
    asyncio.run(asgi(MetricsMiddleware(silent, Metrics(registry)), http_scope()))

    assert value(registry, "http_requests_total", handler="none", method="GET", status="5xx") == 1


def test_a_failure_in_the_middle_of_a_stream_is_a_server_error() -> None:
    """The status was sent as 200, but the answer was not."""
    app = FastAPI()

    @app.get("/")
    async def root() -> StreamingResponse:
        async def body() -> AsyncIterator[bytes]:
            yield b"first"
            raise RuntimeError("broken on purpose")

        return StreamingResponse(body())

    instrumented(app)
    ask(app, ("GET", "/"))

    assert requests_total(app, handler="/", status="5xx") == 1
    assert requests_total(app, handler="/", status="2xx") == 0


def test_websockets_pass_unmeasured() -> None:
    """A websocket is no request; its messages arrive untouched."""
    app = FastAPI()

    @app.websocket("/ws")
    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(await socket.receive_text())

    metrics = instrumented(app)
    scope = {**http_scope(path="/ws"), "type": "websocket", "subprotocols": []}
    incoming = ({"type": "websocket.connect"}, {"type": "websocket.receive", "text": "hello"})
    sent = asyncio.run(asgi(app, scope, *incoming))

    assert [message["type"] for message in sent][:2] == ["websocket.accept", "websocket.send"]
    assert sent[1]["text"] == "hello"
    assert value(metrics.registry, "http_requests_inprogress") == 0


def test_lifespan_runs_and_declares_the_routes() -> None:
    """The series of all routes are there before the first request, also of routes added during startup."""
    events: list[str] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.add_api_route("/added", nothing, methods=["POST"])
        events.append("up")
        yield
        events.append("down")

    app = FastAPI(lifespan=lifespan)
    metrics = instrumented(app)
    messages = ({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
    sent = asyncio.run(asgi(app, {"type": "lifespan"}, *messages))

    assert events == ["up", "down"]
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert value(metrics.registry, "http_requests_total", handler="/added", method="POST", status="5xx") == 0


def test_the_servers_root_path_does_not_hide_excluded_paths() -> None:
    """Behind `--root-path /api` a health check is /api/healthz in the scope."""
    app = FastAPI()
    metrics = instrumented(app)
    scope = {**http_scope(path="/api/healthz"), "root_path": "/api"}
    asyncio.run(asgi(app, scope))

    assert value(metrics.registry, "http_requests_total", handler="none", method="GET", status="4xx") is None
