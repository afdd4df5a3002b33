"""A whole stack in a folder of its own, in either runtime, with four copies of the sample app as its services."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from tests.integration.client import free_ports
from tests.integration.scenario_spec import HOOK_VARIABLE, SECRET_RECEIVERS, SERVICES, spec
from tests.proof import ROOT, STATE, find

NAMES = ("grafana", "prometheus", "alertmanager", "node_exporter", "blackbox", "ml_api", "alert_sink")


def busy_share(seconds: float) -> float:
    """How busy this machine's cores are, 0 to 1, by what they did over some seconds."""

    def ticks() -> list[int]:
        return [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]

    before = ticks()
    time.sleep(seconds)
    spent = [late - early for early, late in zip(before, ticks(), strict=True)]
    return 1 - (spent[3] + spent[4] + spent[7]) / max(1, sum(spent))


class ScenarioStack:
    """`up`, faults on its services, `down`. Used as a context."""

    def __init__(self, folder: Path, runtime: str) -> None:
        self.folder, self.runtime = folder, runtime
        self.name = f"scenario-{os.getpid()}"  # an earlier run's volumes would hold its alerts
        found = free_ports(len(NAMES) + len(SERVICES))
        self.ports = dict(zip(NAMES, found, strict=False))
        self.service_ports = dict(zip(SERVICES, found[len(NAMES) :], strict=True))
        self.prometheus = f"http://127.0.0.1:{self.ports['prometheus']}"
        self.alertmanager = f"http://127.0.0.1:{self.ports['alertmanager']}"
        self.sink = f"http://127.0.0.1:{self.ports['alert_sink']}"
        port = self.ports["alert_sink"]
        at = "alert-sink:8080" if runtime == "docker" else f"127.0.0.1:{port}"
        self.token = f"only-in-secrets-{port}"
        self.hook = f"http://{at}/alerts?token={self.token}"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.apps: dict[str, subprocess.Popen[bytes]] = {}
        self.output = ""
        self.began = self.mended = self.busy_before = 0.0

    def url(self, service: str) -> str:
        """Where the host reaches a service."""
        return f"http://127.0.0.1:{self.service_ports[service]}"

    @property
    def takes_url_files(self) -> bool:
        """Whether this stack's Alertmanager reads a webhook's URL from a file: from 0.26 on."""
        found = find("alertmanager")
        return self.runtime == "docker" or (found is not None and found.version.split(".")[:2] >= ["0", "26"])

    def states(self) -> set[str]:
        """The components that `up` reported as up."""
        rows = (line.split() for line in self.output.splitlines())
        return {row[0] for row in rows if len(row) > 1 and row[1] == "up"}

    def note(self, component: str) -> str:
        """What `up` said of a component in its table."""
        found = (line for line in self.output.splitlines() if line.startswith(f"{component} "))
        return " ".join(next(found, "not in the table").split()[1:])

    def __enter__(self) -> ScenarioStack:
        self.busy_before = busy_share(5)
        shutil.copytree(
            ROOT,
            self.folder,
            ignore=shutil.ignore_patterns(".git", ".venv", ".run", ".*_cache", "secrets"),
            dirs_exist_ok=True,
        )
        self._share_packages()
        inside = self.runtime == "docker"
        at = {s: f"{s}:8000" if inside else f"127.0.0.1:{self.service_ports[s]}" for s in SERVICES}
        content = spec(self.name, self._discovery(at), self.ports, f"http://{at['busy-api']}/healthz")
        if self.takes_url_files:
            content["alerting"] |= SECRET_RECEIVERS
        (self.folder / "spec.yaml").write_text(yaml.safe_dump(content))
        (self.folder / "secrets").mkdir(mode=0o700)
        (self.folder / "secrets" / "hook_url").write_text(self.hook)
        if inside:
            (self.folder / "docker-compose.override.yml").write_text(yaml.safe_dump(self._containers()))
        else:
            self._start_apps()
        done = self._generator("up", "--runtime", self.runtime)
        self.output = done.stdout + done.stderr
        if done.returncode != 0:
            self.__exit__()
            raise AssertionError(f"up failed:\n{self.output}")
        return self

    def __exit__(self, *_: object) -> None:
        for process in (*self.processes, *self.apps.values()):
            process.terminate()
        for process in (*self.processes, *self.apps.values()):
            process.wait(timeout=20)
        self._generator("down")
        if self.runtime == "docker":
            remove = ("docker", "compose", "-p", self.name, "down", "--volumes", "--rmi", "local")
            subprocess.run(remove, cwd=self.folder, capture_output=True, check=False)

    def traffic(self, service: str, rate: float, seconds: float) -> None:
        """Requests at a fixed rate, in the background."""
        arguments = ("--url", self.url(service), "--rate", str(rate), "--seconds", str(seconds))
        self.processes.append(self._python("sample_app.traffic", *arguments))

    def kill(self, service: str) -> None:
        """Ends a service without a goodbye."""
        if self.runtime == "docker":
            subprocess.run(["docker", "compose", "kill", service], cwd=self.folder, check=True, capture_output=True)
        else:
            self.apps[service].kill()

    def _discovery(self, at: dict[str, str]) -> dict[str, dict[str, Any]]:
        """Every way to find targets that can be had here, one for each service."""
        found: dict[str, dict[str, Any]] = {service: {"targets": [address]} for service, address in at.items()}
        targets = self.folder / "prometheus" / "targets"
        targets.mkdir(exist_ok=True)
        (targets / "busy.yml").write_text(yaml.safe_dump([{"targets": [at["busy-api"]]}]))
        found["busy-api"] = {"file_sd": {"files": ["targets/*.yml"], "refresh_interval": "5s"}}
        if self.runtime == "docker":
            found["errors-api"] = {
                "dns": {"names": ["errors-api"], "type": "A", "port": 8000, "refresh_interval": "5s"}
            }
            labelled = {"port": 8000, "label": "com.docker.compose.service=slow-api", "refresh_interval": "5s"}
            found["slow-api"] = {"docker": labelled}
        return found

    def _share_packages(self) -> None:
        """What `make tools` brought is not brought again."""
        if (STATE / "packages").is_dir():
            (self.folder / ".run").mkdir()
            (self.folder / ".run" / "packages").symlink_to(STATE / "packages")

    def _start_apps(self) -> None:
        for service, port in self.service_ports.items():
            state = self.folder / ".run" / service
            self.apps[service] = self._python("sample_app.api", "--port", str(port), "--state-dir", str(state))

    def _python(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        """A program of the project in the background; what it says goes to `programs.log`."""
        with (self.folder / "programs.log").open("ab") as log:
            return subprocess.Popen([sys.executable, "-m", module, *arguments], cwd=self.folder, stdout=log, stderr=log)

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

    def _generator(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "generator", *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
            env={**os.environ, HOOK_VARIABLE: self.hook},
        )
