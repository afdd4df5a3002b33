"""Every name and label value that leaves this package, and what bounds their number."""

from __future__ import annotations

REQUESTS = "http_requests"
"""A counter; the client writes it as `http_requests_total`."""

DURATION = "http_request_duration_seconds"
IN_PROGRESS = "http_requests_inprogress"

HELP = {
    REQUESTS: "Requests by route, method and status class.",
    DURATION: "Seconds from the request to the end of its answer, by route and method.",
    IN_PROGRESS: "Requests being answered now.",
}

UNMATCHED = "none"
"""The handler label of a request that no route took."""

OTHER = "other"
"""The method label of a request whose method is none of HTTP's own."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
DECLARED_STATUSES = ("2xx", "4xx", "5xx")

REQUEST_LOGGER = "request"
"""The `logger` of the line that each request writes."""

DROPPED, SENT = "telemetry_dropped", "telemetry_sent"
"""Counters by `signal`; the client writes them with `_total`."""

TRACES, LOGS = "traces", "logs"
HELP_OF_SHIPPING = {
    DROPPED: "Spans and log records that were thrown away: too many waited, or the collector refused them.",
    SENT: "Spans and log records that the collector took.",
}

_STATUSES = ("5xx", "1xx", "2xx", "3xx", "4xx", "5xx")


def method_label(method: str) -> str:
    """`method` itself when HTTP defines it, else "other": a client cannot make up series."""
    return method if method in METHODS else OTHER


def status_label(status: int) -> str:
    """The class of an HTTP status: 204 -> "2xx". Outside 100 to 599 it is the server's fault: "5xx"."""
    return _STATUSES[status // 100] if 100 <= status <= 599 else _STATUSES[0]
