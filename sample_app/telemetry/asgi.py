"""Puts the metrics around an ASGI app. Pure ASGI: it imports no framework and reads each message once."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, MutableMapping
from time import perf_counter
from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry

from .current import Seen
from .exposition import render
from .metrics import Metrics, MetricsSettings, TraceIdOf
from .multiprocess import forget_dead_workers, mark_process_dead
from .names import UNMATCHED
from .routes import RouteTable, declared
from .served import Requests, wire_attributes
from .traceparent import trace_id_of

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

CLIENT_CLOSED_REQUEST = 499
"""The status counted when the client left before an answer began: nginx's own, class 4xx, for it is no server error."""

LONGEST_TRACE_ID = 64
"""Characters; OpenMetrics allows an exemplar 128 in all, its label's name included."""

_log = logging.getLogger(__name__)


def instrument(app: object, settings: MetricsSettings | None = None, registry: CollectorRegistry = REGISTRY) -> Metrics:
    """Measures every request of a Starlette or FastAPI app and serves `settings.path`. Call it once, before the start.

    `registry` is the client's own by default, where the app's other metrics and the process metrics are. Series of all
    routes are made at 0 when the app starts. Raises TypeError for an app that takes no middleware (wrap it in
    `MetricsMiddleware` instead), ValueError when the registry already holds these metrics.
    """
    if not hasattr(app, "add_middleware"):
        raise TypeError(
            f"{type(app).__name__} has no add_middleware; wrap it: MetricsMiddleware(app, Metrics(registry))"
        )
    metrics = Metrics(registry, settings)
    app.add_middleware(MetricsMiddleware, metrics=metrics)
    return metrics


def declare_routes(app: object, metrics: Metrics) -> None:
    """Makes the series of every route of `app` at 0 (see `Metrics.declare`). The middleware does it at startup."""
    for template, methods in declared(app):
        if template not in metrics.silent:
            metrics.declare(template, methods)


class MetricsMiddleware:
    """Counts and times HTTP requests; lets websockets and lifespan events pass."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self.metrics = metrics
        self._begin, self._end = metrics.begin, metrics.end
        self._exemplars = metrics.exemplars
        self._path = metrics.settings.path
        self._silent = metrics.silent
        self._callback = metrics.settings.trace_id
        self._callback_failed = False
        self._routes: RouteTable | None = None
        self._requests: Requests | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI connection."""
        if scope["type"] != "http":
            return await self._pass(scope, receive, send)
        path = scope["path"]
        if scope.get("root_path"):
            path = path.removeprefix(scope["root_path"])
        if path in self._silent:
            return await self._not_measured(path, scope, receive, send)

        if self._routes is None:
            self._prepare(scope)
        status = 0
        left = finished = False
        reason: object = None
        requests = self._requests
        seen = None if requests is None else requests.begin(scope["headers"])
        self._begin()
        start = perf_counter()

        async def receive_watched() -> Message:
            nonlocal left
            message = await receive()
            if message["type"] == "http.disconnect":
                left = True
            return message

        async def send_last(message: Message) -> None:
            nonlocal finished
            await send(message)
            if not finished:
                finished = True
                self._finish(scope, status, start, reason, seen)

        def send_watched(message: Message) -> Awaitable[None]:
            nonlocal status, reason
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                if status >= 400 and reason is None:
                    reason = message.get("body")
                if not message.get("more_body"):
                    return send_last(message)
            return send(message)

        try:
            await self._app(scope, receive_watched, send_watched)
        except BaseException as error:
            if not finished:
                gone = left or isinstance(error, asyncio.CancelledError)
                self._finish(scope, (status or CLIENT_CLOSED_REQUEST) if gone else 500, start, error, seen)
            raise
        else:
            if not finished:
                self._finish(scope, status or (CLIENT_CLOSED_REQUEST if left else 500), start, reason, seen)
        finally:
            if requests is not None and seen is not None:
                requests.leave(seen)

    def _finish(self, scope: Scope, status: int, start: float, reason: object, seen: Seen | None) -> None:
        seconds = perf_counter() - start
        template = self._routes.template(scope) if self._routes else UNMATCHED
        method = scope["method"]
        if seen is not None and seen.span is not None:
            trace_id: str | None = seen.trace_id
        else:
            trace_id = self._trace_id(scope) if self._exemplars else None
        self._end(method, template, status, seconds, trace_id)
        if status >= 400 and self.metrics.on_error:
            trace_id = trace_id or self._trace_id(scope)
            self.metrics.on_error(method, template, status, trace_id, reason)
        if seen is not None and self._requests is not None:
            wire = _wire(seen, scope) if seen.span is not None else {}
            self._requests.end(seen, method, template, status, seconds, reason, wire)

    def _trace_id(self, scope: Scope) -> str | None:
        given = self._callback
        return trace_id_of(scope["headers"]) if given is None else self._called_back(given, scope)

    def _called_back(self, given: TraceIdOf, scope: Scope) -> str | None:
        try:
            trace_id = given(scope)
        except Exception:
            if not self._callback_failed:
                _log.exception("the trace_id callback failed; its requests have no exemplars")
            self._callback_failed = True
            return None
        return trace_id if trace_id and len(trace_id) <= LONGEST_TRACE_ID else None

    def _prepare(self, scope: Scope) -> None:
        """Reads the routes once they are all there: after startup, or before the first request where nobody starts.

        Before, because a mounted app puts itself in the scope in place of the outer one.
        """
        app = scope.get("app")
        self._routes = RouteTable(app)
        declare_routes(app, self.metrics)
        self._begin, self._end = self.metrics.begin, self.metrics.end
        self._requests = self.metrics.requests
        for started in self.metrics.on_start:
            started()

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return

        async def send_watched(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                forget_dead_workers()
                self._prepare(scope)
            elif message["type"] in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
                mark_process_dead(os.getpid())
                for stopped in self.metrics.on_stop:
                    await asyncio.to_thread(stopped)
            await send(message)

        await self._app(scope, receive, send_watched)

    async def _not_measured(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        page = self.metrics.pages.get(path)
        if page is not None:
            status, headers, body = await asyncio.to_thread(page, scope["method"])
            await _respond(send, status, headers, body, head=scope["method"] == "HEAD")
        elif path == self._path:
            await self._serve(scope, send)
        else:
            await self._app(scope, receive, send)

    async def _serve(self, scope: Scope, send: Send) -> None:
        """Answers a scrape. Rendering runs in a thread, so that a large registry does not stop the event loop."""
        if scope["method"] not in ("GET", "HEAD"):
            await _respond(send, 405, [(b"allow", b"GET, HEAD"), (b"content-type", b"text/plain")], b"use GET\n")
            return
        accept, encoding = _header(scope, b"accept"), _header(scope, b"accept-encoding")
        page = await asyncio.to_thread(render, self.metrics.registry, accept, encoding)
        headers = [(b"content-type", page.content_type.encode("latin-1")), (b"vary", b"accept, accept-encoding")]
        if page.content_encoding:
            headers.append((b"content-encoding", page.content_encoding.encode("latin-1")))
        await _respond(send, 200, headers, page.body, head=scope["method"] == "HEAD")


def _wire(seen: Seen, scope: Scope) -> dict[str, Any]:
    server, client = scope.get("server"), scope.get("client")
    return wire_attributes(
        seen,
        scope["path"],
        scope.get("scheme", "http"),
        scope["http_version"],
        None if server is None else (server[0], server[1]),
        None if client is None else (client[0], client[1]),
    )


async def _respond(
    send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes, *, head: bool = False
) -> None:
    headers = [*headers, (b"content-length", str(len(body)).encode("latin-1"))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else body})


def _header(scope: Scope, wanted: bytes) -> str:
    return ",".join(value.decode("latin-1") for name, value in scope["headers"] if name == wanted)
