"""Spans for the requests of an httpx client, which carry the trace on: wrap its transport.

    httpx.AsyncClient(transport=AsyncTraced(httpx.AsyncHTTPTransport()))

A span ends with the head of the answer; redirects are spans of their own.
"""

from __future__ import annotations

import httpx

from .calls import outgoing


class AsyncTraced(httpx.AsyncBaseTransport):
    """For `httpx.AsyncClient`."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One request."""
        with outgoing(request.method, str(request.url)) as call:
            request.headers.update(call.headers)
            response = await self._transport.handle_async_request(request)
            call.answered(response.status_code)
            return response

    async def aclose(self) -> None:
        """Closes the transport."""
        await self._transport.aclose()


class Traced(httpx.BaseTransport):
    """For `httpx.Client`."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request."""
        with outgoing(request.method, str(request.url)) as call:
            request.headers.update(call.headers)
            response = self._transport.handle_request(request)
            call.answered(response.status_code)
            return response

    def close(self) -> None:
        """Closes the transport."""
        self._transport.close()
