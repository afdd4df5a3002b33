"""One size in a real Prometheus: the generated tree, pages that feed it, what its rules take, how it answers."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from bench.generate import ROOT, spec
from bench.pages import page_of
from bench.prometheus import Evaluation, Prometheus, free_port
from bench.questions import Question, questions
from generator import names
from generator.bundle import Bundle
from generator.pipeline import generate

SCRAPE_SECONDS, EVALUATION_SECONDS = 5, 15
FAILING = 21
"""Every so many-th service fails and is slow, so that some alerts are active."""
COSTLIEST = 6
RULES = "prometheus/rules/"
PAGE = f"/{names.DASHBOARD_SERVICES}.json"


@dataclass(frozen=True, slots=True)
class Size:
    """So many services, each with so many routes and status codes."""

    services: int
    routes: int
    codes: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How long Prometheus runs, the last part of it in which evaluations count, and how often a panel is asked."""

    run: float
    measured: float
    passes: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Median seconds of a panel's query and of the raw one."""

    what: str
    panel: float
    raw: float

    @property
    def ratio(self) -> float:
        """How many times faster the panel is."""
        return self.raw / self.panel


@dataclass(frozen=True, slots=True)
class Run:
    """What one size showed: series in Prometheus, and samples of each in a window of five minutes; cores that it used,
    and the share of its time that it waited for one; every evaluation that counts; the answers."""

    size: Size
    series: float
    samples: float
    cores: float
    waited: float
    evaluations: tuple[Evaluation, ...]
    answers: tuple[Answer, ...]

    def intervals(self) -> dict[str, float]:
        """Each group that ran, with its interval."""
        return {each.group: each.interval for each in self.evaluations}

    def seconds(self, group: str) -> list[float]:
        """How long each evaluation of a group took."""
        return [each.seconds for each in self.evaluations if each.group == group]

    def share(self, group: str) -> float:
        """The median of a group's evaluations as a share of its interval."""
        return statistics.median(self.seconds(group)) / self.intervals()[group]

    def costliest(self) -> list[tuple[float, str, str]]:
        """The rules that take longest: median seconds, group, name."""
        found: dict[tuple[str, int, str], list[float]] = {}
        for each in self.evaluations:
            for number, (name, seconds) in enumerate(each.rules):
                found.setdefault((each.group, number, name), []).append(seconds)
        ordered = sorted(((statistics.median(times), *rule) for rule, times in found.items()), reverse=True)
        return [(seconds, group, name) for seconds, group, _, name in ordered[:COSTLIEST]]


def measure(prometheus: Path, size: Size, pace: Pace) -> Run:
    """Runs one size with its pages, and takes everything down again."""
    port = free_port()
    with tempfile.TemporaryDirectory() as name, _pages(size) as pages:
        folder, bundle = Path(name), made_of(_scraped(size.services, pages.port, port))
        write(bundle, folder)
        page = next(a.content for a in bundle.artifacts if a.path.endswith(PAGE))
        with Prometheus(prometheus, folder, port) as server:
            pages.guard(server.process_id)
            time.sleep(pace.run - pace.measured)
            before = server.scheduled()
            evaluations = tuple(_watched(server, pace.measured))
            ran, waited = (now - then for now, then in zip(server.scheduled(), before, strict=True))
            _complete(server, size)
            asked = questions(page) if size.services > 1 else ()
            return Run(
                size,
                server.number("prometheus_tsdb_head_series"),
                server.number('count_over_time(up{job="service-00000"}[5m])'),
                ran / pace.measured,
                waited / (ran + waited) if ran else 0,
                evaluations,
                tuple(_answers(server, asked, pace.passes)),
            )


def _scraped(services: int, pages: int, port: int) -> dict[str, Any]:
    """The spec with each service's page in the place of its targets, and nothing else that listens on this machine."""
    made = spec(services)
    for number, service in enumerate(made["services"]):
        page = page_of(service["kind"], failing=number % FAILING == FAILING - 1)
        service |= {"targets": [f"127.0.0.1:{pages}"], "metrics_path": f"/{page}/{service['name']}"}
    made["stack"] |= {
        "scrape_interval": f"{SCRAPE_SECONDS}s",
        "scrape_timeout": f"{SCRAPE_SECONDS}s",
        "evaluation_interval": f"{EVALUATION_SECONDS}s",
        "ports": {"prometheus": port, "alertmanager": pages},
    }
    return {**made, "hosts": {"targets": [f"127.0.0.1:{pages}"]}}


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages' server in a process of its own, which ends when its input does."""

    process: subprocess.Popen[str]
    port: int

    def guard(self, process: int) -> None:
        """Lets it end another process too, should this one be gone before it has done so itself."""
        assert self.process.stdin
        self.process.stdin.write(f"{process}\n")
        self.process.stdin.flush()


@contextmanager
def _pages(size: Size) -> Iterator[Pages]:
    command = [sys.executable, "-m", "bench.pages", "--routes", str(size.routes), "--codes", str(size.codes)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield Pages(process, int(process.stdout.readline()))
        finally:
            process.kill()


def _watched(server: Prometheus, seconds: float) -> Iterator[Evaluation]:
    """Every evaluation that begins from now on; of a group that runs less often, its last one too."""
    end = time.monotonic() + seconds
    before = {(each.group, each.at) for each in server.evaluations() if each.interval <= EVALUATION_SECONDS}
    seen: dict[tuple[str, datetime], Evaluation] = {}
    while time.monotonic() < end:
        time.sleep(SCRAPE_SECONDS)
        seen = {(each.group, each.at): each for each in server.evaluations() if each.at.year > 1} | seen
    yield from (each for key, each in seen.items() if key not in before)


def _complete(server: Prometheus, size: Size) -> None:
    """Whether every service was scraped and no evaluation was left out: else the numbers are of something smaller."""
    up = server.number('count(up{kind!=""} == 1)')
    if up < size.services:
        raise RuntimeError(f"only {up:.0f} of {size.services} services were scraped: the machine is too slow")
    if missed := server.number("sum(prometheus_rule_group_iterations_missed_total)"):
        print(f"{size.services:,} services: {missed:.0f} evaluations were left out, for the one before was not done")


def _answers(server: Prometheus, asked: tuple[Question, ...], passes: int) -> Iterator[Answer]:
    """Panel and raw in turn."""
    times: dict[tuple[Question, str], list[float]] = {}
    for _ in range(passes):
        for question in asked:
            for which, expression in (("panel", question.panel), ("raw", question.raw)):
                taken = server.timed(expression, 60 if question.over_time else 0)
                times.setdefault((question, which), []).append(taken)
    for question in asked:
        panel, raw = (statistics.median(times[question, which]) for which in ("panel", "raw"))
        yield Answer(question.what, panel, raw)


def write(bundle: Bundle, folder: Path) -> None:
    """Puts what Prometheus reads below the folder."""
    for artifact in bundle.artifacts:
        if artifact.path == names.PROMETHEUS_CONFIG or artifact.path.startswith(RULES):
            path = folder / artifact.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(artifact.content, encoding="utf-8")


def made_of(spec_data: dict[str, Any]) -> Bundle:
    """What the generator renders of a spec for servers of this host."""
    text = yaml.dump(spec_data, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper))
    return generate(text, target="native")
