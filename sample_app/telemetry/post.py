"""Takes bytes to a collector over HTTP, on one connection that stays open."""

from __future__ import annotations

import gzip
import ssl
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection, RemoteDisconnected
from urllib.parse import urlsplit

RETRIED = frozenset({408, 429, 502, 503, 504})
"""Statuses by which a collector says that it will take the same again later."""

LONGEST_ANSWER = 65_536


class Later(Exception):
    """The collector is there but cannot take it now."""


class Refused(Exception):
    """The collector will never take this."""


class Post:
    """One address. Used by one thread. Raises ValueError for a URL that is none."""

    def __init__(self, url: str, headers: Mapping[str, str], ca_file: str = "", compress: bool = False) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError(f"{url!r} is no URL such as http://otel-collector:4318")
        self._host, self._port = parts.hostname, parts.port
        self._path = parts.path or "/"
        self._secure = ssl.create_default_context(cafile=ca_file or None) if parts.scheme == "https" else None
        self._compress = compress
        self._headers = {"Content-Type": "application/x-protobuf", "User-Agent": "telemetry-core", **headers}
        if compress:
            self._headers["Content-Encoding"] = "gzip"
        self._connection: HTTPConnection | None = None

    @property
    def where(self) -> str:
        """Host and port, for people."""
        return f"{self._host}:{self._port}" if self._port else self._host

    def send(self, body: bytes, seconds: float) -> bytes:
        """The answer's body. Raises Later, Refused, OSError or HTTPException; each wait ends after so many seconds."""
        content = gzip.compress(body, 1) if self._compress else body
        kept = self._connection is not None
        try:
            try:
                return self._send(content, seconds)
            except (RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                if not kept:  # else: closed by the server while nothing was sent
                    raise
                self.forget()
                return self._send(content, seconds)
        except (OSError, HTTPException):
            self.forget()
            raise

    def forget(self) -> None:
        """Closes the connection; the next request opens another one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _send(self, content: bytes, seconds: float) -> bytes:
        connection = self._connection = self._connection or self._made(seconds)
        if connection.sock is not None:
            connection.sock.settimeout(seconds)
        connection.timeout = seconds
        connection.request("POST", self._path, content, self._headers)
        answer = connection.getresponse()
        said = answer.read(LONGEST_ANSWER)
        if not answer.isclosed() or answer.will_close:
            self.forget()
        if answer.status in RETRIED:
            raise Later(f"status {answer.status}")
        if not 200 <= answer.status < 300:
            raise Refused(f"status {answer.status}")
        return said

    def _made(self, seconds: float) -> HTTPConnection:
        if self._secure is not None:
            return HTTPSConnection(self._host, self._port, timeout=seconds, context=self._secure)
        return HTTPConnection(self._host, self._port, timeout=seconds)
