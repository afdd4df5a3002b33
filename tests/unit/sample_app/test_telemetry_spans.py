"""Spans: of each request beside the peer's, of what it does elsewhere, and how a trace goes on."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException, WebSocket
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from sample_app.telemetry import cache, carried, chat, database, inference, outgoing, start, tell_usage
from sample_app.telemetry.httpx_client import AsyncTraced, Traced
from tests.unit.sample_app.sample_helpers import asgi, ask, http_scope, run, scraped
from tests.unit.sample_app.telemetry_helpers import (
    SPAN,
    TRACE,
    attributes,
    ids,
    observed,
    parent,
    recorded,
)

REQUEST = (
    (b"host", b"shop.example:8001"),
    (b"user-agent", b"browser/1"),
    (b"authorization", b"Bearer abcdef"),
)


@pytest.fixture
def app() -> FastAPI:
    """One route of each kind."""
    app = FastAPI()

    @app.get("/items/{item_id}")
    async def item(item_id: int) -> dict[str, int]:
        if item_id == 0:
            raise RuntimeError("gone")
        if item_id > 99:
            raise HTTPException(503 if item_id == 503 else 404)
        await asyncio.sleep(0)
        with start("inner"):
            return {"id": item_id}

    @app.get("/blocking")
    def blocking() -> dict[str, str]:
        return carried()

    @app.websocket("/ws")
    async def ws(socket: WebSocket) -> None:
        await socket.accept()
        await socket.close()

    return app


def one(app: FastAPI, path: str = "/items/7", method: str = "GET", **scope: Any) -> ReadableSpan:
    """The server span of one request."""
    made = observed(app)
    try:
        asyncio.run(asgi(app, {**http_scope(method, path, REQUEST), "query_string": b"token=abc", **scope}))
    except RuntimeError:
        assert path == "/items/0"
    return made.spans[-1]


def test_a_server_span_has_the_attributes_of_the_conventions(app: FastAPI) -> None:
    """Of the URL no more than its path."""
    span = one(app)

    assert (span.name, span.kind, span.status.status_code) == (
        "GET /items/{item_id}",
        SpanKind.SERVER,
        StatusCode.UNSET,
    )
    assert attributes(span) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/items/{item_id}",
        "url.path": "/items/7",
        "url.scheme": "http",
        "server.address": "shop.example",
        "server.port": 8001,
        "client.address": "127.0.0.1",
        "client.port": 1,
        "user_agent.original": "browser/1",
        "network.protocol.version": "1.1",
    }


PEER = """
import asyncio
from fastapi import FastAPI
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.unit.sample_app.sample_helpers import asgi, http_scope
from tests.unit.sample_app.test_telemetry_spans import REQUEST

app, kept, provider = FastAPI(), InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(kept))
app.get("/items/{item_id}")(lambda item_id: {})
FastAPIInstrumentor.instrument_app(app, tracer_provider=provider)
asyncio.run(asgi(app, {**http_scope("GET", "/items/7", REQUEST), "query_string": b"token=abc"}))
print(sorted(kept.get_finished_spans()[-1].attributes))
"""


def test_a_server_span_has_every_attribute_of_the_peer_s_but_the_query(app: FastAPI) -> None:
    """opentelemetry-instrumentation-fastapi with the stable names, in a process of its own: it reads them once."""
    ran = subprocess.run(
        [sys.executable, "-c", PEER],
        env={**os.environ, "OTEL_SEMCONV_STABILITY_OPT_IN": "http"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert ran.stdout.strip() == str(sorted({*attributes(one(app)), "url.query"}))


@pytest.mark.parametrize(
    ("path", "status", "failed", "kind"),
    [
        ("/items/0", 500, True, "RuntimeError"),
        ("/items/503", 503, True, "503"),
        ("/items/404", 404, False, None),
    ],
)
def test_a_server_span_fails_with_the_server(app: FastAPI, path: str, status: int, failed: bool, kind: str) -> None:
    """Not by what a client did wrong; and no text of an exception is told."""
    span = one(app, path)

    assert attributes(span)["http.response.status_code"] == status
    assert (span.status.status_code is StatusCode.ERROR, attributes(span).get("error.type")) == (failed, kind)
    assert span.status.description is None
    assert not span.events


@pytest.mark.parametrize(
    ("path", "method", "name", "told"),
    [
        ("/nowhere/7", "GET", "GET", "GET"),
        ("/items/7", "BREW", "HTTP /items/{item_id}", "_OTHER"),
        ("/nowhere", "BREW", "HTTP", "_OTHER"),
    ],
)
def test_names_of_spans_are_few(app: FastAPI, path: str, method: str, name: str, told: str) -> None:
    """Neither a path nor a method that somebody made up is one."""
    span = one(app, path, method)

    assert (span.name, attributes(span)["http.request.method"]) == (name, told)
    assert ("http.route" in attributes(span)) == ("{" in name)


@pytest.mark.parametrize(
    ("server", "client", "host", "expected"),
    [
        (("10.0.0.1", 8000), ("::1", 5), b"", ("10.0.0.1", 8000, "::1")),
        (("10.0.0.1", 8000), None, b"[::1]:8001", ("::1", 8001, None)),
        (("10.0.0.1", 8000), None, b"shop.example", ("shop.example", 8000, None)),
        (("/run/shop.sock", None), None, b"", ("/run/shop.sock", None, None)),
        (None, None, b"shop:nonsense", ("shop:nonsense", None, None)),
    ],
)
def test_addresses_are_what_is_known(app: FastAPI, server: Any, client: Any, host: bytes, expected: Any) -> None:
    """By the Host header, else by the socket."""
    made = observed(app)
    headers = [(b"host", host)] if host else []
    asyncio.run(asgi(app, {**http_scope("GET", "/items/7"), "server": server, "client": client, "headers": headers}))
    found = attributes(made.spans[-1])

    assert tuple(found.get(name) for name in ("server.address", "server.port", "client.address")) == expected


@pytest.mark.parametrize("flags", ["01", "00", "03"])
def test_a_trace_goes_on(app: FastAPI, flags: str) -> None:
    """Below the caller's span, also of a caller that keeps none; what is worth keeping the collector decides."""
    made = observed(app)
    ask(app, ("GET", "/items/7"), headers={"traceparent": f"00-{TRACE}-{SPAN}-{flags}", "tracestate": "a=1,b=2"})
    inner, server = made.spans

    assert ids(server)[0] == ids(inner)[0] == TRACE
    assert (parent(server), parent(inner)) == (SPAN, ids(server)[1])
    assert server.parent is not None
    assert server.parent.is_remote
    assert inner.context is not None
    assert inner.context.trace_state.to_header() == "a=1,b=2"


@pytest.mark.parametrize("header", ["", "nonsense", f"ff-{TRACE}-{SPAN}-01", f"00-{'0' * 32}-{SPAN}-01"])
def test_a_malformed_context_begins_a_new_trace(app: FastAPI, header: str) -> None:
    made = observed(app)
    ask(app, ("GET", "/items/7"), headers={"traceparent": header, "tracestate": "a=1"})

    assert parent(made.spans[-1]) == ""
    assert ids(made.spans[-1])[0] not in (TRACE, "0" * 32)


def test_requests_at_the_same_time_keep_apart(app: FastAPI) -> None:
    """Each has its own spans, in tasks and in threads."""
    made = observed(app)

    async def many(client: httpx.AsyncClient) -> list[httpx.Response]:
        asked = [client.get(f"/items/{1 + number % 99}") for number in range(40)]
        return list(await asyncio.gather(*asked, *(client.get("/blocking") for _ in range(10))))

    answers = run(many, app)
    servers = {ids(span): span for span in made.spans if span.kind is SpanKind.SERVER}
    inner = [span for span in made.spans if span.name == "inner"]
    sent_on = [answer.json()["traceparent"] for answer in answers[40:]]

    assert len(servers) == 50
    assert len({trace_id for trace_id, _ in servers}) == 50
    assert {(ids(span)[0], parent(span)) for span in inner} <= servers.keys()
    assert {tuple(header.split("-")[1:3]) for header in sent_on} <= servers.keys()


def test_nothing_stays_current_after_a_request(app: FastAPI) -> None:
    """Not even where several requests are answered in one task."""
    observed(app)

    async def twice() -> dict[str, str]:
        await asgi(app, http_scope("GET", "/items/7"))
        return carried()

    assert asyncio.run(twice()) == {}


def test_websockets_pass(app: FastAPI) -> None:
    """They make neither spans nor lines."""
    made = observed(app)
    scope = {**http_scope(path="/ws"), "type": "websocket", "subprotocols": []}
    sent = asyncio.run(asgi(app, scope, {"type": "websocket.connect"}))

    assert sent[0]["type"] == "websocket.accept"
    assert made.everything == ""


def test_exemplars_name_the_server_span(app: FastAPI) -> None:
    """Without a header from outside: every request has a trace now."""
    made = observed(app)
    ask(app, ("GET", "/items/7"))
    exemplars = {s.exemplar.labels["trace_id"] for s in scraped(app) if s.exemplar}

    assert exemplars == {ids(made.spans[-1])[0]}


def test_somebody_else_s_spans_and_ours_are_one_trace(app: FastAPI) -> None:
    """Whoever uses OpenTelemetry's own interface sees the request's span as the current one, and we see theirs."""
    made = recorded()
    assert made.telemetry.tracing is not None
    tracer = made.telemetry.tracing.provider.get_tracer("theirs")
    with made.telemetry.job("job"), tracer.start_as_current_span("theirs"), start("ours"):
        pass
    ours, theirs, job = made.spans

    assert (parent(ours), parent(theirs)) == (ids(theirs)[1], ids(job)[1])


def test_outgoing_calls_carry_their_own_span(app: FastAPI) -> None:
    """Of the URL neither query nor credentials; 4xx and 5xx are failures of a call, and so is an exception."""
    made = recorded()
    url = "https://user:secret@other.example/things/1?token=abc#part"
    with made.telemetry.job("job"):
        with outgoing("POST", url, "/things/{id}") as call:
            call.answered(201)
            sent = call.headers["traceparent"]
        with outgoing("GET", "http://[::1]:8080/x") as call:
            call.answered(404)
        with pytest.raises(ConnectionError), outgoing("GET", url):
            raise ConnectionError("secret")
    post, missing, broken, job = made.spans

    assert (post.name, post.kind, parent(post)) == ("POST /things/{id}", SpanKind.CLIENT, ids(job)[1])
    assert sent == f"00-{ids(post)[0]}-{ids(post)[1]}-{sent[-2:]}"
    assert attributes(post) == {
        "http.request.method": "POST",
        "http.response.status_code": 201,
        "server.address": "other.example",
        "server.port": 443,
        "url.full": "https://other.example/things/1",
        "url.template": "/things/{id}",
    }
    assert attributes(missing)["url.full"] == "http://[::1]:8080/x"
    assert [attributes(span).get("error.type") for span in (post, missing, broken)] == [None, "404", "ConnectionError"]
    assert [span.status.status_code is StatusCode.ERROR for span in (post, missing, broken)] == [False, True, True]
    assert "secret" not in made.everything


def test_httpx_clients_are_wrapped(app: FastAPI) -> None:
    """Both kinds: what they send is received as the next part of the trace."""
    inner = observed(app, "inner")
    outer = recorded("outer")

    async def asynchronous() -> None:
        async with httpx.AsyncClient(
            transport=AsyncTraced(httpx.ASGITransport(app)), base_url="http://inner"
        ) as client:
            await client.get("/items/7?token=abc")

    with outer.telemetry.job("job"):
        asyncio.run(asynchronous())
        seen: list[httpx.Request] = []

        def answer(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            return httpx.Response(200)

        transport = Traced(httpx.MockTransport(answer))
        with httpx.Client(transport=transport) as client:
            client.get("http://other/x", headers={"traceparent": "overwritten"})
    first, second, _ = outer.spans

    assert parent(inner.spans[-1]) == ids(first)[1]
    assert ids(inner.spans[-1])[0] == ids(first)[0]
    assert seen[0].headers["traceparent"].split("-")[2] == ids(second)[1]
    assert attributes(first)["url.full"] == "http://inner/items/7"


def test_databases_caches_and_models_have_the_attributes_of_the_conventions() -> None:
    """Never a value, a key, a prompt or an answer."""
    made = recorded()
    with made.telemetry.job("job"):
        with database("postgresql", "SELECT * FROM shop_user WHERE name = 'secret'", "shop", "db", 5432):
            pass
        with cache("GET", "cache", 6379):
            pass
        with chat("tiny", "builtin") as call:
            tell_usage(call, "tiny-2", 12, 34)
        with inference("scorer"):
            pass
    sql, redis, llm, model, _ = made.spans

    assert (sql.name, sql.kind) == ("SELECT shop_user", SpanKind.CLIENT)
    assert attributes(sql) == {
        "db.system.name": "postgresql",
        "db.operation.name": "SELECT",
        "db.collection.name": "shop_user",
        "db.query.summary": "SELECT shop_user",
        "db.query.text": "SELECT * FROM shop_user WHERE name = ?",
        "db.namespace": "shop",
        "server.address": "db",
        "server.port": 5432,
    }
    assert (redis.name, attributes(redis)) == (
        "GET",
        {"db.system.name": "redis", "db.operation.name": "GET", "server.address": "cache", "server.port": 6379},
    )
    assert (llm.name, llm.kind, attributes(llm)) == (
        "chat tiny",
        SpanKind.CLIENT,
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "builtin",
            "gen_ai.request.model": "tiny",
            "gen_ai.response.model": "tiny-2",
            "gen_ai.usage.input_tokens": 12,
            "gen_ai.usage.output_tokens": 34,
        },
    )
    assert (model.name, model.kind) == ("inference scorer", SpanKind.INTERNAL)


def test_outside_a_request_nothing_is_made() -> None:
    """No spans of background loops, no headers, no errors."""
    with outgoing("GET", "http://other/") as call, database("postgresql", "SELECT 1"), cache("GET"), start("x"):
        call.answered(500)
        call.set("a", 1)

    assert dict(call.headers) == carried() == {}


def test_a_job_goes_on_with_what_a_request_put_into_its_message(app: FastAPI) -> None:
    """Another process, later: the same trace."""
    web, worker = recorded("web"), recorded("worker")
    with web.telemetry.job("request"):
        message = carried()
    with worker.telemetry.job("resize", message, "consumer"):
        pass

    assert ids(worker.spans[0])[0] == ids(web.spans[0])[0]
    assert (parent(worker.spans[0]), worker.spans[0].kind) == (ids(web.spans[0])[1], SpanKind.CONSUMER)
