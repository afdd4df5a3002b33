"""The load generator sends what it says, on time, and tells what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from sample_app.traffic.load import Load, Summary, run
from sample_app.traffic.plan import quantile, request

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Answers:
    """A server on a free port that answers each request with the next text, and counts connections."""

    def __init__(self, *texts: str, delay: float = 0.0) -> None:
        self.texts, self.delay = texts, delay
        self.connections = 0
        self.requests: list[str] = []

    async def load(self, rate: float, seconds: float, timeout: float = 5.0, traceparent: bool = False) -> Summary:
        """Runs a load against this server."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            return await run(Load(f"http://127.0.0.1:{port}", rate, seconds, timeout, traceparent))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = head.lower().partition("content-length: ")[2].partition("\r\n")[0]
                await reader.readexactly(int(length or 0))
                self.requests.append(head)
                await asyncio.sleep(self.delay)
                writer.write(self.texts[(len(self.requests) - 1) % len(self.texts)].encode())
        except asyncio.IncompleteReadError:
            writer.close()


OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
CHUNKED = "HTTP/1.1 500 Oh\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"


def test_all_requests_are_sent_and_connections_are_kept() -> None:
    """Slow enough for one connection: every request uses it."""
    server = Answers(OK, CHUNKED)
    summary = asyncio.run(server.load(rate=100, seconds=0.4))

    assert summary.sent == 40
    assert dict(summary.by_status) == {"200": 20, "500": 20}
    assert not summary.errors
    assert server.connections < 20


def test_slow_answers_do_not_hold_up_the_next_request() -> None:
    """Open loop: twenty requests leave within a second though each takes half of one."""
    server = Answers(OK, delay=0.5)
    summary = asyncio.run(server.load(rate=50, seconds=0.4))

    assert summary.sent == 20
    assert server.connections == 20
    assert all(0.5 <= seconds < 1.5 for seconds in summary.durations)


def test_errors_are_counted_by_kind() -> None:
    """A refused connection, an answer that is not HTTP, and one that does not come."""
    refused = asyncio.run(run(Load("http://127.0.0.1:9", 50, 0.1)))
    rubbish = asyncio.run(Answers("rubbish\r\n\r\n").load(rate=50, seconds=0.1))
    late = asyncio.run(Answers(OK, delay=1.0).load(rate=50, seconds=0.04, timeout=0.1))

    assert (refused.sent, sum(refused.errors.values()), dict(refused.by_status)) == (5, 5, {})
    assert dict(rubbish.errors) == {"ProtocolError": 5}
    assert dict(late.errors) == {"timeout": 2}


def test_trace_ids_are_sent_on_request() -> None:
    """One of its own for each request, sampled."""
    server = Answers(OK)
    asyncio.run(server.load(rate=50, seconds=0.1, traceparent=True))
    sent = [line for head in server.requests for line in head.split("\r\n") if line.startswith("traceparent: 00-")]

    assert len(set(sent)) == 5
    assert all(line.endswith("-01") for line in sent)


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "ftp://host", "http://", "http://host:x", "http://host/path"])
def test_a_url_that_names_no_server_is_refused(url: str) -> None:
    """Before anything is sent."""
    with pytest.raises(ValueError):  # noqa: PT011  (the message is urllib's for a bad port)
        asyncio.run(run(Load(url, 1, 1)))


def test_the_plan_covers_every_endpoint_in_turn() -> None:
    """And never asks for an item that is not there."""
    requests = [request(number) for number in range(4000)]

    assert [r.path for r in requests[:4]] == ["/items/1", "/predict", "/recommendations?user=0", "/"]
    assert "/items/0" not in {r.path for r in requests}
    assert "/items/201" not in {r.path for r in requests}


@pytest.mark.parametrize(("share", "expected"), [(0.5, 2.0), (0.95, 4.0), (0.0, 1.0), (1.0, 4.0)])
def test_a_quantile_is_a_value_that_was_seen(share: float, expected: float) -> None:
    """No interpolation."""
    assert expected == quantile([1.0, 2.0, 3.0, 4.0], share)
    assert quantile([], share) is None


def test_the_summary_is_plain_json() -> None:
    """Without an answer there is no quantile."""
    assert Summary().as_json() == {"sent": 0, "by_status": {}, "errors": {}, "p50_seconds": None, "p95_seconds": None}
