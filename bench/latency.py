"""What a request takes while the collector takes telemetry, is gone, or hangs: `python -m bench.latency [--quick]`.

The same app under uvicorn, once with ours and once with the peer, each in a process of its own and asked at an even
pace. The collector is a receiver in another process that is killed (connections are refused) or stopped (connections
are taken, and nothing is ever answered). States and apps are interleaved in one run, and the median over the passes
counts. Only the ratio to the time with a collector means something on another machine.
"""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import uvicorn
from fastapi import FastAPI
from starlette.responses import JSONResponse

from bench import observed
from bench.prometheus import free_port
from bench.telemetry import verdict

AIM = 1.05
"""The largest factor by which a request of ours may get slower without a collector."""

THERE, GONE, HANGS = "there", "gone", "hangs"
PER_SECOND = 200
SETTLE_SECONDS = 1.5
"""After a change: the exporter notices within its second."""


@dataclass
class Collector:
    """A receiver on one port that comes and goes."""

    port: int
    process: subprocess.Popen[bytes] | None = None

    def become(self, state: str) -> None:
        """Brings it into a state and waits until that is noticed."""
        self.end()
        if state != GONE:
            self.process = subprocess.Popen([sys.executable, "-m", "bench.observed", str(self.port)], stdout=-1)
            assert self.process.stdout is not None
            self.process.stdout.readline()
        if state == HANGS and self.process:
            self.process.send_signal(signal.SIGSTOP)
        time.sleep(SETTLE_SECONDS)

    def end(self) -> None:
        """Kills it, whatever state it is in."""
        if self.process:
            self.process.kill()
            self.process.communicate()
            self.process = None


@dataclass
class Times:
    """Milliseconds of each pass in one state of one app."""

    p50: list[float] = field(default_factory=list)
    p95: list[float] = field(default_factory=list)

    def add(self, seconds: list[float]) -> None:
        """A pass."""
        cuts = statistics.quantiles(seconds, n=20)
        self.p50.append(cuts[9] * 1000)
        self.p95.append(cuts[18] * 1000)


def main() -> int:
    """Prints the table; exit status 1 when a request of ours gets slower than the aim allows."""
    options = _options()
    if options.serve:
        _serve(*options.serve)
        return 0
    found = _measured(options.passes, options.requests)
    print(f"{'app':<40}{'collector':<12}{'p50 ms':>8}{'p95 ms':>8}{'p50 ratio':>11}{'p95 ratio':>11}")
    worst = 0.0
    for (app, state), times in found.items():
        base = found[app, THERE]
        ratios = [
            statistics.median(now / then for now, then in zip(mine, theirs, strict=True))
            for mine, theirs in ((times.p50, base.p50), (times.p95, base.p95))
        ]
        if app == observed.OURS:
            worst = max(worst, *ratios)
        milliseconds = f"{statistics.median(times.p50):>8.2f}{statistics.median(times.p95):>8.2f}"
        print(f"{app:<40}{state:<12}{milliseconds}{ratios[0]:>11.2f}{ratios[1]:>11.2f}")
    told = f"without a collector a request of ours takes at most {worst:.2f} of its time; the aim is {AIM}"
    print(f"{verdict(worst, AIM)}: {told}")
    return 0 if worst <= AIM else 1


def _measured(passes: int, requests: int) -> dict[tuple[str, str], Times]:
    collector = Collector(free_port())
    with ExitStack() as running:
        running.callback(collector.end)
        apps = {name: running.enter_context(_app(name, collector.port)) for name in (observed.OURS, observed.PEER)}
        found = {(app, state): Times() for app in apps for state in (THERE, GONE, HANGS)}
        for number in range(passes + 1):
            for state in (THERE, GONE, HANGS):
                collector.become(state)
                for app, port in apps.items():
                    seconds = _ask(port, requests)
                    if number:  # the first pass warms up
                        found[app, state].add(seconds)
    return found


def _ask(port: int, requests: int) -> list[float]:
    """Seconds of each request, sent one after the other at an even pace."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    taken = []
    began = time.perf_counter()
    for number in range(requests):
        time.sleep(max(0.0, began + number / PER_SECOND - time.perf_counter()))
        start = time.perf_counter()
        connection.request("GET", f"/measured/{number}")
        answer = connection.getresponse()
        answer.read()
        taken.append(time.perf_counter() - start)
        assert answer.status == 200
    connection.close()
    return taken


@contextmanager
def _app(name: str, collector: int) -> Iterator[int]:
    """The port of a server with that telemetry, once it answers."""
    port = free_port()
    command = [sys.executable, "-m", "bench.latency", "--serve", name, str(port), str(collector)]
    quiet = {**os.environ, "OTEL_PYTHON_LOG_LEVEL": "critical"}
    with subprocess.Popen(command, env=quiet, stderr=subprocess.DEVNULL) as process:
        try:
            _until_it_answers(port, process)
            yield port
        finally:
            process.kill()


def _until_it_answers(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        try:
            _ask(port, 1)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the app does not answer")


def _serve(name: str, port: str, collector: str) -> None:
    app = FastAPI(openapi_url=None)

    async def answer() -> JSONResponse:
        return JSONResponse({"ok": True})

    app.get("/measured/{item}")(answer)
    make = {observed.OURS: observed.observed, observed.PEER: observed.peer}[name]
    make(app, f"http://127.0.0.1:{collector}")
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="critical", access_log=False)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer passes")
    parser.add_argument("--serve", nargs=3, metavar=("APP", "PORT", "COLLECTOR"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.passes, options.requests = (3, 200) if options.quick else (9, 600)
    return options


if __name__ == "__main__":
    sys.exit(main())
