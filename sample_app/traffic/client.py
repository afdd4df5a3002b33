"""A small HTTP/1.1 client on asyncio streams, with connections that stay open."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .plan import Request

Headers = tuple[tuple[str, str], ...]

_LONGEST_HEAD = 65536


class ProtocolError(Exception):
    """The server's answer is not HTTP/1.1 as this client reads it."""


@dataclass(slots=True)
class Connection:
    """One open connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


@dataclass(slots=True)
class Client:
    """Sends requests to one server; connections are kept and used again.

    url: `http://host[:port]` or `https://host[:port]`. Raises ValueError for anything else.
    """

    url: str
    _idle: list[Connection] = field(default_factory=list)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
            raise ValueError(f"{self.url!r} is no server; write one such as http://127.0.0.1:8000")
        parts.port  # noqa: B018  (raises ValueError when it is no number)

    async def send(self, request: Request, headers: Headers = ()) -> int:
        """Sends one request and reads its whole answer; returns the status.

        Raises OSError, ProtocolError or asyncio.IncompleteReadError. A kept connection that the server closed in the
        meantime is replaced once.
        """
        while self._idle:
            connection = self._idle.pop()
            if not connection.reader.at_eof() and not connection.writer.is_closing():
                try:
                    return await self._exchange(connection, request, headers)
                except (ConnectionError, asyncio.IncompleteReadError):
                    break
            connection.writer.close()
        return await self._exchange(await self._connect(), request, headers)

    async def close(self) -> None:
        """Closes the connections that are kept."""
        for connection in self._idle:
            connection.writer.close()
        await asyncio.gather(*(c.writer.wait_closed() for c in self._idle), return_exceptions=True)
        self._idle.clear()

    async def _connect(self) -> Connection:
        parts = urlsplit(self.url)
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        context = ssl.create_default_context() if secure else None
        return Connection(*await asyncio.open_connection(parts.hostname, port, ssl=context, limit=_LONGEST_HEAD))

    async def _exchange(self, connection: Connection, request: Request, headers: Headers) -> int:
        keep = False
        try:
            connection.writer.write(self._head(request, headers) + request.body)
            await connection.writer.drain()
            status, keep = await _read_answer(connection.reader)
            return status
        finally:
            if keep:
                self._idle.append(connection)
            else:
                connection.writer.close()

    def _head(self, request: Request, headers: Headers) -> bytes:
        lines = [f"{request.method} {request.path} HTTP/1.1", f"host: {urlsplit(self.url).netloc}"]
        lines += [f"{name}: {value}" for name, value in headers]
        if request.body:
            lines += ["content-type: application/json", f"content-length: {len(request.body)}"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


async def _read_answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """Status, and whether the connection can be used again."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split(" ")[1])
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        if headers.get("transfer-encoding", "").lower() == "chunked":
            await _skip_chunks(reader)
        elif status not in (204, 304):
            await reader.readexactly(int(headers["content-length"]))
    except (ValueError, IndexError, KeyError, asyncio.LimitOverrunError) as error:
        raise ProtocolError(f"an answer that is not HTTP/1.1 with a length: {error}") from error
    return status, headers.get("connection", "").lower() != "close"


async def _skip_chunks(reader: asyncio.StreamReader) -> None:
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        await reader.readexactly(size + 2)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass
