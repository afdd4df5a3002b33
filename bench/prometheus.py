"""A real Prometheus in a folder of its own: started, asked, timed, and ended whatever happens."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

START_SECONDS = 60
STOP_SECONDS = 30
STEP_SECONDS = 15
"""Between the points of a graph."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation of a group: when it began, how long it and each of its rules took, and how often it should be."""

    group: str
    at: datetime
    interval: float
    seconds: float
    rules: tuple[tuple[str, float], ...]


class Prometheus:
    """One server with the configuration in `folder`/prometheus. Used as a context."""

    def __init__(self, binary: Path, folder: Path, port: int) -> None:
        self._folder = folder
        self._url = f"http://127.0.0.1:{port}"
        self._command = [
            str(binary),
            f"--config.file={folder}/prometheus/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
            "--enable-feature=exemplar-storage",
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Prometheus:
        with (self._folder / "prometheus.log").open("wb") as log:
            self._process = subprocess.Popen(self._command, cwd=self._folder, stdout=log, stderr=log)
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends the server, by force where it takes long."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
        finally:
            self._process.kill()
            self._process.wait()

    @property
    def process_id(self) -> int:
        """Of the server; 0 before it is started."""
        return self._process.pid if self._process else 0

    def timed(self, expression: str, seconds: float = 0) -> float:
        """Seconds until the last byte of the answer, now or over the last seconds; raises where there is none."""
        url = self._asked(expression, seconds)
        begun = time.perf_counter()
        with urllib.request.urlopen(url, timeout=120) as answer:
            text = answer.read()
        taken = time.perf_counter() - begun
        if not json.loads(text)["data"]["result"]:
            raise RuntimeError(f"nothing answers {expression}")
        return taken

    def number(self, expression: str) -> float:
        """The one value of an expression; 0 where there is none."""
        found = self._get(self._asked(expression, 0))["result"]
        return float(found[0]["value"][1]) if found else 0.0

    def scheduled(self) -> tuple[float, float]:
        """Seconds that its threads ran, and that they were ready and waited for a core; 0 where no kernel tells."""
        ran = waited = 0
        for path in Path(f"/proc/{self.process_id}/task").glob("*/schedstat"):
            with suppress(OSError):  # a thread that has ended
                times = path.read_text().split()
                ran, waited = ran + int(times[0]), waited + int(times[1])
        return ran / 1e9, waited / 1e9

    def evaluations(self) -> list[Evaluation]:
        """The last evaluation of each group (prometheus_rule_group_last_duration_seconds) and of its rules."""
        return [
            Evaluation(
                group["name"],
                datetime.fromisoformat(group["lastEvaluation"][:19]),
                group["interval"],
                group["evaluationTime"],
                tuple((rule["name"], rule["evaluationTime"]) for rule in group["rules"]),
            )
            for group in self._get(f"{self._url}/api/v1/rules")["groups"]
        ]

    def _wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self._url}/-/ready", timeout=5):
                    return
            except (OSError, urllib.error.URLError):
                time.sleep(0.2)
        log = (self._folder / "prometheus.log").read_text(errors="replace")
        raise RuntimeError(f"Prometheus did not start:\n{log[-2000:]}")

    def _asked(self, expression: str, seconds: float) -> str:
        now = time.time()
        if not seconds:
            return f"{self._url}/api/v1/query?{urllib.parse.urlencode({'query': expression, 'time': now})}"
        asked = {"query": expression, "start": now - seconds, "end": now, "step": STEP_SECONDS}
        return f"{self._url}/api/v1/query_range?{urllib.parse.urlencode(asked)}"

    @staticmethod
    def _get(url: str) -> Any:
        with urllib.request.urlopen(url, timeout=120) as answer:
            return json.loads(answer.read())["data"]
