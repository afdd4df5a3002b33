"""The examples of `docs/instrument.md`, taken from its fenced blocks, and what runs them.

Every block says in its first line whose part it is: `python orders/app.py` is a file of the example `orders`, and
`sh orders/run`, `yaml orders/spec` are parts that are no files. A part is used as it stands but for what only names
places: hosts, ports, and how often is pushed.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import yaml
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from prometheus_client.mmap_dict import MmapedDict

from generator.pipeline import generate
from generator.profiles import PROFILES
from tests.contract import load
from tests.contract.prometheus import Prometheus, otlp_flag
from tests.contract.static import StaticPage
from tests.contract.synthetic import triton, vllm
from tests.integration.client import free_ports
from tests.proof import ROOT

DOCUMENTS = (ROOT / "docs" / "instrument.md", ROOT / "docs" / "instrument.ko.md")
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
AT_ONCE = 8
LOAD = {"2xx": (7, 120), "4xx": (9999, 20), "5xx": (0, 10)}
"""Each class of status: the number in the path that brings it, and how many requests of the load are such."""


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: its language, `example/part` as it is written there, and its text."""

    language: str
    name: str
    text: str


def blocks(document: Path) -> list[Block]:
    """Every fenced block of a document, in its order."""
    found = (match.groups() for match in FENCE.finditer(document.read_text(encoding="utf-8")))
    return [Block(head.partition(" ")[0], head.partition(" ")[2], text) for head, text in found]


@dataclass(frozen=True, slots=True)
class Example:
    """One program and its entry. `parts` are the texts by name; what has a `.py` is a file."""

    name: str
    parts: Mapping[str, str]

    @property
    def entry(self) -> dict[str, Any]:
        """The service as the document writes it."""
        (service,) = yaml.safe_load(self.parts["spec"])["services"]
        return dict(service)

    @property
    def port(self) -> str:
        """The port that the program's own commands name."""
        command = self.parts.get("run") or self.parts["start"]
        match = re.search(r"(?:--port |--metrics-port=|--bind 0\.0\.0\.0:)(\d+)", command)
        assert match, f"no port in the command of {self.name}"
        return match[1]

    def packages(self) -> list[str]:
        """What `pip install` is told to install."""
        lines = self.parts.get("install", "").splitlines()
        return [name for line in lines if line.startswith("pip install ") for name in line.split()[2:]]

    def lacking(self, page: str) -> set[str]:
        """Metrics of its profile that are not on a page."""
        profile = PROFILES[self.entry["kind"]]
        wanted = {counter.metric for counter in profile.requests}
        wanted |= {f"{each.metric}_bucket" for each in (*profile.service_durations, *profile.route_durations)}
        wanted |= {profile.mean.total, *profile.mean.counts} if profile.mean else set()
        return {metric for metric in wanted if not re.search(rf"^{metric}[{{ ]", page, flags=re.MULTILINE)}


def examples(document: Path = DOCUMENTS[0]) -> dict[str, Example]:
    """Every example of the document by its name."""
    found: dict[str, dict[str, str]] = {}
    for block in blocks(document):
        name, _, part = block.name.partition("/")
        assert part, f"a block without a name in {document.name}: {block.text[:60]}"
        assert part not in found.setdefault(name, {}), f"{block.name} stands twice in {document.name}"
        found[name][part] = block.text
    return {name: Example(name, parts) for name, parts in found.items()}


@dataclass(slots=True)
class Run:
    """An example that runs: `service` is its name in this test's spec, `part` the command that starts it."""

    example: Example
    port: int
    part: str = "run"
    push_to: str = ""
    collector: str = ""
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    folder: Path = field(default=Path(), init=False)

    @property
    def service(self) -> str:
        return self.example.name if self.part == "run" else f"{self.example.name}-{self.part}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def entry(self) -> dict[str, Any]:
        """The document's entry, under the run's own name and address."""
        entry: dict[str, Any] = yaml.safe_load(self.placed(yaml.safe_dump(self.example.entry)))
        return {**entry, "name": self.service}

    @property
    def page(self) -> str:
        """Where the metrics are."""
        return f"{self.url}{self.example.entry.get('metrics_path', '/metrics')}"

    def placed(self, text: str) -> str:
        """A part's text with this machine's places in it."""
        places = {"shop.internal": "127.0.0.1", "0.0.0.0": "127.0.0.1", "INTERVAL=15000": "INTERVAL=500"}
        for written, here in places.items():
            text = text.replace(written, here)
        if self.push_to:
            text = text.replace("http://localhost:9090", self.push_to)
        if self.collector:
            text = text.replace("http://localhost:4318", self.collector)
        return re.sub(rf"(?<=[: =]){self.example.port}\b", str(self.port), text)

    def start(self, folder: Path) -> None:
        """Writes the files, does what the document has one do beside `pip`, and starts the program's command."""
        self.folder = folder / self.service
        (self.folder / "shared").mkdir(parents=True)
        (self.folder / ROOT_NAME).symlink_to(ROOT)
        for name, text in self.example.parts.items():
            if name.endswith(".py"):
                (self.folder / name).write_text(self.placed(text), encoding="utf-8")
        done = [line for line in self.example.parts.get("install", "").splitlines() if not line.startswith("pip ")]
        with (folder / f"{self.service}.log").open("ab") as log:
            subprocess.run(["bash", "-ec", "\n".join(done)], cwd=self.folder, check=True, stdout=log, stderr=log)
            self.process = subprocess.Popen(
                ["bash", "-ec", self.placed(self.example.parts[self.part])],
                cwd=self.folder,
                env=self._environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def listening(self, seconds: float = 90) -> None:
        """Waits until the program takes connections; fails with the end of what it printed."""
        try:
            load.listening(self.port, seconds)
        except AssertionError as error:
            printed = self.folder.with_suffix(".log").read_text(errors="replace")[-2000:]
            raise AssertionError(f"{self.service}: {error}\n{printed}") from None

    def _environment(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PROMETHEUS_", "OTEL_"))}
        kept.pop("PYTHONPATH", None)
        return {**kept, "PATH": path, "TMPDIR": str(self.folder / "shared")}

    def stop(self) -> None:
        """Ends the program and its workers."""
        if self.process is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, number)
                self.process.wait(15)
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue

    def workers_that_counted(self) -> int:
        """How many processes have written counts into the folder that they share."""
        pids = set()
        for path in self.folder.glob("shared/*/*.db"):
            if path.name.startswith(("counter_", "histogram_")):
                values = MmapedDict.read_all_values_from_file(str(path))  # type: ignore[no-untyped-call]
                if any(value for _key, value, *_ in values):
                    pids.add(path.stem.rpartition("_")[2])
        return len(pids)


ROOT_NAME = "observability-stack"
"""What the document calls this project's folder."""


def total(entry: Mapping[str, Any]) -> str:
    """All requests of a service since its start by the raw counters, from the names in the profile or the entry."""
    if entry["kind"] == "custom":
        return f'sum({entry["metrics"]["requests"]["name"]}{{service="{entry["name"]}"}})'
    job = f'job="{entry["name"]}"'
    terms = []
    for counter in PROFILES[entry["kind"]].requests:
        left_out = [f'{label}!="{value}"' for label, value in counter.exclude]
        terms.append(f"sum({counter.metric}{{{','.join([job, *left_out])}}})")
    return " + ".join(terms)


async def send(run: Run, counts: Mapping[str, int]) -> None:
    """Sends so many requests of each class, each in a connection of its own so that all workers get some."""
    numbers = [(LOAD[code][0], code) for code, count in counts.items() for _ in range(count)]
    waiting: Iterator[tuple[int, str]] = iter(numbers)
    async with httpx.AsyncClient(timeout=30, headers={"Connection": "close"}) as client:

        async def work() -> None:
            for number, code in waiting:
                answer = await client.get(f"{run.url}/{run.example.name}/{number}")
                assert f"{answer.status_code // 100}xx" == code, f"{answer.url} answered {answer.status_code}"

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))


class StackPrometheus(Prometheus):
    """A Prometheus that runs what the generator renders for a whole spec."""

    def start_spec(self, spec: Mapping[str, Any]) -> subprocess.Popen[bytes]:
        """Writes the rendered files and starts the server."""
        for artifact in generate(yaml.safe_dump(dict(spec)), target="native").artifacts:
            if artifact.path.startswith("prometheus/"):
                path = self.folder / artifact.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(artifact.content)
        return self._run()


class Receiver:
    """Takes OTLP metrics over HTTP and keeps the last request of each instance. Used as a context."""

    def __init__(self) -> None:
        self.paths: set[str] = set()
        self.last: dict[str, ExportMetricsServiceRequest] = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.take(self.path, ExportMetricsServiceRequest.FromString(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def take(self, path: str, request: ExportMetricsServiceRequest) -> None:
        """Keeps what came."""
        self.paths.add(path)
        for resource in request.resource_metrics:
            attributes = {each.key: each.value.string_value for each in resource.resource.attributes}
            assert attributes["service.name"] == "payments"
            self.last[attributes["service.instance.id"]] = request

    def points(self, metric: str) -> Iterator[Any]:
        """The last histogram points of a metric, of all instances."""
        for request in [*self.last.values()]:
            for resource in request.resource_metrics:
                for scope in resource.scope_metrics:
                    for found in scope.metrics:
                        if found.name == metric:
                            yield from found.histogram.data_points

    def __enter__(self) -> Receiver:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


EXAMPLES = examples()
PAGES = {"chat": vllm, "vision": triton}
"""Examples whose server needs a GPU, by the page that stands for it."""
PUSHED = "payments"
STARTED = [name for name in EXAMPLES if name not in PAGES]
SENT = {code: count for code, (_number, count) in LOAD.items()}
WARM_UP = dict.fromkeys(LOAD, 30)
"""Sent before the load, so many that every worker has each class: a rate does not see what a series begins with."""
SETTLED_SECONDS, COVERAGE_SECONDS = 6, 60
STACK = {"name": "docs", "team": "ops", "scrape_interval": "1s", "scrape_timeout": "1s"}


class Documented:
    """All examples under load, and the Prometheus that scrapes them. Used as a context."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.prometheus = StackPrometheus(folder)
        self.pages = {name: StaticPage(make) for name, make in PAGES.items()}
        started = [name for name in STARTED if name != PUSHED or otlp_flag()]
        made = [(name, "run") for name in started] + [("orders", "workers"), ("orders", "summary")]
        ports = free_ports(len(made))
        self.runs = {
            run.service: run
            for (name, part), port in zip(made, ports, strict=True)
            for run in [Run(EXAMPLES[name], port, part, self.prometheus.url)]
        }
        self.entries = {name: run.entry for name, run in self.runs.items()}
        for name, page in self.pages.items():
            self.entries[name] = {**EXAMPLES[name].entry, "targets": [page.url.removeprefix("http://")]}
        self.server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Documented:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for run in self.runs.values():
            run.stop()
        for page in self.pages.values():
            page.stop()
        if self.server:
            self.server.kill()
            self.server.wait()

    def _start(self) -> None:
        for page in self.pages.values():
            page.start()
        self._warm([run for name, run in self.runs.items() if name != PUSHED])
        spec = {"version": 1, "stack": STACK, "services": [*self.entries.values()]}
        self.server = self.prometheus.start_spec(spec | yaml.safe_load(EXAMPLES["orders"].parts["rules"]))
        load.page(f"{self.prometheus.url}/-/ready", 60)
        self._warm([run for name, run in self.runs.items() if name == PUSHED])
        begun = time.monotonic()
        self._wait_for_counts(120)
        for page in self.pages.values():
            page.grow()
        for run in self.runs.values():
            asyncio.run(send(run, SENT))
        time.sleep(max(SETTLED_SECONDS, COVERAGE_SECONDS - (time.monotonic() - begun)))
        self.prometheus.moment = time.time()

    def _warm(self, runs: list[Run]) -> None:
        """Starts programs and sends them their first requests."""
        for run in runs:
            run.start(self.folder)
        for run in runs:
            run.listening()
            asyncio.run(send(run, WARM_UP))

    def _wait_for_counts(self, seconds: float) -> None:
        """Until every service's first requests were seen some scrapes ago: a rate needs a beginning."""
        end, warm = time.monotonic() + seconds, float(sum(WARM_UP.values()))
        while True:
            counts = {name: self._counted(name, time.time() - SETTLED_SECONDS) for name in self.entries}
            off = {name: n for name, n in counts.items() if n is None or (name in self.runs and n != warm)}
            if not off:
                return
            assert time.monotonic() < end, f"{warm:.0f} requests were sent to each, but counted are {off}"
            time.sleep(1)

    def _counted(self, name: str, at: float) -> float | None:
        found = self.prometheus.query(total(self.entries[name]), at)
        return float(found[0]["value"][1]) if found else None
