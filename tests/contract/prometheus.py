"""A real Prometheus that runs what the generator renders, and answers queries."""

from __future__ import annotations

import re
import subprocess
import urllib.parse
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from generator.pipeline import generate
from tests.contract import load
from tests.integration.client import free_ports, get
from tests.proof import find

OTLP_FLAG = re.compile(r"--(\[no-\])?web\.enable-otlp-receiver")


@cache
def otlp_flag() -> str:
    """What opens this machine's OTLP receiver; empty where there is none: Debian's builds leave it out."""
    found = find("prometheus")
    if found is None:
        return ""
    ran = subprocess.run([found.where, "--help"], capture_output=True, text=True, check=False)
    if OTLP_FLAG.search(usage := ran.stdout + ran.stderr):
        return "--web.enable-otlp-receiver"
    return "--enable-feature=otlp-write-receiver" if "otlp-write-receiver" in usage else ""


class Prometheus:
    """One server in its own folder, scraping and evaluating once a second.

    Queries are asked for `moment` where it is set: what tests do later, with pages that count, is then not in them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{free_ports(1)[0]}"
        self.moment: float | None = None

    def start(self, services: list[dict[str, Any]], **sections: Any) -> subprocess.Popen[bytes]:
        """Runs the rendered configuration for these entries and sections of a spec; waits until it answers."""
        stack = {"name": "contract", "scrape_interval": "1s", "scrape_timeout": "1s"}
        spec = {"version": 1, "stack": stack, "services": services, **sections}
        bundle = generate(yaml.safe_dump(spec), target="native")
        for artifact in bundle.artifacts:
            if artifact.path.startswith("prometheus/"):
                path = self.folder / artifact.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(artifact.content)
        process = self._run()
        load.page(f"{self.url}/-/ready", 30)
        return process

    def _run(self) -> subprocess.Popen[bytes]:
        found = find("prometheus")
        assert found
        command = [
            found.where,
            f"--config.file={self.folder}/prometheus/prometheus.yml",
            f"--storage.tsdb.path={self.folder}/data",
            f"--web.listen-address={self.url[7:]}",
            *filter(None, [otlp_flag()]),
        ]
        with (self.folder / "prometheus.log").open("ab") as log:
            return subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)

    def query(self, expression: str, at: float | None = None) -> list[dict[str, Any]]:
        """The instant vector of an expression, at a Unix time, else at the moment, else now."""
        when = at or self.moment
        asked = {"query": expression, **({"time": f"{when:.3f}"} if when else {})}
        return list(get(f"{self.url}/api/v1/query?{urllib.parse.urlencode(asked)}")["data"]["result"])

    def number(self, expression: str, at: float | None = None) -> float:
        """The one value of an expression; fails when there is none or more than one."""
        found = self.query(expression, at)
        assert len(found) == 1, f"{len(found)} series for {expression}"
        return float(found[0]["value"][1])

    def recorded(self, series: str) -> tuple[float, float]:
        """The last value recorded of a series, and when it was recorded."""
        return self.number(series), self.number(f"timestamp({series})")

    def rules(self) -> list[tuple[str, str]]:
        """Every rule with the error of its last evaluation."""
        groups = get(f"{self.url}/api/v1/rules")["data"]["groups"]
        return [(rule["name"], rule.get("lastError", "")) for group in groups for rule in group["rules"]]
