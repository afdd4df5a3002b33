"""Real servers with the configuration that is rendered for processes of one host, each on ports of its own."""

from __future__ import annotations

import os
import subprocess
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from generator.builders.commands import alertmanager_flags
from generator.pipeline import generate
from generator.runtime import zones
from generator.runtime.binaries import Sources, provide
from generator.runtime.relocate import relocated
from tests.integration.client import free_ports, get, wait
from tests.proof import STATE

FIELDS = (
    *("prometheus", "alertmanager", "loki", "loki_grpc", "tempo", "tempo_grpc", "tempo_otlp"),
    *("otel_collector", "otlp_grpc", "otlp_http", "collector_metrics", "span_metrics"),
)
READY = {
    "prometheus": "/-/ready",
    "alertmanager": "/-/ready",
    "loki": "/ready",
    "tempo": "/ready",
    "otel_collector": "/",
}
BINARIES = {"otel_collector": "otelcol-contrib"}
FOLDERS = {"otel_collector": "collector"}
READY_SECONDS = 90


@dataclass
class Servers:
    """A rendered tree, and those of its servers that were started. Used as a context."""

    folder: Path
    more: dict[str, Any] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ports = dict(zip((*FIELDS, "otlp_push"), free_ports(len(FIELDS) + 1), strict=True))
        self.out = self.folder / "native"
        for path, text in generate(yaml.safe_dump(self.spec()), target="native").files().items():
            (self.out / path).parent.mkdir(parents=True, exist_ok=True)
            (self.out / path).write_text(text)

    def spec(self) -> dict[str, Any]:
        """One service, and what a test adds."""
        stack = {"name": "backends", "scrape_interval": "1s", "scrape_timeout": "1s"}
        own = {name: port for name, port in self.ports.items() if name in FIELDS}
        service = {"name": "shop", "kind": "fastapi", "team": "shop", "targets": ["127.0.0.1:1"]}
        section = {**stack, **self.more.get("stack", {}), "ports": own}
        return {"version": 1, "services": [service], **self.more, "stack": section}

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self.running):
            self.kill(name)

    def url(self, field: str) -> str:
        """Where a port of the stack is."""
        return f"http://127.0.0.1:{self.ports[field]}"

    def get(self, field: str, path: str, **query: Any) -> Any:
        """The JSON of a path of a server."""
        return get(f"{self.url(field)}{path}?{urllib.parse.urlencode(query)}")

    def text(self, field: str, path: str) -> str:
        """The text of a path of a server."""
        with urllib.request.urlopen(f"{self.url(field)}{path}", timeout=10) as answer:
            return str(answer.read().decode())

    def start(self, name: str) -> None:
        """Runs a server as the native runtime does; waits until it is ready."""
        wanted = BINARIES.get(name, name)
        found = provide((wanted,), Sources.here(STATE).without_network(), lambda _text: None).get(wanted)
        assert found
        binary = relocated(found, self.folder / "state", self.out)
        command = getattr(self, f"_{name}")(binary.version)
        state = {"STACK_STATE": str(self.folder), "STACK_OUT": str(self.out), **zones.zones()}
        environment = {**os.environ, **binary.environment, **state}
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [str(binary.path), *command],
                cwd=self.out / FOLDERS.get(name, name),
                env=environment,
                stdout=log,
                stderr=log,
            )
        wait(f"{name} to be ready", lambda: self._answers(name, READY[name]), READY_SECONDS)

    def _answers(self, name: str, path: str) -> bool | None:
        ended = self.running[name].poll()
        assert ended is None, f"{name} ended: {(self.folder / f'{name}.log').read_text()[-2000:]}"
        return bool(self.text(name, path)) or None

    def stop(self, name: str, seconds: float = 15) -> None:
        """Ends a server that was started here, as the supervisor does: by force when it takes too long."""
        process = self.running.pop(name)
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)

    def kill(self, name: str) -> None:
        """Ends a server as a lack of memory does."""
        process = self.running.pop(name)
        process.kill()
        process.wait(10)

    def _prometheus(self, _version: str) -> list[str]:
        return [
            "--config.file=prometheus.yml",
            f"--storage.tsdb.path={self.folder}/data/prometheus",
            f"--web.listen-address=127.0.0.1:{self.ports['prometheus']}",
        ]

    def _otel_collector(self, _version: str) -> list[str]:
        return [f"--config={self.out}/collector/config.yml"]

    def _loki(self, _version: str) -> list[str]:
        return [f"-config.file={self.out}/loki/config.yml", "-config.expand-env=true"]

    def _tempo(self, _version: str) -> list[str]:
        """The collector hands spans over by gRPC; tests do by HTTP, on a port of their own."""
        path = self.out / "tempo" / "config.yml"
        config = yaml.safe_load(path.read_text())
        http = {"endpoint": f"127.0.0.1:{self.ports['otlp_push']}"}
        config["distributor"]["receivers"]["otlp"]["protocols"]["http"] = http
        path.write_text(yaml.safe_dump(config))
        return ["-target=all", f"-config.file={path}", "-config.expand-env=true"]

    def _alertmanager(self, version: str) -> list[str]:
        return [
            "--config.file=alertmanager.yml",
            f"--storage.path={self.folder}/data/alertmanager",
            f"--web.listen-address=127.0.0.1:{self.ports['alertmanager']}",
            "--cluster.listen-address=",
            *alertmanager_flags(version),
        ]

    # Questions

    def lines(self, query: str, limit: int = 100) -> list[dict[str, Any]]:
        """What Loki answers to a LogQL query over the last hour: streams, or series."""
        return list(
            self.get("loki", "/loki/api/v1/query_range", query=query, limit=limit, since="1h")["data"]["result"]
        )

    def vector(self, query: str) -> list[dict[str, Any]]:
        """The instant answer to a metric query in LogQL."""
        return list(self.get("loki", "/loki/api/v1/query", query=query)["data"]["result"])

    def trace(self, trace_id: str) -> list[dict[str, Any]]:
        """The spans of a trace, whatever their service; none while Tempo does not know it."""
        found = self.get("tempo", f"/api/v2/traces/{trace_id}").get("trace", {})
        scopes = (scope for part in found.get("resourceSpans", ()) for scope in part["scopeSpans"])
        return [span for scope in scopes for span in scope["spans"]]

    def traces(self, query: str) -> list[dict[str, Any]]:
        """The traces that a TraceQL query finds in the last hour."""
        now = int(time.time())
        return list(self.get("tempo", "/api/search", q=query, start=now - 3600, end=now + 60, limit=50)["traces"])
