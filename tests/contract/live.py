"""A real Prometheus with the generator's own configuration, scraping the libraries' apps once a second."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
import urllib.parse
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from generator.pipeline import generate
from tests.contract import load
from tests.contract.libraries import LIBRARIES, Library
from tests.integration.client import free_ports, get
from tests.proof import ROOT, find

SCRAPES = 8
OTLP_FLAG = re.compile(r"--(\[no-\])?web\.enable-otlp-receiver")
COVERAGE_SECONDS = 75
"""How long the series must have been there: a rate is stretched by up to one interval at the end of its window."""


@cache
def takes_otlp() -> bool:
    """Whether this machine's Prometheus has an OTLP receiver: old versions and Debian's builds have none."""
    found = find("prometheus")
    if found is None:
        return False
    ran = subprocess.run([found.where, "--help"], capture_output=True, text=True, check=False)
    return bool(OTLP_FLAG.search(ran.stdout + ran.stderr))


class Live:
    """Starts everything, sends the load, and answers queries. Used as a context."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.libraries = tuple(library for library in LIBRARIES if takes_otlp() or not library.pushed)
        found = free_ports(len(self.libraries) + 1)
        self.url = f"http://127.0.0.1:{found.pop()}"
        self.ports = dict(zip(self.libraries, found, strict=True))
        self.processes: list[subprocess.Popen[bytes]] = []

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

    def query(self, expression: str, at: float | None = None) -> list[dict[str, Any]]:
        """The instant vector of an expression, now or at a Unix time."""
        asked = {"query": expression, **({"time": f"{at:.3f}"} if at else {})}
        return list(get(f"{self.url}/api/v1/query?{urllib.parse.urlencode(asked)}")["data"]["result"])

    def number(self, expression: str, at: float | None = None) -> float:
        """The one value of an expression; fails when there is none or more than one."""
        found = self.query(expression, at)
        assert len(found) == 1, f"{len(found)} series for {expression}"
        return float(found[0]["value"][1])

    def recorded(self, series: str) -> tuple[float, float]:
        """The last recorded value of a series, and when it was recorded."""
        return self.number(series), self.number(f"timestamp({series})")

    def _start(self) -> None:
        self._render()
        self._prometheus()
        for library in self.libraries:
            command = [sys.executable, "-m", f"tests.contract.apps.{library.app}", str(self.ports[library]), self.url]
            self._run(command, ROOT)
        for library in self.libraries:
            load.wait_for(f"{self.at(library)}/gone/0", 30)
        begun = time.monotonic()
        urls = [self.at(library) for library in self.libraries]
        asyncio.run(load.send(urls, [*load.WARM_UP]))
        self._wait_for_counts()
        asyncio.run(load.send(urls, load.paths()))
        time.sleep(max(0.0, COVERAGE_SECONDS - (time.monotonic() - begun)))

    def _render(self) -> None:
        services: list[dict[str, Any]] = [
            {"name": x.name, "kind": x.kind, **({"push": True} if x.pushed else {"targets": [self.at(x)[7:]]})}
            for x in self.libraries
        ]
        stack = {"name": "contract", "scrape_interval": "1s", "scrape_timeout": "1s"}
        bundle = generate(yaml.safe_dump({"version": 1, "stack": stack, "services": services}), target="native")
        for artifact in bundle.artifacts:
            if artifact.path.startswith("prometheus/"):
                path = self.folder / artifact.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(artifact.content)

    def _prometheus(self) -> None:
        found = find("prometheus")
        assert found
        flags = [
            f"--config.file={self.folder}/prometheus/prometheus.yml",
            f"--storage.tsdb.path={self.folder}/data",
            f"--web.listen-address={self.url[7:]}",
        ]
        self._run([found.where, *flags, *(["--web.enable-otlp-receiver"] if takes_otlp() else [])], self.folder)
        load.wait_for(f"{self.url}/-/ready", 30)

    def _run(self, command: list[str], folder: Path) -> None:
        with (self.folder / "log").open("ab") as log:
            self.processes.append(subprocess.Popen(command, cwd=folder, stdout=log, stderr=log))

    def _wait_for_counts(self) -> None:
        """Until every app's three warm-up requests were seen in several scrapes: what a counter starts with is lost."""
        end = time.monotonic() + 60
        while True:
            missing = [x.name for x in self.libraries if not self._seen(x)]
            if not missing:
                return
            log = (self.folder / "log").read_text(errors="replace")[-2000:]
            assert time.monotonic() < end, f"not scraped: {missing}\n{log}"
            time.sleep(1)

    def _seen(self, library: Library) -> bool:
        series = f'{library.count}{{job="{library.name}",{library.errors}}}'
        found = self.query(f"count_over_time({series}[1m])")
        return bool(found) and float(found[0]["value"][1]) >= SCRAPES

    def get_rules(self) -> list[tuple[str, str]]:
        """Every rule with the error of its last evaluation."""
        groups = get(f"{self.url}/api/v1/rules")["data"]["groups"]
        return [(rule["name"], rule.get("lastError", "")) for group in groups for rule in group["rules"]]
