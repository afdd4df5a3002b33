"""The stack as containers: `docker compose` with the generated file, and the user's override beside it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from generator import names
from generator.model import Component, Stack
from generator.runtime import files, health, images, logs, ports, secrets, zones
from generator.runtime.base import Project, Report, Row, RuntimeName, RuntimeProblem, Say, unwell
from generator.runtime.compose import Background, Compose, Container, Service
from generator.runtime.images import Images
from generator.runtime.process import run
from generator.targets.base import public_url

RECORD = "docker.json"
_SECTIONS = {
    Component.LOKI: ("logs",),
    Component.TEMPO: ("traces",),
    Component.COLLECTOR: ("logs", "traces"),
}
_BROKEN = ("unhealthy", "restarting", "failed")
_PUBLISHED = frozenset(
    {
        Component.PROMETHEUS,
        Component.ALERTMANAGER,
        Component.GRAFANA,
        Component.GPU_EXPORTER,
        Component.ML_API,
        Component.SHOP,
        Component.ALERT_SINK,
        Component.LOKI,
        Component.TEMPO,
    }
)


def engine() -> str:
    """Why there is no usable Docker engine here; nothing if there is."""
    ran = run(["docker", "info", "--format", "{{.ServerVersion}}"], timeout=10)
    if not ran.ok or not ran.out.strip():
        return f"no Docker engine answers ({ran.reason})"
    ran = run(["docker", "compose", "version"], timeout=10)
    return "" if ran.ok else f"there is no `docker compose` ({ran.reason})"


@dataclass(frozen=True, slots=True)
class Docker:
    """Containers of this host's Docker engine."""

    project: Project
    name: RuntimeName = "docker"

    def known(self) -> bool:
        """Whether the stack has ever been up here."""
        return (self.project.state / RECORD).is_file()

    def running(self) -> bool:
        """Whether a container of the stack runs."""
        name = self._known().get("name")
        return bool(name) and any(c.state == "running" for c in self._compose(str(name)).containers().values())

    def up(self, say: Say, timeout: float = 180.0) -> Report:
        """Starts what is not running, brings the rest up to date, and waits until all is healthy."""
        with files.alone(self.project.state):
            stack = self.project.stack("compose")
            secrets.require(stack, self.project.root, os.environ)
            secrets.make_passwords(self.project.root, stack)
            secrets.place(self.project, stack, os.environ, mode=0o644)
            zones.place(stack, self.project.root)
            compose = self._compose(stack.name)
            services, before = compose.services(), compose.containers()
            had = images.provide(compose, services, say)
            if not had.ready:
                raise RuntimeProblem("; ".join(had.left_out.values()), "there is nothing to start")
            _require_free(stack, services, had, before)
            self._remember(stack, services, had)
            problems = self._start(compose, services, had, timeout, say)
            if not problems:
                problems += self._take_configuration(compose, stack, before, say)
                _watch(compose, had, lambda: False, 60, lambda line: None)
            return self._finish(stack, had, problems, say)

    def down(self, say: Say, *, delete_data: bool = False) -> Report:
        """Stops everything; keeps the data's volumes, or deletes them for good."""
        with files.alone(self.project.state):
            compose = self._compose(str(self._known().get("name") or self.project.stack("compose").name))
            say("stopping the containers")
            more = ("--volumes",) if delete_data else ()
            ran = compose.run("down", "--timeout", "30", *more, timeout=180)
            if not ran.ok:
                raise RuntimeProblem(f"docker compose down: {ran.reason}")
            rows = tuple(Row(name, "stopped") for name in self._entries())
            note = "the data in Docker's volumes is deleted" if delete_data else "the data stays in Docker's volumes"
            return Report(self.name, rows, notes=(note,))

    def status(self) -> Report:
        """What is up now, with URLs; needs no valid spec."""
        name = self._known().get("name")
        containers = self._compose(str(name)).containers() if name else {}
        rows = tuple(_row(each, entry, containers.get(each)) for each, entry in self._entries().items())
        return Report(self.name, rows, unwell(rows))

    def logs(self, components: tuple[str, ...] = (), lines: int = 100, follow: bool = False) -> Iterator[str]:
        """The last lines of what the containers printed."""
        known = tuple(name for name, entry in self._entries().items() if entry["state"] != "missing")
        wanted = logs.chosen(components, known)
        more = ("--follow",) if follow else ()
        compose = self._compose(str(self._known().get("name")))
        return compose.stream("logs", "--no-color", "--tail", str(lines), *more, *wanted)

    def _compose(self, name: str) -> Compose:
        return Compose(self.project.root, name)

    def _start(
        self, compose: Compose, services: tuple[Service, ...], had: Images, timeout: float, say: Say
    ) -> list[str]:
        """Starts the services and polls their health; returns what is wrong."""
        problems = self._roles(compose, had, timeout)
        broken = any(set(s.after) & set(had.left_out) for s in services if s.name in had.ready)
        more = ("--no-deps",) if broken else ()
        log = files.folder(self.project.state / "log") / "compose.log"
        begin = Background(compose, log, "up", "--detach", "--no-build", *more, *had.ready)
        deadline = time.monotonic() + timeout
        last = _watch(compose, had, lambda: begin.failed, timeout, say)
        begin.finish(max(5.0, deadline - time.monotonic()))
        problems += [_trouble(compose, n, state) for n, state in last.items() if state in _BROKEN]
        if begin.failed:
            return [*problems, f"docker compose up: {begin.reason}"]
        late = [name for name, state in last.items() if state in ("starting", "waiting")]
        return [*problems, *(_trouble(compose, name, f"not healthy after {timeout:.0f} s") for name in late)]

    def _roles(self, compose: Compose, had: Images, timeout: float) -> list[str]:
        """Gives the sample's database today's passwords: its volume may be older than they are."""
        database = Component.POSTGRES.value
        if database not in had.ready:
            return []
        started = compose.run("up", "--detach", "--no-build", "--wait", database, timeout=timeout)
        if not started.ok:
            return []  # what is wrong with it is told with the others
        file = f"/docker-entrypoint-initdb.d/{PurePosixPath(names.POSTGRES_ROLES).name}"
        ask = ("psql", "-X", "-q", "-U", "postgres", "-f", file)
        ran = compose.run("exec", "-T", database, *ask, timeout=30)
        return [] if ran.ok else [f"{database}: its roles cannot be made: {ran.reason}"]

    def _take_configuration(
        self, compose: Compose, stack: Stack, before: Mapping[str, Container], say: Say
    ) -> list[str]:
        """Tells containers that went on running of changed configuration; returns what they refused."""
        earlier = self._known().get("configuration") or {}
        now = files.digests(self.project.root, health.CONFIGURATION.values())
        after, problems = compose.containers(), []
        for component, folder in health.CONFIGURATION.items():
            if earlier.get(folder) == now[folder] or not _went_on(component.value, before, after):
                continue
            if reason := _reload(compose, stack, component):
                now[folder] = ""
                problems.append(f"{component.value} refused its new configuration and keeps the old one: {reason}")
            else:
                say(f"{component.value}: took its new configuration")
        files.remember(self.project.state / RECORD, {**self._known(), "configuration": now})
        return problems

    def _finish(self, stack: Stack, had: Images, problems: list[str], say: Say) -> Report:
        running = tuple(c for c in stack.components if c.value in had.ready)
        if Component.PROMETHEUS in running and not problems:
            problems += health.wait_for_targets(stack, running, 2 * stack.scrape_interval + 30, say)
        report = self.status()
        notes = [*report.notes, *had.notes, *_without(had), *secrets.unreadable_in_containers(stack, self.project.root)]
        notes += secrets.password_note(running)
        if Component.PROMETHEUS in running:
            notes += health.elsewhere(stack, running)
        return Report(self.name, report.rows, tuple(problems) or report.problems, tuple(notes))

    def _remember(self, stack: Stack, services: tuple[Service, ...], had: Images) -> None:
        entries = {s.name: _entry(stack, s, had) for s in services}
        known = {**self._known(), "name": stack.name, "components": entries}
        files.remember(self.project.state / RECORD, known)

    def _known(self) -> dict[str, Any]:
        return files.recall(self.project.state / RECORD)

    def _entries(self) -> dict[str, dict[str, str]]:
        found = files.recall(self.project.state / RECORD).get("components", {})
        return {str(name): dict(each) for name, each in found.items()}


def _without(had: Images) -> Iterator[str]:
    """What to write where a server of logs or traces cannot be had: the tree asks for it until the spec says `off`."""
    for component, sections in _SECTIONS.items():
        if component.value in had.left_out:
            off = " and ".join(f"`{section}: off`" for section in sections)
            yield f"no {component.value}: ServiceDown tells so until its image is here; write {off} to go without"


def _require_free(stack: Stack, services: tuple[Service, ...], had: Images, before: Mapping[str, Container]) -> None:
    own = {name for name, container in before.items() if container.state == "running"}
    wanted = [
        (s.name, host, port) for s in services if s.name in had.ready and s.name not in own for host, port in s.ports
    ]
    ports.require(wanted)


def _watch(compose: Compose, had: Images, broken: Callable[[], bool], timeout: float, say: Say) -> Mapping[str, str]:
    """Polls until every service is up or has failed, or `broken` says that it is no use."""

    def look() -> dict[str, str]:
        found = compose.containers()
        return {name: found[name].summary if name in found else "waiting" for name in had.ready}

    return health.wait(look, lambda now: broken() or set(now.values()) <= {"up", "failed"}, timeout, say)


def _went_on(name: str, before: Mapping[str, Container], after: Mapping[str, Container]) -> bool:
    """Whether the same container ran before and runs still."""
    return name in before and name in after and before[name].state == "running" and before[name].id == after[name].id


def _reload(compose: Compose, stack: Stack, component: Component) -> str:
    """Over HTTP where a port is published, which tells whether it was accepted; else by signal. Grafana restarts."""
    if component in health.RELOADED and component in _PUBLISHED:
        return health.reload(stack, component)
    signal = ("kill", "--signal", "SIGHUP") if component in health.RELOADED else ("restart",)
    ran = compose.run(*signal, component.value, timeout=90)
    return "" if ran.ok else ran.reason


def _entry(stack: Stack, service: Service, had: Images) -> dict[str, str]:
    if service.name in had.left_out:
        return {"state": "missing", "url": "", "note": had.left_out[service.name]}
    component = next((c for c in stack.components if c.value == service.name), None)
    url = public_url(stack, component) if component in _PUBLISHED and component else ""
    return {"state": "", "url": url, "note": service.image}


def _row(name: str, entry: Mapping[str, str], container: Container | None) -> Row:
    if entry["state"] == "missing":
        return Row(name, "missing", "", entry["note"])
    return Row(name, container.summary if container else "stopped", entry["url"], entry["note"])


def _trouble(compose: Compose, name: str, state: str) -> str:
    lines = compose.log(name, 15) or ("(nothing)",)
    return "\n    ".join((f"{name}: {state}; its log ends:", *lines))
