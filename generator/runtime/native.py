"""The stack as processes of this host, under a supervisor: the same configuration, other addresses."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from generator import names, pipeline, smaller, writer
from generator.model import Component, Stack
from generator.needs import needs, unmet
from generator.runtime import binaries, files, health, http, logs, ports, postgres, programs, secrets, zones
from generator.runtime.base import Project, Report, Row, RuntimeName, RuntimeProblem, Say, unwell
from generator.runtime.binaries import Binaries, Found, Sources
from generator.runtime.daemon import FAILED, Daemon, Program
from generator.runtime.process import end
from generator.runtime.relocate import relocated
from generator.targets.base import MORE, bound_to, public_url, published

OUT = "native"
CONFIG = f"{OUT}/supervisor/supervisord.conf"
RECORD = "native.json"
_TROUBLE = '%"\\\n'


@dataclass(frozen=True, slots=True)
class Native:
    """Processes of this host. `sources` is where binaries may come from."""

    project: Project
    sources: Sources
    name: RuntimeName = "native"

    @classmethod
    def of(cls, project: Project) -> Native:
        """With everything that this machine and its network offer."""
        return cls(project, Sources.here(project.state))

    @property
    def daemon(self) -> Daemon:
        return Daemon(self.project.state, self.project.state / CONFIG)

    def known(self) -> bool:
        """Whether the stack has ever been up here."""
        return (self.project.state / RECORD).is_file()

    def running(self) -> bool:
        """Whether the supervisor runs, or programs that it left behind when it was killed."""
        return self.daemon.running() or bool(self.daemon.leftovers())

    def up(self, say: Say, timeout: float = 180.0) -> Report:
        """Starts what is not running, brings the rest up to date, and waits until all is healthy."""
        _require_plain_path(self.project)
        with files.alone(self.project.state):
            asked = self.project.stack("native")
            secrets.require(asked, self.project.root, os.environ)
            found = binaries.provide(_wanted(asked), self.sources, say)
            stack = smaller.without(asked, {c for c in asked.components if c not in _runnable(asked, found)})
            _require_version(stack, found)
            self._clear_leftovers(say)
            own = self._own_ports()
            ports.require(each for each in _ports(stack, _runnable(stack, found)) if each[2] not in own)
            found, account = self._database(self._prepare(stack, found), say)
            components = _runnable(stack, found)
            deadline = time.monotonic() + timeout
            started = programs.Update(self.daemon, self.project, stack, components, found, account, say)
            self._remember(asked, components, found, {})
            fresh = started.bring_up()
            problems = self._wait(stack, components, deadline, say)
            problems += started.reload(fresh)
            problems += self._wait(stack, tuple(started.restarted), deadline, say)
            self._remember(asked, components, found, started.record)
            if Component.PROMETHEUS in components and not problems:
                patience = max(deadline - time.monotonic(), 2 * stack.scrape_interval + 10)
                problems += [*health.wait_for_targets(stack, components, patience, say)]
            report = self.status()
            notes = (
                *started.notes,
                *_not_found(found),
                *_smaller(asked, stack),
                *health.elsewhere(stack, components),
                *secrets.password_note(components),
            )
            return Report(self.name, report.rows, tuple(dict.fromkeys((*problems, *report.problems))), notes)

    def down(self, say: Say, *, delete_data: bool = False) -> Report:
        """Stops everything; keeps the data, or deletes it for good."""
        with files.alone(self.project.state):
            say("stopping the supervisor and its programs")
            self.daemon.shutdown()
            self._clear_leftovers(say)
            rows = tuple(Row(name, "stopped") for name in self._record())
            data = self.project.state / "data"
            if delete_data:
                files.empty(data)
            note = f"the data in {data} is deleted" if delete_data else f"the data stays in {data}"
            return Report(self.name, rows, notes=(note,))

    def status(self) -> Report:
        """What is up now, with URLs; needs no valid spec."""
        known = self.daemon.programs() if self.daemon.running() else {}
        rows = tuple(_row(name, each, known.get(name)) for name, each in self._record().items())
        return Report(self.name, rows, unwell(rows))

    def logs(self, components: tuple[str, ...] = (), lines: int = 100, follow: bool = False) -> Iterator[str]:
        """The last lines of what the programs printed."""
        known = tuple(name for name, each in self._record().items() if each["ready"])
        return logs.read(self.project.state / "log", components, known, lines, follow)

    def _prepare(self, stack: Stack, found: Binaries) -> Binaries:
        """Everything that the programs read: configuration, binaries, secrets, folders."""
        state = self.project.state
        secrets.make_passwords(self.project.root, stack)
        placed = secrets.place(self.project, stack, os.environ, mode=0o600)
        self._render(stack)
        zones.place(stack, state / OUT)
        files.link(state / OUT / "alertmanager" / "secrets", placed)
        ready = replace(found, found=tuple(relocated(each, state, state / OUT) for each in found.found))
        for each in ready.found:
            _place(each, state / "bin" / each.name)
        for folder in ("log", "log/grafana", *(f"data/{c.value}" for c in stack.components)):
            files.folder(state / folder)
        return ready

    def _database(self, found: Binaries, say: Say) -> tuple[Binaries, postgres.Account]:
        """Makes the sample's database if it is new; without one that can run, the rest goes on."""
        server = found.get(binaries.COMPONENTS[Component.POSTGRES])
        if server is None:
            return found, postgres.Account()
        try:
            sql = self.project.state / OUT / names.POSTGRES_ROLES
            return found, postgres.prepare(self.project, server, sql, say)
        except RuntimeProblem as problem:
            return found.without(server.name, str(problem)), postgres.Account()

    def _render(self, stack: Stack) -> None:
        out = self.project.state / OUT
        try:
            planned = writer.plan(pipeline.render(stack), out)
            writer.apply(planned)
        except writer.WriterError as error:
            raise RuntimeProblem(str(error), f"edit {self.project.source} instead; {out} may be deleted") from error

    def _wait(self, stack: Stack, components: tuple[Component, ...], deadline: float, say: Say) -> list[str]:
        """Polls until every program is up or has failed; returns what is wrong, with the end of its log."""

        def look() -> dict[str, str]:
            known = self.daemon.programs()
            return {c.value: _state(health.ready(stack, c), known.get(c.value)) for c in components}

        settled = {"up", "failed"}
        last = health.wait(look, lambda now: set(now.values()) <= settled, deadline - time.monotonic(), say)
        return [self._trouble(name, state) for name, state in last.items() if state != "up"]

    def _trouble(self, name: str, state: str) -> str:
        lines = files.tail(self.project.state / "log" / f"{name}.log", 15)
        return "\n    ".join((f"{name}: {state}; its log ends:", *(lines or ("(nothing)",))))

    def _clear_leftovers(self, say: Say) -> None:
        """Ends programs of this stack whose supervisor is gone."""
        if self.daemon.running():
            return
        left = self.daemon.leftovers()
        if left:
            say(f"ending what an earlier run left behind: {', '.join(sorted(left.values()))}")
            end([*left], 15)

    def _own_ports(self) -> frozenset[int]:
        if not self.daemon.running():
            return frozenset()
        known = self.daemon.programs()
        alive = [each for name, each in self._record().items() if name in known and known[name].pid]
        return frozenset(int(port) for each in alive for port in each.get("ports", each["port"]).split())

    def _record(self) -> dict[str, dict[str, str]]:
        found = files.recall(self.project.state / RECORD).get("components", {})
        return {str(name): dict(each) for name, each in found.items()}

    def _remember(
        self, stack: Stack, components: tuple[Component, ...], found: Binaries, more: Mapping[str, object]
    ) -> None:
        """What `status`, `down` and the next `up` need to know, whatever the spec says by then."""
        record = files.recall(self.project.state / RECORD) if not more else {}
        rows = {c.value: _entry(stack, c, found, c in components) for c in stack.components}
        files.remember(self.project.state / RECORD, {**record, **more, "components": rows})


def _place(found: Found, path: Path) -> None:
    """Where the supervisor starts a binary: a link, or a script that says where its libraries are."""
    if found.environment:
        given = " ".join(f"{key}={shlex.quote(value)}" for key, value in found.environment.items())
        files.write(path, f'#!/bin/sh\n{given} exec {shlex.quote(str(found.path))} "$@"\n', 0o755)
    else:
        files.link(path, found.path)


def _require_plain_path(project: Project) -> None:
    if any(character in str(project.root) for character in _TROUBLE):
        raise RuntimeProblem(
            f"the supervisor cannot work in {str(project.root)!r}",
            "move the project to a folder without quotes, percent signs and backslashes in its path",
        )


def _require_version(stack: Stack, found: Binaries) -> None:
    """An Alertmanager that does not know what the spec asks for would not start, or refuse to reload."""
    alertmanager = found.get(binaries.COMPONENTS[Component.ALERTMANAGER])
    if alertmanager and (missing := unmet(needs(stack), alertmanager.version)):
        raise RuntimeProblem(
            f"Alertmanager {alertmanager.version} ({alertmanager.origin}) is too old for {missing}",
            "put a newer one into STACK_BIN_DIR, use RUNTIME=docker, or remove that from the spec",
        )


def _wanted(stack: Stack) -> tuple[str, ...]:
    return tuple(binaries.COMPONENTS[c] for c in stack.components if c in binaries.COMPONENTS) + binaries.CHECKERS


def _runnable(stack: Stack, found: Binaries) -> tuple[Component, ...]:
    """The components that need no binary, or whose binary is here."""
    known = binaries.COMPONENTS
    return tuple(c for c in stack.components if c not in known or found.get(known[c]) is not None)


def _ports(stack: Stack, components: tuple[Component, ...]) -> Iterator[tuple[str, str, int]]:
    """Every port that these components will listen on: whose, on which address, which."""
    for component in components:
        yield component.value, bound_to(component, stack.listen), published(component, stack.ports)
    for field, (component, _) in MORE.items():
        if component in components and field != "fluent_forward":  # containers alone use it
            host = stack.listen if field.startswith("otlp_") else "127.0.0.1"
            yield field, host, getattr(stack.ports, field)


def _entry(stack: Stack, component: Component, found: Binaries, runs: bool) -> dict[str, str]:
    if not runs:
        note = next((m.note for m in found.missing if m.name == binaries.COMPONENTS[component]), "of no use alone")
        return {"url": "", "ready": "", "port": "0", "note": note}
    binary = found.get(binaries.COMPONENTS.get(component, ""))
    return {
        "url": public_url(stack, component) if component in health.READY else "",
        "ready": health.place(stack, component),
        "port": str(published(component, stack.ports)),
        "ports": " ".join(str(port) for _, _, port in _ports(stack, (component,))),
        "note": f"{binary.version}, {binary.origin}" if binary else "",
    }


def _state(answer: http.Answer, program: Program | None) -> str:
    if program is None:
        return "stopped"
    if program.state in FAILED:
        return "failed"
    if program.state == "STOPPED":
        return "stopped"
    return "up" if answer.ok and program.state == "RUNNING" else "starting"


def _row(name: str, entry: Mapping[str, str], program: Program | None) -> Row:
    if not entry["ready"]:
        return Row(name, "missing", "", entry["note"])
    answer = health.ask(entry["ready"]) if program else http.Answer(0, "")
    return Row(name, _state(answer, program), entry["url"], entry["note"])


def _smaller(asked: Stack, stack: Stack) -> Iterator[str]:
    """What the stack goes without, since servers are missing."""
    if asked.logs and not stack.logs:
        yield "logs are not kept: lines stay in .run/log alone, and no alert reads them"
    if asked.traces and not stack.traces:
        yield "traces are not kept: there are no metrics of spans, and panels lead to no trace"


def _not_found(found: Binaries) -> Iterator[str]:
    for missing in found.missing:
        yield f"no {missing.name}: {missing.unfit or '; '.join(missing.tried)}"
