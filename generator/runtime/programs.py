"""Brings the supervisor's programs to what the spec says: started, restarted or reloaded, and else left alone."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

from generator.builders import supervisor
from generator.builders.commands import POSTGRES_COLLECTORS, alertmanager_flags
from generator.model import Component, Stack
from generator.runtime import binaries, files, health
from generator.runtime.base import Project, Say
from generator.runtime.binaries import Binaries, Found
from generator.runtime.daemon import Daemon
from generator.runtime.postgres import Account
from generator.runtime.process import run


@dataclass(frozen=True, slots=True)
class Update:
    """One `up`: what ran before, what must run now, and what differs."""

    daemon: Daemon
    project: Project
    stack: Stack
    components: tuple[Component, ...]
    found: Binaries
    account: Account
    say: Say
    notes: list[str] = field(default_factory=list)
    restarted: list[Component] = field(default_factory=list)
    record: dict[str, object] = field(default_factory=dict)

    def bring_up(self) -> frozenset[str]:
        """Has every program running or starting; returns those that start now."""
        before = files.recall(self.project.state / "native.json")
        environment, given = self._environment(), self._given()
        self.record.update(given=given, binaries=self._binaries())
        if self.daemon.running() and before.get("given") == given:
            self._take_changes(before.get("binaries") or {})
        else:
            self.daemon.shutdown()
            self.say("starting the supervisor")
            self.daemon.start(environment)
        known = self.daemon.programs()
        fresh = [c.value for c in self.components if known[c.value].state not in ("RUNNING", "STARTING", "BACKOFF")]
        for name in fresh:
            self.daemon.begin(name)
        return frozenset(fresh)

    def reload(self, fresh: frozenset[str]) -> list[str]:
        """Tells servers that went on running of their changed configuration; returns what they refused."""
        before = files.recall(self.project.state / "native.json").get("configuration") or {}
        now = files.digests(self.project.state / "native", health.CONFIGURATION.values())
        self.record["configuration"] = now
        problems = []
        for component, folder in health.CONFIGURATION.items():
            if component not in self.components or component.value in fresh or before.get(folder) == now[folder]:
                continue
            if component not in health.RELOADED:
                self._restart(component.value)
                self.restarted.append(component)
            elif reason := health.reload(self.stack, component):
                now[folder] = ""
                problems.append(f"{component.value} refused its new configuration and keeps the old one: {reason}")
            else:
                self.say(f"{component.value}: took its new configuration")
        return problems

    def _take_changes(self, before: dict[str, str]) -> None:
        changes = self.daemon.read_config()
        for name in (*changes.removed, *changes.changed):
            self.say(f"{name}: stopping, its command changed" if name in changes.changed else f"{name}: stopping")
            self.daemon.remove(name)
        for name in (*changes.added, *changes.changed):
            self.daemon.add(name)
        now = self._binaries()
        for name in now:
            if before.get(name) != now[name] and name not in changes.added:
                self.say(f"{name}: stopping, there is another binary")
                self.daemon.stop(name)

    def _restart(self, name: str) -> None:
        self.say(f"{name}: starting again with its new configuration")
        self.daemon.stop(name)
        self.daemon.begin(name)

    def _binaries(self) -> dict[str, str]:
        """What each program is run from; another file, or another version of it, means a restart."""
        found = {c.value: self.found.get(binaries.COMPONENTS.get(c, "")) for c in self.components}
        return {name: f"{each.path} {each.version}" for name, each in found.items() if each}

    def _given(self) -> dict[str, str]:
        """What the supervisor is told by environment; it keeps this for as long as it runs."""
        grafana = self.found.get("grafana")
        home = grafana.path.resolve().parent.parent if grafana else self.project.state / "no-grafana"
        return {
            "STACK_ROOT": str(self.project.root),
            "STACK_PYTHON": sys.executable,
            supervisor.OTLP_ENV: self._otlp(self.found.get("prometheus")),
            supervisor.ALERTMANAGER_ENV: _alertmanager(self.found.get("alertmanager")),
            supervisor.COLLECTORS_ENV: _collectors(self.found.get("postgres_exporter")),
            supervisor.POSTGRES_AS_ENV: " ".join(self.account.command()),
            "STACK_GRAFANA_HOME": str(_homepath(home)),
        }

    def _environment(self) -> dict[str, str]:
        """The user's environment without the secrets of receivers, which only files hold from here on."""
        hidden = {secret.env for secret in self.stack.secrets()}
        return {**{k: v for k, v in os.environ.items() if k not in hidden}, **self._given()}

    def _otlp(self, prometheus: Found | None) -> str:
        """The flag of the OTLP receiver: versions name it differently, and old ones have none."""
        pushing = [s.name for s in self.stack.services if s.push]
        if not pushing or prometheus is None:
            return ""
        ran = run([str(prometheus.path), "--help"], timeout=20)
        usage = ran.out + ran.err
        if "--web.enable-otlp-receiver" in usage or "--[no-]web.enable-otlp-receiver" in usage:
            return "--web.enable-otlp-receiver"
        if "otlp-write-receiver" in usage:
            return "--enable-feature=otlp-write-receiver"
        note = f"this Prometheus ({prometheus.version}) has no OTLP receiver, so {', '.join(pushing)} cannot push to it"
        if note not in self.notes:
            self.notes.append(f"{note}; it needs a build of 3.0 or later that has one")
        return ""


def _alertmanager(alertmanager: Found | None) -> str:
    """The flags that this version has: an unknown one would end it."""
    return " ".join(alertmanager_flags(alertmanager.version)) if alertmanager else ""


def _collectors(exporter: Found | None) -> str:
    """The flags of the collectors that this version has: an unknown flag would end it."""
    if exporter is None:
        return ""
    ran = run([str(exporter.path), "--help"], timeout=20)
    known = set(re.findall(r"--(?:\[no-\])?([a-z._]+)", ran.out + ran.err))
    return " ".join(flag for flag in POSTGRES_COLLECTORS if flag.removeprefix("--").split("=")[0] in known)


def _homepath(home: Path) -> Path:
    """Grafana's own files: above `bin/` in its archive, and in /usr/share where a package put its binary elsewhere."""
    package = Path("/usr/share/grafana")
    return home if (home / "public").is_dir() or not package.is_dir() else package
