"""The simulated cards' look at the load: whatever answers, it ends, and the next one comes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

from sample_app.gpu import load
from sample_app.gpu.load import NoLoad, busy_seconds, fetch
from sample_app.gpu.simulator import Ticker
from tests.unit.sample_app.gpu_pages import PATIENCE_SECONDS, ROOT

DROP = b"# a comment that never ends\n"


@contextmanager
def page_of(pause: float) -> Iterator[str]:
    """The address of a page without an end, with so many seconds between its lines."""
    gone = Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            try:
                while not gone.wait(pause):
                    self.wfile.write(DROP if pause else DROP * 10_000)
            except ConnectionError:
                return

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/metrics"
    finally:
        gone.set()
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_page_that_comes_in_drops_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each drop comes in time, the page never does."""
    monkeypatch.setattr(load, "LONGEST_SECONDS", 0.3)
    with page_of(pause=0.02) as url, pytest.raises(NoLoad, match=r"did not end within 0\.3 s"):
        fetch(url)


def test_a_page_that_is_too_large_is_given_up() -> None:
    """It is never read to its end."""
    with page_of(pause=0) as url, pytest.raises(NoLoad, match="more than 16 MiB"):
        fetch(url)


@pytest.mark.parametrize("page", ["<html>", "a{, =b} 1", "inference_busy_seconds_total x"])
def test_a_page_of_something_else_is_no_load(page: str) -> None:
    """Whatever the client's parser makes of it."""
    with pytest.raises(NoLoad, match="text format"):
        busy_seconds(page)


def test_a_tick_that_fails_is_not_the_last() -> None:
    """Cards must not stand still for ever."""
    again = Event()
    ticks = iter([False, True])

    def tick() -> None:
        if not next(ticks, True):
            raise RuntimeError("once")
        again.set()

    ticker = Ticker(tick, 0.01)
    ticker.start()
    try:
        assert again.wait(PATIENCE_SECONDS)
    finally:
        ticker.stop()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--port", "70000"), "--port must be 0 to 65535"),
        (("--port", "-1"), "--port must be 0 to 65535"),
        (("--cards", "17"), "--cards must be 1 to 16"),
        (("--interval", "nan"), "--interval must be"),
        (("--load-url", "ml-api:8000"), "--load-url must start with http"),
        (("--host", "192.0.2.1", "--port", "0"), "cannot listen on 192.0.2.1:0: "),
    ],
)
def test_options_that_cannot_work_are_refused_in_a_line(options: tuple[str, ...], said: str) -> None:
    """Exit status 2 and no traceback."""
    command = [sys.executable, "-m", "sample_app.gpu", "--mode", "simulated", *options]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)

    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
