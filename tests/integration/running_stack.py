"""A whole stack in a folder of its own, in either runtime, with ports that nobody else uses."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Self

import yaml

from generator.model import Component
from generator.targets.base import MORE, port_field
from tests.integration.client import free_ports
from tests.proof import ROOT, STATE

LEFT_BEHIND = (".git", ".venv", ".run", ".*_cache", "secrets", "__pycache__")


class RunningStack:
    """`up`, and `down` at the end. Used as a context; a subclass says what the spec is and what else runs."""

    def __init__(self, runtime: str, name: str) -> None:
        self.runtime = runtime
        self.name = f"{name}-{os.getpid()}"  # an earlier run's volumes would hold its alerts
        # Others may enter it: PostgreSQL runs as another user where the tests run as root.
        self.folder = Path(tempfile.mkdtemp(prefix=f"{name} {runtime} "))
        self.folder.chmod(0o755)
        fields = [*(port_field(component) for component in Component), *MORE]
        self.ports = dict(zip(fields, free_ports(len(fields)), strict=True))
        self.subnet = f"172.30.{os.getpid() % 256}.0/24"  # stacks of other test runs on this machine have others
        self.environment: dict[str, str] = {}
        self.processes: list[subprocess.Popen[bytes]] = []
        self.output = ""

    def spec(self) -> dict[str, Any]:
        """The spec of this stack."""
        raise NotImplementedError

    def prepare(self) -> None:
        """What must be there before `up`."""

    @property
    def prometheus(self) -> str:
        return self.at("prometheus")

    @property
    def alertmanager(self) -> str:
        return self.at("alertmanager")

    @property
    def sink(self) -> str:
        return self.at("alert_sink")

    def at(self, port: str) -> str:
        """Where the host reaches a component, by the name of its port."""
        return f"http://127.0.0.1:{self.ports[port]}"

    def states(self) -> set[str]:
        """The components that `up` reported as up in its table; "NAME: up" is its progress."""
        rows = (line.split() for line in self.output.splitlines())
        return {row[0] for row in rows if len(row) > 1 and row[1] == "up" and not row[0].endswith(":")}

    def note(self, component: str) -> str:
        """What `up` said of a component in its table."""
        found = (line for line in self.output.splitlines() if line.startswith(f"{component} "))
        return " ".join(next(found, "not in the table").split()[1:])

    def __enter__(self) -> Self:
        ignored = shutil.ignore_patterns(*LEFT_BEHIND)
        shutil.copytree(ROOT, self.folder, ignore=ignored, dirs_exist_ok=True)
        self._share_packages()
        (self.folder / "secrets").mkdir(mode=0o700)
        (self.folder / "spec.yaml").write_text(yaml.safe_dump(self.spec(), allow_unicode=True))
        self.prepare()
        done = self.generator("up", "--runtime", self.runtime)
        self.output = done.stdout + done.stderr
        if done.returncode != 0:
            self.__exit__()
            raise AssertionError(f"up failed:\n{self.output}")
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(timeout=20)
        self.generator("down", "--delete-data")
        if self.runtime == "docker":
            remove = ("docker", "compose", "-p", self.name, "down", "--volumes", "--rmi", "local")
            subprocess.run(remove, cwd=self.folder, capture_output=True, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def python(self, module: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        """A program of the project in the background; what it says goes to `programs.log`."""
        with (self.folder / "programs.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                env={**os.environ, **environment},
            )
        self.processes.append(process)
        return process

    def generator(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One command of the product on this stack."""
        return subprocess.run(
            [sys.executable, "-m", "generator", *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
            env={**os.environ, **self.environment},
        )

    def compose(self, *arguments: str) -> None:
        """One command of Docker Compose on this stack's containers."""
        subprocess.run(
            ["docker", "compose", "-p", self.name, *arguments], cwd=self.folder, check=True, capture_output=True
        )

    def _share_packages(self) -> None:
        """What `make tools` brought is not brought again."""
        if (STATE / "packages").is_dir():
            (self.folder / ".run").mkdir()
            (self.folder / ".run" / "packages").symlink_to(STATE / "packages")
