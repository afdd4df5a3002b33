"""The stack of the scenarios: four copies of the sample app as its services, found in every way that can be had."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import yaml

from tests.integration.client import free_ports
from tests.integration.running_stack import RunningStack
from tests.integration.scenario_spec import HOOK_VARIABLE, SECRET_RECEIVERS, SERVICES, spec
from tests.proof import find


def busy_share(seconds: float) -> float:
    """How busy this machine's cores are, 0 to 1, by what they did over some seconds."""

    def ticks() -> list[int]:
        return [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]

    before = ticks()
    time.sleep(seconds)
    spent = [late - early for early, late in zip(before, ticks(), strict=True)]
    return 1 - (spent[3] + spent[4] + spent[7]) / max(1, sum(spent))


class ScenarioStack(RunningStack):
    """`up`, faults on its services, `down`."""

    def __init__(self, runtime: str) -> None:
        super().__init__(runtime, "scenario")
        self.service_ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
        inside = runtime == "docker"
        self.addresses = {s: f"{s}:8000" if inside else f"127.0.0.1:{p}" for s, p in self.service_ports.items()}
        port = self.ports["alert_sink"]
        at = "alert-sink:8080" if inside else f"127.0.0.1:{port}"
        self.token = f"only-in-secrets-{port}"
        self.hook = f"http://{at}/alerts?token={self.token}"
        self.environment = {HOOK_VARIABLE: self.hook}
        self.apps: dict[str, subprocess.Popen[bytes]] = {}
        self.began = self.mended = 0.0
        self.busy_before = busy_share(5)

    def url(self, service: str) -> str:
        """Where the host reaches a service."""
        return f"http://127.0.0.1:{self.service_ports[service]}"

    @property
    def takes_url_files(self) -> bool:
        """Whether this stack's Alertmanager reads a webhook's URL from a file: from 0.26 on."""
        found = find("alertmanager")
        return self.runtime == "docker" or (found is not None and found.version.split(".")[:2] >= ["0", "26"])

    def spec(self) -> dict[str, Any]:
        """The product's rules with short intervals."""
        content = spec(
            self.name, self._discovery(), self.ports, self.subnet, f"http://{self.addresses['busy-api']}/healthz"
        )
        if self.takes_url_files:
            content["alerting"] |= SECRET_RECEIVERS
        return content

    def prepare(self) -> None:
        """A receiver's secret, and the services: containers beside the stack's, or processes."""
        (self.folder / "secrets" / "hook_url").write_text(self.hook)
        if self.runtime == "docker":
            (self.folder / "docker-compose.override.yml").write_text(yaml.safe_dump(self._containers()))
            return
        for service, port in self.service_ports.items():
            state = self.folder / ".run" / service
            self.apps[service] = self.python("sample_app.api", "--port", str(port), "--state-dir", str(state))

    def traffic(self, service: str, rate: float, seconds: float) -> None:
        """Requests at a fixed rate, in the background."""
        arguments = ("--url", self.url(service), "--rate", str(rate), "--seconds", str(seconds))
        self.python("sample_app.traffic", *arguments)

    def kill(self, service: str) -> None:
        """Ends a service without a goodbye."""
        if self.runtime == "docker":
            self.compose("kill", service)
        else:
            self.apps[service].kill()

    def _discovery(self) -> dict[str, dict[str, Any]]:
        """Every way to find targets that can be had here, one for each service."""
        found: dict[str, dict[str, Any]] = {s: {"targets": [address]} for s, address in self.addresses.items()}
        targets = self.folder / "prometheus" / "targets"
        targets.mkdir(exist_ok=True)
        (targets / "busy.yml").write_text(yaml.safe_dump([{"targets": [self.addresses["busy-api"]]}]))
        found["busy-api"] = {"file_sd": {"files": ["targets/*.yml"], "refresh_interval": "5s"}}
        if self.runtime == "docker":
            found["errors-api"] = {
                "dns": {"names": ["errors-api"], "type": "A", "port": 8000, "refresh_interval": "5s"}
            }
            labelled = {"port": 8000, "label": "com.docker.compose.service=slow-api", "refresh_interval": "5s"}
            found["slow-api"] = {"docker": labelled}
        return found

    def _containers(self) -> dict[str, Any]:
        common = {
            "image": f"{self.name}-sample:local",
            "command": ["sample_app.api", "--host", "0.0.0.0", "--port", "8000"],
            "tmpfs": ["/tmp:mode=1777"],
            "depends_on": {"alert-sink": {"condition": "service_started"}},
        }
        return {
            "services": {
                service: {**common, "ports": [f"127.0.0.1:{port}:8000"]} for service, port in self.service_ports.items()
            }
        }
