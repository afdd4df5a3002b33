"""Traces and log lines for Django: the middleware `sample_app.telemetry.django_app.Observed`, the first of all.

Where the folder is copied to the project's root it is `telemetry.django_app.Observed`. The setting `TELEMETRY` may hold
a `Telemetry`; else that of the environment is made. Every statement of every database becomes a span.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

from .calls import database
from .current import CURRENT
from .names import UNMATCHED
from .served import Requests, wire_attributes
from .settings import TelemetrySettings
from .telemetry import Telemetry

_HEADERS = (
    ("HTTP_TRACEPARENT", b"traceparent"),
    ("HTTP_TRACESTATE", b"tracestate"),
    ("HTTP_USER_AGENT", b"user-agent"),
    ("HTTP_HOST", b"host"),
)
_SYSTEMS = {"microsoft": "microsoft.sql_server", "oracle": "oracle.db"}
"""OpenTelemetry's names where they are not Django's."""


class Observed:
    """A span and a line of every request. The path of a line is the URL pattern, with a slash before it."""

    sync_capable, async_capable = True, False

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        from django.conf import settings  # noqa: PLC0415  (who has no Django copies this folder too)

        self._get_response = get_response
        self.telemetry = getattr(settings, "TELEMETRY", None) or Telemetry(TelemetrySettings.of(os.environ))
        self._requests: Requests = self.telemetry.requests
        self._exclude = self.telemetry.settings.exclude
        _watch_databases()
        _watch_exceptions()
        self.telemetry.count_in()
        self.telemetry.start()

    def __call__(self, request: Any) -> Any:
        """One request."""
        if request.path_info in self._exclude:
            return self._get_response(request)
        meta = request.META
        headers = [(name, meta[key].encode("latin-1", "replace")) for key, name in _HEADERS if key in meta]
        seen = request.telemetry = self._requests.begin(headers)
        start = perf_counter()
        try:
            response = self._get_response(request)
            status, told = response.status_code, None
            if status >= 400 and not getattr(response, "streaming", False):
                told = response.content
            seconds = perf_counter() - start
            wire = _wire(request, seen) if seen.span is not None else {}
            self._requests.end(seen, request.method, _template(request), status, seconds, told, wire)
        finally:
            self._requests.leave(seen)
        return response


def _template(request: Any) -> str:
    match = request.resolver_match
    return f"/{match.route.lstrip('^/')}" if match is not None else UNMATCHED


def _wire(request: Any, seen: Any) -> dict[str, Any]:
    meta = request.META
    port = str(meta.get("SERVER_PORT", ""))
    server = (str(meta.get("SERVER_NAME", "")), int(port) if port.isdecimal() else None)
    remote, remote_port = meta.get("REMOTE_ADDR"), str(meta.get("REMOTE_PORT", ""))
    client = (remote, int(remote_port) if remote_port.isdecimal() else 0) if remote else None
    version = meta.get("SERVER_PROTOCOL", "HTTP/1.1").partition("/")[2]
    return wire_attributes(seen, request.path, request.scheme, version, server, client)


def _watch_databases() -> None:
    """Every connection, of whichever thread, tells its statements."""
    from django.db import connections  # noqa: PLC0415
    from django.db.backends.signals import connection_created  # noqa: PLC0415

    connection_created.connect(_connected, dispatch_uid="telemetry")
    for connection in connections.all(initialized_only=True):
        _connected(connection=connection)


def _connected(connection: Any, **_kwargs: Any) -> None:
    if _statement not in connection.execute_wrappers:
        connection.execute_wrappers.append(_statement)


def _statement(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    """One statement as a span."""
    if CURRENT.get() is None:
        return execute(sql, params, many, context)
    connection = context["connection"]
    settings = connection.settings_dict
    port = str(settings.get("PORT") or "")
    with database(
        _SYSTEMS.get(connection.vendor, connection.vendor),
        sql,
        str(settings.get("NAME") or ""),
        str(settings.get("HOST") or ""),
        int(port) if port.isdecimal() else 0,
    ):
        return execute(sql, params, many, context)


def _watch_exceptions() -> None:
    from django.core.signals import got_request_exception  # noqa: PLC0415

    got_request_exception.connect(_raised, dispatch_uid="telemetry")


def _raised(**_kwargs: Any) -> None:
    """Django has turned an exception into an answer; the request's line has it."""
    seen = CURRENT.get()
    if seen is not None:
        seen.exception = sys.exc_info()[1]
