"""What a run of the tests proved against which real server: marks, skips with a name, and the table at the end.

A test that needs servers says which: `@pytest.mark.server("prometheus", "promtool")`. Where one of them is missing the
test is skipped and the reason names it; `find` is the one place that knows where a server may be.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from generator.defaults import IMAGES
from generator.runtime.binaries import Sources, provide

ROOT = Path(__file__).resolve().parents[1]
STATE = ROOT / ".run"
ENGINE, COMPOSE, NODE, CHROMIUM = "docker engine", "docker compose", "node", "chromium"
SERVERS = (
    "prometheus",
    "promtool",
    "alertmanager",
    "amtool",
    "node_exporter",
    "blackbox_exporter",
    "postgres",
    "valkey-server",
    "postgres_exporter",
    "redis_exporter",
    "process_exporter",
    "loki",
    "tempo",
    "otelcol-contrib",
    "grafana",
    ENGINE,
    COMPOSE,
    NODE,
    CHROMIUM,
)
OUTCOMES = ("passed", "failed", "skipped")


@dataclass(frozen=True)
class Server:
    """A real server or checker of this machine."""

    where: str
    version: str


@cache
def find(server: str) -> Server | None:
    """The server if this machine has it: on PATH, or where `make tools` put it."""
    if server == ENGINE:
        return _asked("docker", "info", "--format", "{{.ServerVersion}}")
    if server == COMPOSE:
        return _asked("docker", "compose", "version", "--short")
    if server == NODE:
        return _asked("node", "--version") if shutil.which("npm") else None
    if server == CHROMIUM:
        return _browser()
    found = provide((server,), Sources.here(STATE).without_network(), lambda _text: None).get(server)
    if found is None:
        return _image(server)
    return Server(str(found.path), found.version)


def _browser() -> Server | None:
    for command in ("chromium", "chromium-browser", "google-chrome"):
        if found := _asked(command, "--version"):
            return Server(found.where, next(word for word in found.version.split() if word[0].isdecimal()))
    return None


def _image(server: str) -> Server | None:
    """Grafana has no package; where an engine holds its image, that one is used."""
    if server != "grafana" or find(ENGINE) is None:
        return None
    image = IMAGES.grafana
    found = _asked("docker", "image", "inspect", "--format", "{{.Id}}", image)
    return Server(image, image.rpartition(":")[2]) if found else None


def _asked(*command: str) -> Server | None:
    """A server whose version a command tells; None where it fails or tells nothing."""
    if shutil.which(command[0]) is None:
        return None
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = ran.stdout.strip().removeprefix("v")
    return Server(command[0], said) if ran.returncode == 0 and said else None


def missing(servers: tuple[str, ...]) -> str:
    """Why a test that needs these servers cannot run here; empty when it can."""
    lacking = [server for server in servers if find(server) is None]
    return f"not on this machine: {', '.join(lacking)}" if lacking else ""


@dataclass
class Proof:
    """Outcomes by server, and why tests were skipped."""

    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, servers: list[str], outcome: str, reason: str) -> None:
        """One test's outcome, for each server that it needed."""
        for server in servers:
            self.outcomes.setdefault(server, Counter())[outcome] += 1
        if outcome == "skipped":
            self.reasons[reason] += 1

    def table(self) -> list[str]:
        """The lines of the table: what was proven first, then what was not, each with its reason."""
        rows: list[tuple[str, ...]] = [("real server", "version", *OUTCOMES, "")]
        for server in SERVERS:
            counts = self.outcomes.get(server, Counter())
            verdict = "proven" if counts["passed"] and not counts["failed"] else "NOT proven"
            if not counts:
                verdict += ": no test of this run needed it"
            elif not counts["passed"] and not counts["failed"]:
                verdict += ": not on this machine" if find(server) is None else ": its tests were skipped"
            numbers = tuple(str(counts[outcome]) for outcome in OUTCOMES)
            here = find(server)
            rows.append((server, here.version if here else "-", *numbers, verdict))
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return lines + [f"skipped {count} x: {reason}" for reason, count in sorted(self.reasons.items())]
