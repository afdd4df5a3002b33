"""The stack of the repository's own spec with other ports and shorter intervals."""

from __future__ import annotations

import json
import os
import signal
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import yaml
from psycopg.sql import SQL, Identifier

from generator import names
from generator.runtime.daemon import Daemon
from generator.runtime.native import CONFIG
from tests.integration.client import put
from tests.integration.running_stack import RunningStack
from tests.proof import ROOT


class PlatformStack(RunningStack):
    """What a user gets from `make up`."""

    def __init__(self, runtime: str) -> None:
        super().__init__(runtime, "platform")

    def spec(self) -> dict[str, Any]:
        """The committed spec; only what would collide or take long differs."""
        content: dict[str, Any] = yaml.safe_load((ROOT / "spec.yaml").read_text())
        content["stack"] |= {
            "name": self.name,
            "ports": self.ports,
            "subnet": self.subnet,
            "scrape_interval": "5s",
            "scrape_timeout": "4s",
        }
        content["alerting"] |= {
            "group_wait": "1s",
            "group_interval": "5s",
            "for": {"HighErrorRate": "15s", "GpuHot": "10s"},
        }
        return content

    @property
    def api(self) -> str:
        return self.at("ml_api")

    @property
    def shop(self) -> str:
        return self.at("shop")

    def load(self, *options: object) -> dict[str, Any]:
        """Traffic by the product's own command, to its end; what the load generator counted."""
        summary = self.folder / "load.json"
        done = self.generator("load", "--", "--summary", str(summary), *map(str, options))
        assert done.returncode == 0, done.stdout + done.stderr
        found: dict[str, Any] = json.loads(summary.read_text())
        return found

    @contextmanager
    def loaded(self, *options: object) -> Iterator[None]:
        """Traffic in the background."""
        process = self.python("generator", "load", "--", *map(str, options))
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)

    def rows(self, table: str) -> int:
        """How many rows the shop's database has in a table, asked as the shop itself."""
        with psycopg.connect(
            host="127.0.0.1",
            port=self.ports["postgres"],
            dbname=names.SHOP_DATABASE,
            user=names.SHOP_ROLE,
            password=(self.folder / "secrets" / names.SHOP_PASSWORD).read_text().strip(),
        ) as connection:
            row = connection.execute(SQL("SELECT count(*) FROM {}").format(Identifier(table))).fetchone()
            return int(row[0]) if row else 0

    @contextmanager
    def frozen(self, component: str) -> Iterator[None]:
        """A component that takes connections and answers nothing."""
        if self.runtime == "docker":
            self.compose("pause", component)
        else:
            self._signal(component, signal.SIGSTOP)
        try:
            yield
        finally:
            if self.runtime == "docker":
                self.compose("unpause", component)
            else:
                self._signal(component, signal.SIGCONT)

    def stop(self, component: str) -> None:
        """Stops it as a person would."""
        self.compose("stop", component) if self.runtime == "docker" else self._daemon().stop(component)

    def start(self, component: str) -> None:
        """Starts what was stopped or killed."""
        if self.runtime == "docker":
            self.compose("start", component)
        elif self._daemon().programs()[component].pid == 0:  # else the supervisor was faster
            self._daemon().begin(component)

    def kill(self, component: str) -> None:
        """Ends it without asking it (kill -9)."""
        if self.runtime == "docker":
            self.compose("kill", component)
        else:
            self._signal(component, signal.SIGKILL)

    @contextmanager
    def slow_api(self) -> Iterator[None]:
        """Every request to the API takes longer than what a trace is kept for."""
        put(f"{self.api}/faults", {"latency_seconds": 1.2})
        try:
            yield
        finally:
            put(f"{self.api}/faults", {})

    def _signal(self, component: str, number: signal.Signals) -> None:
        pid = self._daemon().programs()[component].pid
        for each in (pid, *_children(pid)):
            os.kill(each, number)

    def _daemon(self) -> Daemon:
        state = self.folder / ".run"
        return Daemon(state, state / CONFIG)


def _children(pid: int) -> tuple[int, ...]:
    """Processes that a process has started, and theirs."""
    found = tuple(int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return found + tuple(grandchild for child in found for grandchild in _children(child))


def samples(url: str) -> dict[str, float]:
    """The series of a /metrics page: everything before the value is the key."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as page:
        lines = page.read().decode().splitlines()
    pairs = (line.split(" # ")[0].rpartition(" ") for line in lines if line and not line.startswith("#"))
    return {key: float(value) for key, _, value in pairs}
