"""Several workers, one summary: a real server with two worker processes."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException
from prometheus_client import CollectorRegistry, Counter

from sample_app.telemetry import SummarySettings, instrument, serve_summary
from tests.unit.sample_app.sample_helpers import OPENMETRICS, parsed

ROOT = Path(__file__).parents[3]
APP = "tests.unit.sample_app.test_summary_workers:make_app"
REQUESTS, COUNT, SUM = (
    "http_requests_total",
    "http_request_duration_seconds_count",
    "http_request_duration_seconds_sum",
)


def make_app() -> FastAPI:
    """What each worker serves."""
    app = FastAPI()
    registry = CollectorRegistry()
    keys = Counter("api_key_requests", "Requests by API key.", ("key",), registry=registry)

    @app.get("/items/{item_id}")
    async def item(item_id: int) -> dict[str, int]:
        keys.labels("shop").inc()
        if item_id > 100:
            raise HTTPException(404, f"no item {item_id}")
        return {"pid": os.getpid()}

    @app.get("/slow")
    async def slow(seconds: float) -> dict[str, int]:
        await asyncio.sleep(seconds)
        return {"pid": os.getpid()}

    settings = SummarySettings(reset_enabled=True, recent_errors=20, api_keys="api_key_requests_total")
    serve_summary(app, instrument(app, registry=registry), settings)
    return app


class Server:
    """Two workers behind one port."""

    def __init__(self, folder: Path) -> None:
        self.metrics_dir = folder / "metrics"
        self.metrics_dir.mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "uvicorn", "--factory", APP, "--workers", "2", "--port", str(port)]
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(self.metrics_dir)}
        self.process = subprocess.Popen([*command, "--log-level", "error"], cwd=ROOT, env=environment)

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first summary that is as wanted, within a minute: a request is counted after its answer was sent."""
        deadline = time.monotonic() + 60
        data: dict[str, Any] = {}
        while time.monotonic() < deadline:
            try:
                if wanted(data := self.data()):
                    return data
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"still {data}")

    def counted(self, calls: int, errors: int = 0, longest: float = 0.0) -> dict[str, Any]:
        """The summary once it has so many requests, so many recent errors, and one that took so long."""
        return self.until(
            lambda data: (
                (data["total_calls"], len(data["recent_errors"]), data["in_progress"]) == (calls, errors, 0)
                and (data["max_response_time"] or 0.0) >= longest
            )
        )

    def get(self, path: str, count: int = 1) -> list[httpx.Response]:
        """Answers to requests on connections of their own, eight at a time: both workers get some."""
        return asyncio.run(_get(self.url, path, count))

    def data(self) -> dict[str, Any]:
        """The fields of the summary, from whichever worker answers."""
        answer = httpx.get(f"{self.url}/api/metrics/summary", timeout=20)
        assert answer.status_code == 200, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    def all_data(self) -> list[dict[str, Any]]:
        """Twelve answers, without what depends on the moment."""
        answers = [answer.json()["data"] for answer in self.get("/api/metrics/summary", 12)]
        moments = ("requests_per_second", "mean_requests_per_second")
        return [{name: value for name, value in data.items() if name not in moments} for data in answers]

    def total(self, name: str, **labels: str) -> float:
        """The sum of a metric's series on /metrics."""
        text = httpx.get(f"{self.url}/metrics", headers={"accept": OPENMETRICS}, timeout=20).text
        return sum(float(s.value) for s in parsed(text) if s.name == name and labels.items() <= s.labels.items())

    def reset(self) -> None:
        """A reset that succeeds."""
        answer = httpx.post(f"{self.url}/api/metrics/reset", timeout=20)
        assert (answer.status_code, answer.json()) == (200, {"success": True})


async def _get(url: str, path: str, count: int) -> list[httpx.Response]:
    limits = httpx.Limits(max_keepalive_connections=0, max_connections=8)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=30) as client:
        return list(await asyncio.gather(*(client.get(path) for _ in range(count))))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Two workers that run and are stopped."""
    server = Server(tmp_path)
    try:
        server.until(lambda data: data["workers"] == 2)
        yield server
    finally:
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(20)


def gone(pid: int) -> bool:
    """Waits, at most a minute, until a process has ended and its server has noticed."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def both(server: Server, path: str, count: int) -> int:
    """Sends requests until both workers have answered some; returns how many were sent."""
    pids: set[int] = set()
    sent = 0
    while len(pids) < 2 or sent < count:
        answers = server.get(path, count)
        pids |= {answer.json().get("pid", 0) for answer in answers}
        sent += len(answers)
        assert sent < 50 * count
    return sent


def test_every_worker_tells_the_same_truth(server: Server) -> None:
    """Counts, times, errors and keys of both workers, equal to those of /metrics, whichever worker answers."""
    good = both(server, "/items/7", 60)
    server.get("/items/101", 12)
    server.get("/slow?seconds=0.3", 1)
    server.counted(good + 13, 12, 0.3)
    answers = server.all_data()
    found = answers[0]

    assert answers == [found] * 12
    assert (found["total_calls"], found["client_errors"], found["server_errors"]) == (good + 13, 12, 0)
    assert found["error_rate"] == round(100 * 12 / (good + 13), 6)
    assert found["total_calls"] == server.total(REQUESTS) == server.total(COUNT)
    assert found["avg_response_time"] == pytest.approx(server.total(SUM) / (good + 13), abs=1e-6)
    assert 0 < found["min_response_time"] < 0.3 <= found["max_response_time"]
    assert {error["message"] for error in found["recent_errors"]} == {"no item 101"}
    assert len(found["recent_errors"]) == 12
    assert found["api_keys"] == {"shop": good + 12}
    assert (found["workers"], found["in_progress"]) == (2, 0)


def test_a_reset_in_one_worker_is_one_in_all(server: Server) -> None:
    """All numbers start again for both workers; the counters of Prometheus keep rising."""
    first = both(server, "/items/7", 20) + len(server.get("/items/101", 5)) + len(server.get("/slow?seconds=0.3"))
    before = server.counted(first, 5, 0.3)
    server.reset()
    empty = server.all_data()

    assert empty == [empty[0]] * 12
    assert (empty[0]["total_calls"], empty[0]["recent_errors"], empty[0]["api_keys"]) == (0, [], {"shop": 0})
    assert {value for name, value in empty[0].items() if name.endswith("_response_time")} == {None}
    assert empty[0]["since"] > before["since"]
    assert server.total(REQUESTS) == first

    again = both(server, "/items/8", 20)
    after = server.counted(again, 0, 1e-6)
    assert after["p50_response_time"] is not None
    assert server.total(REQUESTS) == first + again


def test_a_killed_worker_loses_nothing(server: Server) -> None:
    """kill -9: its counters, extremes and errors stay; what it had in progress does not; a new worker goes on."""
    good = both(server, "/items/7", 40)
    slow = server.get("/slow?seconds=0.3")
    server.get("/items/101", 15)
    before = server.counted(good + 16, 15, 0.3)
    killed = slow[0].json()["pid"]
    os.kill(killed, signal.SIGKILL)
    assert gone(killed)
    server.until(lambda data: data["workers"] == 2)
    answers = server.all_data()
    after = answers[0]

    assert answers == [after] * 12
    assert after["total_calls"] == before["total_calls"] == good + 16
    for name in ("max_response_time", "min_response_time", "recent_errors", "api_keys", "p99_response_time"):
        assert after[name] == before[name]
    assert after["in_progress"] == 0
    server.get("/items/102", 2)
    last = server.counted(good + 18, 17)["recent_errors"][:3]
    assert [error["message"] for error in last] == ["no item 102"] * 2 + ["no item 101"]
    assert len(list(server.metrics_dir.glob("summary_*.board"))) == 2


def test_errors_are_bounded_over_all_workers(server: Server) -> None:
    """The newest twenty of both workers, newest first."""
    server.get("/items/101", 60)
    errors = server.counted(60, 20)["recent_errors"]

    assert len(errors) == 20
    assert [error["time"] for error in errors] == sorted((error["time"] for error in errors), reverse=True)


def test_summaries_hold_while_requests_and_resets_go_on(server: Server) -> None:
    """No answer is broken or impossible, and nothing is counted twice or lost at the end."""

    async def storm() -> list[dict[str, Any]]:
        limits = httpx.Limits(max_keepalive_connections=0, max_connections=8)
        async with httpx.AsyncClient(base_url=server.url, limits=limits, timeout=30) as client:

            async def load() -> None:
                for number in range(60):
                    await client.get(f"/items/{95 + number % 10}")

            async def look() -> list[dict[str, Any]]:
                return [(await client.get("/api/metrics/summary")).json()["data"] for _ in range(25)]

            async def reset() -> None:
                for _ in range(10):
                    (await client.post("/api/metrics/reset")).raise_for_status()

            results = await asyncio.gather(look(), look(), load(), load(), load(), reset())
            return [*(results[0] or ()), *(results[1] or ())]

    seen = asyncio.run(storm())

    assert len(seen) == 50
    for data in seen:
        assert 0 <= data["total_errors"] <= data["total_calls"] <= 180
        assert 0 <= data["error_rate"] <= 100
        assert data["workers"] == 2
    deadline = time.monotonic() + 60
    while server.total(REQUESTS) < 180 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.total(REQUESTS) == 180
    server.until(lambda data: data["in_progress"] == 0)
    server.reset()
    sent = both(server, "/items/7", 10)
    server.counted(sent)
