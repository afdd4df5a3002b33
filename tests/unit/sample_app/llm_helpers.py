"""A user's own OpenAI server that misbehaves on demand, and the gateway behind a real server."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from sample_app.api.llm import Gateway, LlmMetrics, LlmSettings, PromptCache, llm_routes
from tests.unit.sample_app.inference_helpers import served
from tests.unit.sample_app.sample_helpers import Series
from tests.unit.sample_app.shop_servers import free_port

QUESTION = "What is latency?"
USAGE = {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}
Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """One request of the upstream."""

    protocol_version = "HTTP/1.1"
    server: UpstreamServer

    def do_POST(self) -> None:
        """Keeps the request, then behaves as the test says."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.upstream.requests.append((self.path, self.headers.get("Authorization"), body))
        self.server.upstream.behaviour(self)

    def reply(self, body: bytes, status: int = 200, *headers: tuple[str, str]) -> None:
        """A whole answer."""
        self.send_response(status)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


class UpstreamServer(ThreadingHTTPServer):
    """Never waits for requests that hang."""

    upstream: UpstreamHost
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def process_request(self, request: Any, client_address: Any) -> None:
        """Keeps the connection, to end it with the server."""
        self.upstream.connections.append(request)
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that leave are expected."""


class UpstreamHost:
    """An OpenAI server on a port that it keeps over restarts."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self.requests: list[tuple[str, str | None, dict[str, Any]]] = []
        self.behaviour: Behaviour = answers()
        self.connections: list[socket.socket] = []
        self._server: UpstreamServer | None = None

    def start(self) -> None:
        """Listens again."""
        self._server = UpstreamServer(("127.0.0.1", self.port), Handler)
        self._server.upstream = self
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        """Ends all connections and refuses new ones."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        while self.connections:
            with suppress(OSError):
                self.connections.pop().shutdown(socket.SHUT_RDWR)


def completion(content: str | None = "Fine.", **more: Any) -> dict[str, Any]:
    """The body of an OpenAI server's answer."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    return {"id": "x", "object": "chat.completion", "model": "big-2", "choices": [choice], "usage": USAGE, **more}


def answers(body: Any = None, status: int = 200) -> Behaviour:
    """Answers with this JSON, a completion by default."""
    data = json.dumps(completion() if body is None else body).encode()
    return lambda handler: handler.reply(data, status)


class Llm:
    """A client of a gateway, and its metrics."""

    def __init__(self, client: httpx.Client, registry: CollectorRegistry) -> None:
        self.client = client
        self._registry = registry

    def ask(self, content: str = QUESTION, **more: Any) -> httpx.Response:
        """One chat request."""
        return self.client.post("/chat", json={"messages": [{"role": "user", "content": content}], **more})

    def timed(self, content: str = QUESTION, **more: Any) -> tuple[httpx.Response, float]:
        """One chat request, and its seconds."""
        started = time.monotonic()
        return self.ask(content, **more), time.monotonic() - started

    def value(self, name: str, /, **labels: str) -> float | None:
        """A sample; None where there is none."""
        return self._registry.get_sample_value(name, labels)

    def outcomes(self, model: str = "tiny") -> dict[str, float | None]:
        """The requests to a model by outcome, those that are 0 left out."""
        found = {o: self.value("llm_requests_total", model=model, outcome=o) for o in OUTCOMES}
        return {outcome: count for outcome, count in found.items() if count}

    def lookups(self) -> tuple[float | None, float | None]:
        """Hits and misses of the cache."""
        hits, misses = (self.value("cache_lookups_total", cache="prompt", result=result) for result in ("hit", "miss"))
        return hits, misses

    def series(self) -> Series:
        """All samples of the registry."""
        samples = (sample for family in self._registry.collect() for sample in family.samples)
        return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for sample in samples}


OUTCOMES = ("ok", "error", "rejected", "cached")


@contextmanager
def llm(settings: LlmSettings, clock: Callable[[], float] | None = None) -> Iterator[Llm]:
    """A gateway on a port of its own; `clock` replaces the time of day."""
    registry = CollectorRegistry()
    metrics = LlmMetrics(registry)
    if clock is None:
        gateway = Gateway.of(settings, metrics)
    else:
        url = settings.cache_url
        cache = PromptCache(url, settings.cache_seconds, metrics) if url else None
        gateway = Gateway(settings, metrics, cache, clock)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await gateway.close()

    app = FastAPI(lifespan=lifespan)
    app.include_router(llm_routes(gateway))
    with served(app) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield Llm(client, registry)
