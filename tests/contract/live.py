"""The libraries' apps as real servers under a known load, and the Prometheus that scrapes them once a second."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from generator import init
from generator.runtime.metrics_page import fetch
from tests.contract import load
from tests.contract.libraries import LIBRARIES, Library
from tests.contract.prometheus import Prometheus, otlp_flag
from tests.contract.static import StaticPage
from tests.contract.synthetic import PAGES
from tests.integration.client import free_ports
from tests.proof import ROOT

FIRST = next(kind for kind in load.KINDS if kind.route == "gone")
"""Sent alone before Prometheus starts: without any request some libraries have nothing to show."""
SETTLED_SECONDS = 8
COVERAGE_SECONDS = 85
"""How long the series must have been there: a rate is stretched by up to an interval and a half beyond its samples."""


class Live:
    """Starts everything and sends the load. Used as a context.

    Scraped services have the entries that `init --from` proposes for them, so what it writes is what runs here; the
    sample app's telemetry core has the entry of the project's own spec."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.libraries = tuple(library for library in LIBRARIES if otlp_flag() or not library.pushed)
        self.prometheus = Prometheus(folder)
        self.ports = dict(zip(self.libraries, free_ports(len(self.libraries)), strict=True))
        self.pages = {name: StaticPage(make) for name, make in PAGES.items()}
        self.processes: list[subprocess.Popen[bytes]] = []
        self.fresh: dict[Library, str] = {}
        self.entries: dict[str, dict[str, Any]] = {}
        self.sent: dict[Library, load.Sent] = {}

    def at(self, library: Library) -> str:
        """Where an app listens."""
        return f"http://127.0.0.1:{self.ports[library]}"

    def __enter__(self) -> Live:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for page in self.pages.values():
            page.stop()

    def _start(self) -> None:
        for page in self.pages.values():
            page.start()
        scraped = [library for library in self.libraries if not library.pushed]
        self._apps(scraped)
        self.fresh = {library: load.page(f"{self.at(library)}/metrics", 30) for library in scraped}
        self._send(scraped, [FIRST])
        self.entries = self._proposed(scraped)
        pushed = [library for library in self.libraries if library.pushed]
        mine = [{"name": library.name, "kind": library.kind, "push": True} for library in pushed]
        self.processes.append(self.prometheus.start([*self.entries.values(), *mine]))
        self._apps(pushed)
        self._send(pushed, [FIRST])
        self._send(self.libraries, [*load.KINDS])
        begun = time.monotonic()
        self._wait_for_counts()
        for page in self.pages.values():
            page.grow()
        self.sent = self._send(self.libraries, load.whole())
        time.sleep(max(0.0, COVERAGE_SECONDS - (time.monotonic() - begun)))
        self.prometheus.moment = time.time()

    def _apps(self, libraries: list[Library]) -> None:
        for library in libraries:
            module = f"tests.contract.apps.{library.app}"
            command = [sys.executable, "-m", module, str(self.ports[library]), self.prometheus.url]
            with (self.folder / "apps.log").open("ab") as log:
                self.processes.append(subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log))
        for library in libraries:
            load.listening(self.ports[library], 30)

    def _send(self, libraries: list[Library] | tuple[Library, ...], kinds: list[load.Kind]) -> dict[Library, load.Sent]:
        sent = asyncio.run(load.send([self.at(library) for library in libraries], kinds))
        return dict(zip(libraries, sent, strict=True))

    def _proposed(self, libraries: list[Library]) -> dict[str, dict[str, Any]]:
        urls = {library.name: self.at(library) for library in libraries}
        urls |= {name: page.url for name, page in self.pages.items()}
        found = {}
        for name, url in urls.items():
            page = fetch(f"{url}/metrics")
            found[name] = init.propose(page.text, page.target, name, page.path).service
        demo = demo_service()
        core = next(library for library in libraries if library.app == "telemetry_core")
        found[core.name] = {**demo, "name": core.name, "targets": found[core.name]["targets"]}
        return found

    def _wait_for_counts(self) -> None:
        """Until the warm-up was seen in several scrapes: what a counter starts with is lost to every rate."""
        end = time.monotonic() + 60
        while missing := [library.name for library in self.libraries if not self._settled(library)]:
            logs = "\n".join(path.read_text(errors="replace")[-2000:] for path in self.folder.glob("*.log"))
            assert time.monotonic() < end, f"not scraped: {missing}\n{logs}"
            time.sleep(1)

    def _settled(self, library: Library) -> bool:
        found = self.prometheus.query(library.total(), time.time() - SETTLED_SECONDS)
        return bool(found) and float(found[0]["value"][1]) == warm_up(library)


def warm_up(library: Library) -> int:
    """How many requests an app has counted before the load."""
    return sum(library.counts(kind) for kind in load.KINDS) + 1


def demo_service() -> dict[str, Any]:
    """The sample API's entry in the committed spec."""
    services = yaml.safe_load((ROOT / "spec.yaml").read_text())["services"]
    found: dict[str, Any] = next(service for service in services if service["kind"] == "fastapi")
    return found
