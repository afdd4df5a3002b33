"""The request that is being answered here, for everything that happens on its behalf: calls, log records, the user.

It travels in a context variable: into tasks, into `asyncio.to_thread` and into the threads that FastAPI and Django use.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .tracing import Tracing

NO_IDS = ("", "")


class Seen:
    """A request, or a job, from its beginning to its end.

    tracing: where its spans go; None where no spans are made. span: its own, an OpenTelemetry span, then.
    trace_id, span_id: of that span; without spans those of the caller, where it sent any; else "".
    carried: the headers that a call on its behalf sends on where no spans are made.
    user_id: who asks, where the service knows it. exception: what no handler took. agent: the User-Agent header.
    host: the Host header.
    """

    __slots__ = (
        "agent",
        "carried",
        "exception",
        "host",
        "otel_token",
        "span",
        "span_id",
        "token",
        "trace_id",
        "tracing",
        "user_id",
    )

    def __init__(self) -> None:
        self.tracing: Tracing | None = None
        self.span: Any = None
        self.trace_id = self.span_id = ""
        self.carried: dict[str, str] = {}
        self.user_id = ""
        self.exception: BaseException | None = None
        self.agent = self.host = b""
        self.token: Token[Seen | None] | None = None
        self.otel_token: Any = None


CURRENT: ContextVar[Seen | None] = ContextVar("telemetry_request", default=None)


def note_user(user_id: object) -> None:
    """Says whose request this is: `user_id` of its log line. Nothing happens where no request is observed."""
    seen = CURRENT.get()
    if seen is not None:
        seen.user_id = str(user_id)


def ids() -> tuple[str, str]:
    """Trace id and span id in hex of what happens here; two empty texts where nothing is known."""
    seen = CURRENT.get()
    if seen is None:
        return NO_IDS
    return seen.tracing.ids() if seen.tracing is not None else (seen.trace_id, seen.span_id)
