"""`docker compose` as functions: one project, its services and their containers."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator import defaults, names
from generator.runtime.base import RuntimeProblem
from generator.runtime.process import Ran, run

SOCKET = Path(defaults.DOCKER_HOST.removeprefix("unix://"))
PATIENCE = 5
OVERRIDE = "docker-compose.override.yml"


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the compose file: its image, whether the repository builds it, what it waits for, its ports."""

    name: str
    image: str
    built: bool
    after: tuple[str, ...]
    ports: tuple[tuple[str, int], ...]
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Container:
    """A container of the project. `health` is empty without a health check."""

    service: str
    id: str
    name: str
    state: str
    health: str

    @property
    def summary(self) -> str:
        """up, starting, unhealthy, restarting or failed."""
        if self.state == "running":
            return {"healthy": "up", "": "up", "unhealthy": "unhealthy"}.get(self.health, "starting")
        if self.state == "restarting":
            return "restarting"
        return "failed" if self.state in ("exited", "dead") else "starting"


@dataclass(frozen=True, slots=True)
class Compose:
    """One compose project in the folder `root`."""

    root: Path
    project: str

    def command(self, *arguments: str) -> list[str]:
        """The whole command line. Files are named, so that no other file of the folder is taken instead."""
        files = [name for name in (names.COMPOSE_FILE, OVERRIDE) if (self.root / name).is_file()]
        chosen = [part for name in files for part in ("-f", name)]
        return ["docker", "compose", "--progress", "plain", *chosen, "-p", self.project, "--profile", "*", *arguments]

    def run(self, *arguments: str, timeout: float) -> Ran:
        """Runs a command to its end."""
        return run(self.command(*arguments), timeout=timeout, cwd=self.root, env=environment())

    def services(self) -> tuple[Service, ...]:
        """What the compose files say; raises RuntimeProblem when they cannot be read."""
        if not (self.root / names.COMPOSE_FILE).is_file():
            raise RuntimeProblem(f"there is no {names.COMPOSE_FILE} in {self.root}", "run `make generate` first")
        ran = self.run("config", "--format", "json", timeout=30)
        if not ran.ok:
            raise RuntimeProblem(f"docker compose cannot read the compose files: {ran.reason}")
        found = json.loads(ran.out)["services"]
        return tuple(_service(name, each) for name, each in sorted(found.items()))

    def containers(self) -> dict[str, Container]:
        """The project's containers by service, also those that do not run."""
        ran = self.run("ps", "-a", "--format", "json", timeout=30)
        for _ in range(PATIENCE):
            if "No such container" not in ran.err:  # one was replaced while compose looked at it
                break
            ran = self.run("ps", "-a", "--format", "json", timeout=30)
        if not ran.ok:
            raise RuntimeProblem(f"docker compose ps: {ran.reason}")
        rows = [row for line in ran.out.splitlines() if line.strip() for row in _rows(json.loads(line))]
        found = (Container(r["Service"], r["ID"], r["Name"], r["State"], r.get("Health", "")) for r in rows)
        return {container.service: container for container in found}

    def log(self, service: str, lines: int) -> tuple[str, ...]:
        """The last lines of a container's log."""
        ran = self.run("logs", "--no-color", "--no-log-prefix", "--tail", str(lines), service, timeout=30)
        return tuple((ran.out + ran.err).splitlines()[-lines:])

    def stream(self, *arguments: str) -> Iterator[str]:
        """The lines of a command as they come; ends it when nobody reads on."""
        with subprocess.Popen(
            self.command(*arguments),
            cwd=self.root,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        ) as process:
            try:
                for line in process.stdout or ():
                    yield line.decode(errors="replace").rstrip("\n")
            finally:
                process.terminate()


def environment(socket: Path = SOCKET) -> dict[str, str]:
    """This process's environment, and the group of the engine's socket: Prometheus needs it for docker discovery."""
    try:
        group = {names.DOCKER_GROUP: str(socket.stat().st_gid)}
    except OSError:
        group = {}
    return {**group, **os.environ}


class Background:
    """A compose command that runs while something else is watched."""

    def __init__(self, compose: Compose, log: Path, *arguments: str) -> None:
        self._log = log
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                compose.command(*arguments),
                cwd=compose.root,
                env=environment(),
                stdout=file,
                stderr=file,
                stdin=subprocess.DEVNULL,
            )

    @property
    def failed(self) -> bool:
        """Whether it has ended badly."""
        return self._process.poll() not in (None, 0)

    @property
    def reason(self) -> str:
        """The last line that it printed."""
        lines = [line for line in self._log.read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1].strip()[:300] if lines else f"exit status {self._process.returncode}"

    def finish(self, seconds: float) -> bool:
        """Waits for its end; stops it when the time is over. Returns whether it ended well."""
        try:
            return self._process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            self._process.terminate()
            self._process.wait(10)
            return False


def watched(compose: Compose, arguments: tuple[str, ...], seconds: float, tell: Callable[[str], None]) -> Ran:
    """Runs a long command and passes on each line; ends it after `seconds`."""
    process = subprocess.Popen(
        ["timeout", "--kill-after=10", f"{seconds:.0f}", *compose.command(*arguments)],
        cwd=compose.root,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
    )
    lines = []
    for raw in process.stdout or ():
        line = raw.decode(errors="replace").rstrip()
        lines.append(line)
        tell(line)
    code = process.wait()
    return Ran(code, "", f"it took more than {seconds:.0f} s" if code == 124 else "\n".join(lines))


def _service(name: str, config: dict[str, Any]) -> Service:
    ports = ((str(p.get("host_ip") or "0.0.0.0"), str(p.get("published") or "")) for p in config.get("ports") or ())  # noqa: S104
    return Service(
        name,
        str(config.get("image", "")),
        "build" in config,
        tuple(sorted(config.get("depends_on") or ())),
        tuple((host, int(port)) for host, port in ports if port.isdigit()),
        tuple(config.get("profiles") or ()),
    )


def _rows(value: Any) -> list[dict[str, Any]]:
    """Older versions print one list, newer ones an object a line."""
    return value if isinstance(value, list) else [value]
