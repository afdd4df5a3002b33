"""A collector as the generator configures it, and the two sinks that stand where Loki and Tempo would."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from generator.builders.commands import collector_settings
from generator.bundle import Bundle
from generator.model import Component
from generator.pipeline import generate
from generator.targets.base import INSIDE, MORE
from tests.integration.client import free_ports, wait
from tests.proof import find

FIELDS = (
    "loki",
    "loki_grpc",
    "tempo",
    "tempo_grpc",
    "tempo_otlp",
    "otel_collector",
    "otlp_grpc",
    "otlp_http",
    "collector_metrics",
    "span_metrics",
    "fluent_forward",
)


class Process:
    """One server with its configuration: started, killed, stopped."""

    def __init__(self, server: str, config: Path, health: str, *flags: str, **environment: str) -> None:
        self.server = server
        self.config = config
        self.health = health
        self.flags = flags
        self.environment = environment
        self.log = config.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Waits until it is healthy."""
        found = find(self.server)
        assert found
        command = [found.where, *self.flags]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **self.environment})
        wait(f"{self.config.stem} to be healthy; see {self.log}", self._healthy, 60)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """As a machine out of memory does."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self.process:
            self.process.send_signal(how)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:  # Tempo takes a minute to say goodbye
                self.process.kill()
                self.process.wait()
            self.process = None

    def _healthy(self) -> bool | None:
        assert self.process
        assert self.process.poll() is None, f"ended with {self.process.returncode}; see {self.log}"
        with urllib.request.urlopen(self.health, timeout=5) as answer:
            return True if answer.status == 200 else None


class Running:
    """The collector of a spec, natively, with its sinks. Used as a context.

    `sections` are sections of the spec; with `keep` false the sinks throw away what they get; `real` are Loki and Tempo
    themselves, natively."""

    def __init__(
        self, folder: Path, *, keep: bool = True, real: bool = False, target: str = "native", **sections: Any
    ) -> None:
        self.folder = folder
        self.keep = keep
        self.ports = dict(zip(FIELDS, free_ports(len(FIELDS)), strict=True))
        self.received = {signal: folder / f"{signal}.jsonl" for signal in ("logs", "traces")}
        self.spec = {
            "version": 1,
            "stack": {"name": "collected", "ports": self.ports, "environment": "testing"},
            "services": [{"name": "shop", "kind": "django", "targets": ["shop:8000"]}],
            **sections,
        }
        config = folder / "collector.yml"
        bundle = generate(yaml.safe_dump(self.spec, allow_unicode=True), target=target)
        made = next(a.content for a in bundle.artifacts if a.path == "collector/config.yml")
        config.write_text(made if target == "native" else self._here(made))
        (folder / "log").mkdir(exist_ok=True)
        self.collector = self._collector(config, self.ports["otel_collector"], **collector_settings())
        if real:
            self.loki, self.tempo = (self._real(name, bundle, target) for name in ("loki", "tempo"))
            return
        self.loki = self._sink("loki", "logs", {"http": self._at("loki", logs_url_path="/otlp/v1/logs")})
        self.tempo = self._sink("tempo", "traces", {"grpc": self._at("tempo_otlp")})

    def __enter__(self) -> Running:
        try:
            for process in (self.loki, self.tempo, self.collector):
                process.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self.collector, self.loki, self.tempo):
            process.stop()

    def _here(self, made: str) -> str:
        """What is configured for a container, with the addresses and folders of this machine."""
        listening = {field: inside for field, (owner, inside) in MORE.items() if owner is Component.COLLECTOR}
        for field, inside in {**listening, "otel_collector": INSIDE[Component.COLLECTOR]}.items():
            made = made.replace(f"0.0.0.0:{inside}", f"127.0.0.1:{self.ports[field]}")
        made = made.replace(f"port: {MORE['collector_metrics'][1]}", f"port: {self.ports['collector_metrics']}")
        for host, field in (("loki:3100", "loki"), ("tempo:4317", "tempo_otlp")):
            made = made.replace(host, f"127.0.0.1:{self.ports[field]}")
        return made.replace("/var/lib/otelcol", f"{self.folder}/data")

    def _at(self, port: str, **more: Any) -> dict[str, Any]:
        return {"endpoint": f"127.0.0.1:{self.ports[port]}", **more}

    def _sink(self, name: str, signal_: str, protocols: dict[str, Any]) -> Process:
        health = free_ports(1)[0]
        kept = {"path": str(self.received[signal_]), "append": True, "flush_interval": "200ms"}
        config = {
            "extensions": {"health_check": {"endpoint": f"127.0.0.1:{health}"}},
            "receivers": {"otlp": {"protocols": protocols}},
            "exporters": {"file": kept} if self.keep else {"debug": {}},
            "service": {
                "extensions": ["health_check"],
                "pipelines": {signal_: {"receivers": ["otlp"], "exporters": ["file" if self.keep else "debug"]}},
                "telemetry": {"metrics": {"level": "none"}},
            },
        }
        path = self.folder / f"{name}.yml"
        path.write_text(yaml.safe_dump(config))
        return self._collector(path, health)

    def _collector(self, config: Path, health: int, **environment: str) -> Process:
        state = {"STACK_STATE": str(self.folder), **environment}
        return Process("otelcol-contrib", config, f"http://127.0.0.1:{health}/", f"--config={config}", **state)

    def _real(self, name: str, bundle: Bundle, target: str) -> Process:
        """Loki or Tempo as the generator configures it natively."""
        assert target == "native"
        for artifact in bundle.artifacts:
            if artifact.path.startswith(f"{name}/"):
                path = self.folder / artifact.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(artifact.content)
        config = self.folder / name / "config.yml"
        flags = (f"-config.file={config}", "-config.expand-env=true", *(["-target=all"] if name == "tempo" else []))
        places = {"STACK_STATE": str(self.folder), "STACK_OUT": str(self.folder)}
        return Process(name, config, self.url(name, "/ready"), *flags, **places)

    def url(self, port: str, path: str = "") -> str:
        return f"http://127.0.0.1:{self.ports[port]}{path}"

    def page(self, port: str) -> list[Sample]:
        """The metrics behind a port: `collector_metrics` (its own) or `span_metrics`."""
        with urllib.request.urlopen(self.url(port, "/metrics"), timeout=10) as answer:
            families = text_string_to_metric_families(answer.read().decode())
            return [sample for family in families for sample in family.samples]


def send(url: str, body: bytes, content_type: str = "application/json", patience: float = 60) -> None:
    """POSTs until it is taken, as an SDK does for a while."""
    end = time.monotonic() + patience
    while True:
        request = urllib.request.Request(url, body, {"Content-Type": content_type})
        try:
            with urllib.request.urlopen(request, timeout=10):
                return
        except (OSError, urllib.error.URLError):
            if time.monotonic() > end:
                raise
        time.sleep(0.2)
