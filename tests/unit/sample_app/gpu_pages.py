"""What the tests of the GPU exporter share: pages as plain values, and the exporter as a process or in a thread."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from sample_app.gpu.readings import ProcessMemory, Reading, Snapshot, Source
from sample_app.gpu.server import Server

ROOT = Path(__file__).parents[3]
DATA = Path(__file__).parent / "data"
PATIENCE_SECONDS = 60.0

Values = dict[str, dict[str, float]]
"""Values by metric name and the number of the card; "" for what belongs to no card."""


def recorded() -> Snapshot:
    """The readings in data/nvml_readings.json."""
    data = json.loads((DATA / "nvml_readings.json").read_text(encoding="utf-8"))
    readings = tuple(_reading(entry) for entry in data["readings"])
    return Snapshot("nvml", data["hostname"], data["driver"], readings, {"lost": 0, "other": 0})


def _reading(entry: dict[str, Any]) -> Reading:
    fields = {name: given for name, given in entry.items() if name not in ("what", "processes")}
    return Reading(**fields, processes=tuple(ProcessMemory(**process) for process in entry["processes"]))


def samples(page: str) -> list[tuple[str, dict[str, str], float]]:
    """All samples under the names that stand on the page."""
    names = {line.split("{")[0].split(" ")[0] for line in page.splitlines() if line and not line.startswith("#")}
    found = []
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            name = sample.name if sample.name in names else sample.name.removesuffix("_total")
            found.append((name, sample.labels, sample.value))
    return found


def values(page: str) -> Values:
    """Values by name and card; of several series of a card (processes) the last one."""
    result: Values = {}
    for name, labels, number in samples(page):
        result.setdefault(name, {})[labels.get("gpu", "")] = number
    return result


def errors(page: str) -> dict[str, float]:
    """The exporter's own errors by reason."""
    return {labels["reason"]: number for name, labels, number in samples(page) if name == "gpu_exporter_errors_total"}


def eventually(what: Callable[[], bool]) -> None:
    """Waits until `what` holds; fails after a minute."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.1)


@contextmanager
def served(source: Source) -> Iterator[httpx.Client]:
    """The exporter's server with this source, in a thread."""
    server = Server("127.0.0.1", 0, source)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}", timeout=30) as client:
            yield client
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def exporter(*options: str) -> Iterator[httpx.Client]:
    """A real exporter process on a free port."""
    command = [sys.executable, "-u", "-m", "sample_app.gpu", "--port", "0", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        try:
            port = (
                next(line for line in process.stdout if " cards on port " in line).split(" on port ")[1].split('"')[0]
            )
            drain = Thread(target=process.stdout.read)
            drain.start()
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                yield client
        finally:
            process.terminate()
            status = process.wait(timeout=PATIENCE_SECONDS)
    assert status == 0


class Load:
    """An HTTP server like the sample API: its models are busy for the share `busy` of the time."""

    def __init__(self) -> None:
        self._busy, self._seconds, self._since = 0.0, 0.0, time.monotonic()
        load = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = load.page().encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self.url = f"http://127.0.0.1:{self._server.server_port}/metrics"

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """From here on nobody answers at its address."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def work(self, busy: float) -> None:
        """Changes the share of the time that the models are busy."""
        self._seconds, self._since, self._busy = self._total(), time.monotonic(), busy

    def page(self) -> str:
        """Two models share the work."""
        half = self._total() / 2
        return (
            "# TYPE inference_busy_seconds counter\n"
            f'inference_busy_seconds_total{{model="scorer"}} {half}\n'
            f'inference_busy_seconds_total{{model="recommender"}} {half}\n'
        )

    def _total(self) -> float:
        return self._seconds + self._busy * (time.monotonic() - self._since)
