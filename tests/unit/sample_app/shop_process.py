"""The shop as its own processes, and a stand-in for the API service that remembers what it was asked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from tests.unit.sample_app.sample_helpers import OPENMETRICS, parsed
from tests.unit.sample_app.shop_servers import free_port

ROOT = Path(__file__).parents[3]
WAIT_SECONDS = 60
SCORE = 0.25
SUGGESTED = [3, 1, 2]


class Shop:
    """A running shop; requests go to `client`."""

    def __init__(self, state_dir: Path, database: str, cache: str, api: str, *options: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.client = httpx.Client(base_url=self.url, timeout=30)
        self.log = state_dir / f"shop-{port}.log"
        command = [
            sys.executable,
            "-m",
            "sample_app.shop",
            "--port",
            str(port),
            "--state-dir",
            str(state_dir),
            *options,
        ]
        environment = {**os.environ, "DATABASE_URL": database, "CACHE_URL": cache, "ML_API_URL": api}
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)

    def stop(self) -> None:
        """Ends the server."""
        self.client.close()
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(WAIT_SECONDS)

    def post(self, kind: str, body: Any, status: int = 201) -> Any:
        """The answer to a POST, which must have this status."""
        answer = self.client.post(f"/api/v1/{kind}/", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def get(self, path: str, status: int = 200, **headers: str) -> Any:
        """The answer to a GET, which must have this status."""
        answer = self.client.get(path, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def samples(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        """Every series of a scrape."""
        answer = self.client.get("/metrics", headers={"accept": OPENMETRICS})
        assert answer.status_code == 200
        return {(s.name, tuple(sorted(s.labels.items()))): float(s.value) for s in parsed(answer.text)}

    def value(self, name: str, **labels: str) -> float | None:
        """The value of one series; None where it is absent."""
        return self.samples().get((name, tuple(sorted(labels.items()))))

    def until(self, status: int, path: str = "/healthz") -> httpx.Response:
        """The first answer with this status, at most a minute later."""
        answers: list[httpx.Response] = []

        def there() -> bool:
            try:
                answers.append(self.client.get(path))
            except httpx.TransportError:
                return False
            return answers[-1].status_code == status

        eventually(there)
        return answers[-1]


def eventually(true: Callable[[], bool]) -> None:
    """Waits until it is true, at most a minute."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def shop(state_dir: Path, database: str, cache: str, api: str, *options: str) -> Iterator[Shop]:
    """A shop that is stopped afterwards; it may still be on its way up."""
    running = Shop(state_dir, database, cache, api, *options)
    try:
        yield running
    finally:
        running.stop()


class Api(ThreadingHTTPServer):
    """Answers as the API service does. `asked`: (method, path, traceparent) of each request but those for its health.

    While `answering` is cleared no request is answered; while `dropping` is set answers come byte by byte.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.asked: list[tuple[str, str, str]] = []
        self.features: list[list[float]] = []
        self.answering = threading.Event()
        self.answering.set()
        self.dropping = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left is nothing to talk about."""


class _Handler(BaseHTTPRequestHandler):
    server: Api

    def do_GET(self) -> None:
        """Recommendations and health."""
        self._answer({"user": 1, "items": SUGGESTED, "recommendation_id": "r1"})

    def do_POST(self) -> None:
        """Predictions."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.features.append(body["features"])
        self._answer({"score": SCORE, "model": "scorer"})

    def _answer(self, body: Any) -> None:
        if self.path != "/healthz":
            self.server.asked.append((self.command, self.path, self.headers.get("traceparent", "")))
        self.server.answering.wait()
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        if not self.server.dropping.is_set():
            self.wfile.write(content)
            return
        for byte in content:
            self.wfile.write(bytes((byte,)))
            time.sleep(0.2)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@contextmanager
def api() -> Iterator[Api]:
    """The stand-in, serving."""
    server = Api()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.answering.set()
        server.shutdown()
        thread.join()
        server.server_close()
