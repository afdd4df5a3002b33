"""Spans for what a request does elsewhere: other services, databases, caches, models.

    with database("postgresql", sql, namespace="shop"):
        cursor.execute(sql, parameters)

    with outgoing("GET", url) as call:
        answer = client.get(url, headers=call.headers)     # the W3C context of this call
        call.answered(answer.status_code)

Outside an observed request, and where no spans are made, all of this does nothing and costs next to nothing. Values of
SQL, query strings, credentials in URLs, prompts and answers never become attributes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from .current import CURRENT
from .sql import read

Kind = Literal["internal", "client", "consumer", "producer"]
Value = str | int | float | bool | Sequence[str]
T = TypeVar("T", bound="Call")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Call:
    """A span that is open, or nothing where no spans are made. As a context it is the current span and ends itself."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self.headers: Mapping[str, str] = headers or {}

    def set(self, name: str, value: Value) -> None:
        """Sets an attribute."""

    def failed(self, kind: str) -> None:
        """Says that it did not work: `error.type`, a name of few values."""

    def answered(self, status: int) -> None:
        """The status of an HTTP answer; from 400 on the call failed."""

    def child(self, name: str, attributes: Mapping[str, Value], links: Sequence[Call] = ()) -> Call:
        """A span below this one, in whatever thread; `links` are others that it works for too."""
        return self

    def end(self, error: BaseException | None = None) -> None:
        """Ends it; a second time does nothing."""

    def __enter__(self: T) -> T:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(error)


NOTHING = Call()


def start(name: str, kind: Kind = "internal", attributes: Mapping[str, Value] | None = None) -> Call:
    """A span below the current one. Use it as a context, or end it yourself."""
    seen = CURRENT.get()
    if seen is None:
        return NOTHING
    if seen.tracing is None:
        return Call(seen.carried) if seen.carried else NOTHING
    return seen.tracing.start(name, kind, attributes)


def outgoing(method: str, url: str, template: str = "") -> Call:
    """A call of another service over HTTP; send its `headers`. `template` is the path without what varies in it."""
    if CURRENT.get() is None:
        return NOTHING
    parts = urlsplit(url)
    where = parts.hostname or ""
    host = f"[{where}]" if ":" in where else where
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    named = f":{port}" if parts.port else ""
    attributes: dict[str, Value] = {
        "http.request.method": method,
        "server.address": where,
        "server.port": port,
        "url.full": f"{parts.scheme}://{host}{named}{parts.path}",
    }
    if template:
        attributes["url.template"] = template
    return start(f"{method} {template}" if template else method, "client", attributes)


def database(system: str, sql: str, namespace: str = "", host: str = "", port: int = 0) -> Call:
    """One statement. `system` is OpenTelemetry's name of the database: postgresql, mysql, sqlite …"""
    if CURRENT.get() is None:
        return NOTHING
    statement = read(sql, system)
    attributes: dict[str, Value] = {"db.system.name": system, "db.query.summary": statement.summary}
    known = {
        "db.operation.name": statement.operation,
        "db.collection.name": statement.collection,
        "db.query.text": statement.text,
        "db.namespace": namespace,
    }
    attributes |= {name: value for name, value in known.items() if value}
    return start(statement.summary or system, "client", attributes | _server(host, port))


def cache(operation: str, host: str = "", port: int = 0, system: str = "redis") -> Call:
    """One command to a cache: its name alone, never keys or values."""
    if CURRENT.get() is None:
        return NOTHING
    return start(operation, "client", {"db.system.name": system, "db.operation.name": operation} | _server(host, port))


def inference(model: str) -> Call:
    """A request to a model of this process; end it when its answer is there."""
    return start(f"inference {model}", "internal", {"inference.model": model})


def chat(model: str, provider: str, host: str = "", port: int = 0) -> Call:
    """A call of a language model. `model` must be one of few names; see `tell_usage` for what came of it."""
    attributes: dict[str, Value] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": model,
    }
    return start(f"chat {model}", "client", attributes | _server(host, port))


def tell_usage(call: Call, model: str, input_tokens: int, output_tokens: int) -> None:
    """What a language model answered: which one it was, and how many tokens; never what was said."""
    call.set("gen_ai.response.model", model)
    call.set("gen_ai.usage.input_tokens", input_tokens)
    call.set("gen_ai.usage.output_tokens", output_tokens)


def carried() -> dict[str, str]:
    """The headers that carry this request's context to whoever goes on with it later: put them into the message."""
    seen = CURRENT.get()
    if seen is None:
        return {}
    return seen.tracing.headers() if seen.tracing is not None else seen.carried


def _server(host: str, port: int) -> dict[str, Value]:
    known: dict[str, Value] = {"server.address": host, "server.port": port}
    return {name: value for name, value in known.items() if value}
