"""What is told of each request that a server answers: its span and its line. Knows no framework."""

from __future__ import annotations

from functools import lru_cache
from time import time
from typing import Any

from .current import CURRENT, Seen
from .lines import Lines
from .names import UNMATCHED, method_label
from .takeover import mark_told
from .traceparent import parent_of

LONGEST_PATH, LONGEST_AGENT = 1024, 256
TRACEPARENT, TRACESTATE = b"traceparent", b"tracestate"
_AGENT, _HOST = b"user-agent", b"host"
_STATUS_OF_OUR_OWN = 500


class Requests:
    """The spans and lines of one service. `tracing` makes spans; without it lines have the caller's trace id."""

    def __init__(self, lines: Lines, tracing: Any = None) -> None:
        self.lines = lines
        self.tracing = tracing

    def begin(self, headers: list[tuple[bytes, bytes]]) -> Seen:
        """A request arrives, with headers as ASGI has them; four are read. It is the current one until `leave`."""
        seen = Seen()
        traceparent = tracestate = b""
        for name, value in headers:
            if name == _AGENT:
                seen.agent = value
            elif name == _HOST:
                seen.host = value
            elif name == TRACEPARENT:
                traceparent = value
            elif name == TRACESTATE:
                tracestate = value
        parent = parent_of(traceparent) if traceparent else None
        if self.tracing is not None:
            self.tracing.begin(seen, parent, tracestate)
        elif parent is not None:
            seen.trace_id, seen.span_id = parent.trace_id, parent.span_id
            seen.carried = {"traceparent": traceparent.decode("ascii")}
            if tracestate:
                seen.carried["tracestate"] = tracestate.decode("latin-1")
        seen.token = CURRENT.set(seen)
        return seen

    def end(
        self, seen: Seen, method: str, template: str, status: int, seconds: float, told: object, wire: dict[str, Any]
    ) -> None:
        """It is answered. `told`: see `reason_of`. `wire`: see `wire_attributes`; it may be changed."""
        if status >= _STATUS_OF_OUR_OWN and isinstance(told, BaseException):
            seen.exception = told
            mark_told(told)
        if seen.span is not None:
            self.tracing.end(seen, method, "" if template == UNMATCHED else template, status, wire)
        self.lines.request(seen, method_label(method), template, status, seconds, time(), told)

    def leave(self, seen: Seen) -> None:
        """What follows here is no longer on its behalf."""
        if seen.token is not None:
            try:
                CURRENT.reset(seen.token)
            except ValueError:  # the server went on in another context; that one never saw this request
                return
        if seen.span is not None:
            self.tracing.leave(seen)


def wire_attributes(
    seen: Seen,
    path: str,
    scheme: str,
    version: str,
    server: tuple[str, int | None] | None,
    client: tuple[str, int] | None,
) -> dict[str, Any]:
    """The attributes of a server span that the connection and the headers say. Never the query string."""
    address, port = _server(seen.host, server)
    attributes: dict[str, Any] = {
        "url.path": path[:LONGEST_PATH],
        "url.scheme": scheme,
        "network.protocol.version": version,
        "server.address": address,
    }
    if port:
        attributes["server.port"] = port
    if client:
        attributes["client.address"] = client[0]
        if client[1]:
            attributes["client.port"] = client[1]
    if seen.agent:
        attributes["user_agent.original"] = seen.agent[:LONGEST_AGENT].decode("latin-1")
    return attributes


@lru_cache(maxsize=256)
def _server(host: bytes, server: tuple[str, int | None] | None) -> tuple[str, int | None]:
    """The name and port by which the client asked; without a Host header those that the server listens on."""
    own, own_port = server or ("", None)
    name, colon, port = host[:LONGEST_AGENT].decode("latin-1").rpartition(":")
    if colon and port.isdecimal() and len(port) <= 5 and "]" not in port:
        return name.strip("[]"), int(port)
    named = host[:LONGEST_AGENT].decode("latin-1").strip("[]")
    return (named, own_port) if named else (own, own_port)
