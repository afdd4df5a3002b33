"""Is it healthy? Asked over HTTP, the same in both runtimes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from generator.model import Component, Stack
from generator.runtime import http, tcp
from generator.runtime.base import Say, local_url
from generator.targets import TARGETS

READY: dict[Component, str] = {
    Component.PROMETHEUS: "/-/ready",
    Component.ALERTMANAGER: "/-/ready",
    Component.GRAFANA: "/api/health",
    Component.NODE_EXPORTER: "/metrics",
    Component.BLACKBOX: "/-/healthy",
    Component.POSTGRES_EXPORTER: "/metrics",
    Component.REDIS_EXPORTER: "/metrics",
    Component.PROCESS_EXPORTER: "/metrics",
    Component.CADVISOR: "/healthz",
    Component.GPU_EXPORTER: "/healthz",
    Component.DCGM_EXPORTER: "/health",
    Component.ML_API: "/healthz",
    Component.SHOP: "/healthz",
    Component.ALERT_SINK: "/healthz",
    Component.LOKI: "/ready",
    Component.TEMPO: "/ready",
    Component.COLLECTOR: "/",
}
_SCHEMES = {Component.POSTGRES: "postgresql", Component.VALKEY: "redis"}
# What each server reads, below the folder of the configuration; RELOADED are those that can read it again.
CONFIGURATION: dict[Component, str] = {
    Component.PROMETHEUS: "prometheus",
    Component.ALERTMANAGER: "alertmanager",
    Component.BLACKBOX: "blackbox",
    Component.GRAFANA: "grafana/provisioning",
    Component.LOKI: "loki",
    Component.TEMPO: "tempo",
    Component.COLLECTOR: "collector",
}
RELOADED = (Component.PROMETHEUS, Component.ALERTMANAGER, Component.BLACKBOX)


@dataclass(frozen=True, slots=True)
class Target:
    """A target of Prometheus as it sees it."""

    job: str
    url: str
    health: str
    error: str

    @property
    def address(self) -> str:
        return urlsplit(self.url).netloc


def place(stack: Stack, component: Component) -> str:
    """The URL at which the component is asked whether it is ready."""
    scheme, address = _SCHEMES.get(component, "http"), urlsplit(local_url(stack, component)).netloc
    return f"{scheme}://{address}{READY.get(component, '')}"


def ask(url: str) -> http.Answer:
    """What the component at a `place` says."""
    return tcp.ask(url) if tcp.speaks(url) else http.ask(url)


def ready(stack: Stack, component: Component) -> http.Answer:
    """What the component says when asked whether it is ready."""
    return ask(place(stack, component))


def reload(stack: Stack, component: Component) -> str:
    """Tells a server to read its configuration again; returns what it has against it, or nothing."""
    answer = http.ask(f"{local_url(stack, component)}/-/reload", method="POST", timeout=15)
    return "" if answer.ok else answer.body or f"HTTP {answer.status}"


def targets(stack: Stack) -> tuple[Target, ...] | None:
    """The targets that Prometheus scrapes; None while it does not answer."""
    data: Any = http.ask(f"{local_url(stack, Component.PROMETHEUS)}/api/v1/targets?state=active").data()
    if not isinstance(data, dict) or data.get("status") != "success":
        return None
    return tuple(
        Target(str(t["scrapePool"]), str(t["scrapeUrl"]), str(t["health"]), str(t["lastError"]))
        for t in data["data"]["activeTargets"]
    )


def own_addresses(stack: Stack, running: tuple[Component, ...]) -> frozenset[str]:
    """Where Prometheus finds those of the stack's components that run."""
    target = TARGETS[stack.target]
    return frozenset(target.address(component, stack.ports, stack.listen) for component in running)


def wait_for_targets(stack: Stack, running: tuple[Component, ...], timeout: float, say: Say) -> Iterator[str]:
    """Waits until Prometheus has scraped every component that runs; yields what it could not."""
    own, deadline, shown = own_addresses(stack, running), time.monotonic() + timeout, ""
    while True:
        found = targets(stack) or ()
        pending = sorted({t.job for t in found if t.address in own and t.health != "up"})
        if found and not pending:
            return
        if time.monotonic() > deadline:
            yield f"Prometheus does not reach: {_reasons(found, own) or 'any target'}"
            return
        text = f"waiting for Prometheus to scrape: {', '.join(pending) or 'its targets'}"
        if text != shown:
            say(text)
            shown = text
        time.sleep(0.5)


def _reasons(found: tuple[Target, ...], own: frozenset[str]) -> str:
    late = sorted((t.job, t.url, t.error or t.health) for t in found if t.address in own and t.health != "up")
    return ", ".join(f"{job} ({url}: {error})" for job, url, error in late)


def elsewhere(stack: Stack, running: tuple[Component, ...]) -> Iterator[str]:
    """One line for each target that is down but is not a running part of this stack."""
    own = own_addresses(stack, running)
    for target in targets(stack) or ():
        if target.address not in own and target.health == "down":
            yield f"target {target.url} of job {target.job} is down: {target.error}"


def wait(
    look: Callable[[], Mapping[str, str]], done: Callable[[Mapping[str, str]], bool], timeout: float, say: Say
) -> Mapping[str, str]:
    """Looks twice a second until `done` or the time is over; says each change. Returns the last look."""
    deadline = time.monotonic() + timeout
    before: Mapping[str, str] = {}
    while True:
        now = look()
        for name, state in now.items():
            if before.get(name) != state:
                say(f"{name}: {state}")
        if done(now) or time.monotonic() > deadline:
            return now
        before = now
        time.sleep(0.5)
