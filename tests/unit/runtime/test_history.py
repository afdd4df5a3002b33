"""Days of history come in parts that fit: what is too large for one answer is asked again in smaller ones."""

from __future__ import annotations

import json
import threading
import tracemalloc
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from generator.episodes import Counting
from generator.runtime import history, http
from generator.runtime.history import HistoryProblem

STEP = 15.0
SERIES = 100
Asked = list[tuple[float, float, float]]


class Server(HTTPServer):
    """Stands in for Prometheus: every series has a value at every step, but for those in `without`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: Asked = []
        self.series = 1
        self.without = (0.0, 0.0)
        self.most_points = 11_000
        self.refusal = (0, "")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Answers /api/v1/query_range."""

    server: Server

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        start, end, step = (float(form[name][0]) for name in ("start", "end", "step"))
        self.server.asked.append((start, end, step))
        points = round((end - start) / step) + 1
        if self.server.refusal[0]:
            self._say(self.server.refusal[0], [self.server.refusal[1]])
        elif points > self.server.most_points:
            message = "query processing would load too many samples into memory in query execution"
            self._say(422, [json.dumps({"status": "error", "errorType": "execution", "error": message})])
        else:
            moments = (start + n * step for n in range(points))
            values = [[t, "1"] for t in moments if not self.server.without[0] <= t < self.server.without[1]]
            self._say(200, _matrix(values, self.server.series))

    def _say(self, status: int, body: Iterable[str]) -> None:
        try:
            self.send_response(status)
            self.end_headers()
            for piece in body:
                self.wfile.write(piece.encode())
        except (BrokenPipeError, ConnectionResetError):
            return

    def log_message(self, *_args: Any) -> None:
        """Says nothing."""


def _matrix(values: list[list[Any]], series: int) -> Iterator[str]:
    """The answer, one series at a time."""
    shown = json.dumps(values)
    yield '{"status": "success", "data": {"resultType": "matrix", "result": ['
    for number in range(series):
        yield f'{"," if number else ""}{{"metric": {{"service": "s{number}"}}, "values": {shown}}}'
    yield "]}}"


@pytest.fixture
def server() -> Iterator[Server]:
    """Runs until the test is over."""
    running = Server()
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


def moments(server: Server, start: float, end: float) -> list[float]:
    """Every moment of the first series."""
    return [t for part in history.parts(server.url, "x", start, end, STEP) for t in part.series[0][1]]


def test_a_month_comes_in_parts_that_meet(server: Server) -> None:
    """Each moment once, none left out, and never more points than a server gives."""
    end = 30 * 86400.0
    found = moments(server, 0.0, end)

    assert found == [n * STEP for n in range(30 * 5760 + 1)]
    assert len(server.asked) == 31
    assert max((last - first) / step for first, last, step in server.asked) < 11_000


@pytest.mark.parametrize("steps", [0, 1, 5759, 5760, 5761])
def test_every_length_ends_where_it_should(server: Server, steps: int) -> None:
    """One evaluation, a full part, one more."""
    assert moments(server, 0.0, steps * STEP) == [n * STEP for n in range(steps + 1)]


def test_what_a_server_refuses_for_its_size_is_asked_in_halves(server: Server) -> None:
    """Until it answers; the rest is asked in the size that worked."""
    server.most_points = 100
    found = moments(server, 0.0, 1000 * STEP)

    assert found == [n * STEP for n in range(1001)]
    assert len([1 for first, last, step in server.asked if (last - first) / step > 100]) == 6


def test_memory_has_a_bound(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """100 series that fire for six hours: 3 MB of JSON become 50 of objects, unless they come in parts."""
    server.series = SERIES
    monkeypatch.setattr(history, "MOST_BYTES", 256 * 1024)
    counting = Counting(STEP, 300)
    tracemalloc.start()
    for part in history.parts(server.url, "x", 0.0, 21600.0, STEP):
        for labels, times in part.series:
            assert [*counting.add(labels, times)] == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    found = [*counting.finish(21600.0)]

    assert len(found) == SERIES
    assert {(e.start, e.end, e.still) for e in found} == {(300.0, 21615.0, True)}
    assert peak < 8 * 2**20


def test_one_evaluation_that_is_too_large_is_told(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing left to halve."""
    server.series = SERIES
    monkeypatch.setattr(history, "MOST_BYTES", 1024)

    with pytest.raises(HistoryProblem, match="the answer of one evaluation is larger than 1024 bytes"):
        moments(server, 0.0, 86400.0)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (400, '{"status":"error","error":"parse error: unexpected )"}', r"answers 400: parse error: unexpected \)"),
        (502, "<html>", "answers 502: <html>"),
        (200, "hello", "answers 200: hello"),
        (200, "[]", r"answers 200: \[\]"),
        (503, "", "answers 503: nothing"),
    ],
)
def test_other_answers_are_told(server: Server, status: int, body: str, said: str) -> None:
    """What is wrong with the question, or that it is no Prometheus."""
    server.refusal = (status, body)

    with pytest.raises(HistoryProblem, match=said):
        moments(server, 0.0, 60.0)


def test_coverage_counts_gaps(server: Server) -> None:
    """Ten hours, of which two are missing."""
    server.without = (5 * 3600.0, 7 * 3600.0)
    found = history.coverage(server.url, ("a", "b"), 0.0, 36000.0)

    assert found is not None
    assert (found.since, found.gaps) == (0.0, 1)
    assert found.length == 36000 - 7200 - history.LOOKBACK


def test_history_that_begins_late_is_shorter(server: Server) -> None:
    """What is missing before the first sample is no gap."""
    server.without = (0.0, 7200.0)
    found = history.coverage(server.url, ("a",), 0.0, 36000.0)

    assert found == history.Coverage(7200.0, 28800.0, 0)


def test_no_history_is_none(server: Server) -> None:
    """Neither a length nor a beginning."""
    server.without = (0.0, 1e12)

    assert history.coverage(server.url, ("a",), 0.0, 3600.0) is None


def test_a_body_is_cut_where_it_is_told(server: Server) -> None:
    """And the answer says so."""
    form = {"query": "x", "start": "0", "end": "3600", "step": "15"}
    cut = http.ask(f"{server.url}/api/v1/query_range", form=form, most=100)
    whole = http.ask(f"{server.url}/api/v1/query_range", form=form)

    assert (cut.cut, len(cut.body)) == (True, 101)
    assert not whole.cut
    assert whole.data()["status"] == "success"
