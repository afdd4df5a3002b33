"""Several workers behind one port give one set of totals: a real server with two worker processes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn

from sample_app.api.__main__ import _shared_socket
from tests.unit.sample_app.sample_helpers import OPENMETRICS, parsed

ROOT = Path(__file__).parents[3]


class Server:
    """The sample API as its own process tree."""

    def __init__(self, state_dir: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.metrics_dir = state_dir / "metrics"
        command = [sys.executable, "-m", "sample_app.api", "--port", str(port), "--workers", "2"]
        command += ["--state-dir", str(state_dir)]
        environment = {key: value for key, value in os.environ.items() if key != "PROMETHEUS_MULTIPROC_DIR"}
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)

    def wait(self, workers: int) -> None:
        """Until so many workers have started, at most 30 seconds."""
        assert self.process.stdout is not None
        started, deadline = 0, time.monotonic() + 30
        while started < workers and time.monotonic() < deadline:
            started += "startup complete" in json.loads(self.process.stdout.readline())["message"]
        assert started == workers

    def workers(self) -> set[int]:
        """The pids that have written counters."""
        return {int(path.stem.split("_")[1]) for path in self.metrics_dir.glob("counter_*.db")}

    def total(self, name: str, **labels: str) -> float:
        """The sum of a metric's series with these labels, from a connection of its own."""
        text = httpx.get(f"{self.url}/metrics", headers={"accept": OPENMETRICS}).text
        return sum(float(s.value) for s in parsed(text) if s.name == name and labels.items() <= s.labels.items())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Two workers that run and are stopped."""
    server = Server(tmp_path)
    try:
        server.wait(2)
        yield server
    finally:
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(20)
        assert server.process.stdout is not None
        server.process.stdout.close()


async def send(url: str, path: str, count: int) -> list[int]:
    """Statuses of `count` requests, eight at a time, each on a connection of its own: both workers get some."""
    limits = httpx.Limits(max_keepalive_connections=0, max_connections=8)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=20) as client:
        return [answer.status_code for answer in await asyncio.gather(*(client.get(path) for _ in range(count)))]


def test_totals_and_faults_are_those_of_both_workers(server: Server) -> None:
    """Totals only grow and equal what was sent, whichever worker answers the scrape; a fault reaches both workers."""
    item = {"handler": "/items/{item_id}", "method": "GET"}
    totals = []
    for _ in range(4):
        assert set(asyncio.run(send(server.url, "/items/7", 50))) == {200}
        totals += [server.total("http_requests_total", **item, status="2xx") for _ in range(5)]

    assert totals == [50.0] * 5 + [100.0] * 5 + [150.0] * 5 + [200.0] * 5
    assert server.total("http_request_duration_seconds_count", **item) == 200
    assert server.total("http_requests_total", **item, status="5xx") == 0
    assert server.total("http_requests_inprogress") == 0
    assert len(server.workers()) == 2

    httpx.put(f"{server.url}/faults", json={"error_ratio": 1}).raise_for_status()
    time.sleep(0.6)
    assert asyncio.run(send(server.url, "/items/7", 20)) == [500] * 20
    assert server.total("http_requests_total", **item, status="5xx") == 20


def test_totals_outlive_a_worker(server: Server) -> None:
    """A worker that is killed is replaced; what it counted stays, and what it had in progress does not."""
    item = {"handler": "/items/{item_id}", "method": "GET", "status": "2xx"}
    asyncio.run(send(server.url, "/items/7", 40))
    killed = min(server.workers())
    os.kill(killed, signal.SIGKILL)
    server.wait(1)

    assert server.total("http_requests_total", **item) == 40
    assert not (server.metrics_dir / f"gauge_livesum_{killed}.db").exists()
    assert set(asyncio.run(send(server.url, "/items/7", 10))) == {200}
    assert server.total("http_requests_total", **item) == 50


def test_answers_do_not_wait_for_the_client() -> None:
    """The socket that workers share sends at once: asyncio would leave it to Nagle's algorithm."""
    config = uvicorn.Config("nothing:app", host="127.0.0.1", port=0, log_config=None)
    with _shared_socket(config) as shared:
        assert shared.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
