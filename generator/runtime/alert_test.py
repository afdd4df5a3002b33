"""`alert-test`: one alert by the real route to one receiver, and what Alertmanager says became of it."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from generator import names
from generator.model import Component, Severity, Stack
from generator.model_alerting import Channel, Receiver, Teams
from generator.plain import near
from generator.runtime import http
from generator.runtime.base import RuntimeProblem, Say, local_url
from generator.targets.base import public_url
from generator.texts import TEXTS

PATIENCE = 45.0
"""Alertmanager tries for ten seconds, the interval of the test's route, and may wait for a slow receiver."""
GRACE = 2.0
"""Where receivers share counters, another's success is told from this one's failure by waiting for the latter."""
_SAMPLE = re.compile(r"alertmanager_(notif\w+_total)\{([^}]*)\} ([0-9.e+]+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')
_ATTEMPTS, _FAILED_ATTEMPTS = "notification_requests_total", "notification_requests_failed_total"
_FAILED = "notifications_failed_total"


@dataclass(frozen=True, slots=True)
class Counters:
    """What Alertmanager counted for one receiver; `shared` when it is too old to tell receivers apart."""

    values: Mapping[tuple[str, str], float]
    reasons: Mapping[tuple[str, str], float]
    shared: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the alert at one channel of the receiver."""

    receiver: str
    channel: str
    delivered: bool
    detail: str = ""

    def __str__(self) -> str:
        state = "delivered" if self.delivered else "FAILED"
        return f"{self.receiver}: {self.channel} {state}{f': {self.detail}' if self.detail else ''}"


def find(stack: Stack, name: str) -> Receiver:
    """The receiver of that name; raises KeyError that names the nearest."""
    for receiver in stack.alerting.receivers:
        if receiver.name == name:
            return receiver
    raise KeyError(f"no receiver is named {name!r}; {near(name, [r.name for r in stack.alerting.receivers])}")


def send(stack: Stack, receiver: Receiver, say: Say, patience: float = PATIENCE) -> tuple[Outcome, ...]:
    """Sends the alert, waits until every channel has delivered it or given up, and ends it."""
    base = local_url(stack, Component.ALERTMANAGER)
    before = _counters(base, receiver.name)
    run = str(time.time_ns() // 1_000_000)
    alert = _alert(stack, receiver, run)
    say(f"sending {names.TEST_ALERT} to {receiver.name}")
    _post(base, alert, timedelta(minutes=5))
    try:
        _require_route(base, receiver, run)
        return _wait(base, receiver, before, patience)
    finally:
        _post(base, alert, timedelta(0))


def _alert(stack: Stack, receiver: Receiver, run: str) -> dict[str, Any]:
    words = TEXTS[stack.locale].words
    return {
        "labels": {
            "alertname": names.TEST_ALERT,
            names.RECEIVER: receiver.name,
            names.RUN: run,
            names.SEVERITY: Severity.INFO.value,
            names.TEAM: stack.team,
        },
        "annotations": {
            "summary": words["notice.test.summary"].format(receiver=receiver.name),
            "description": words["notice.test.description"],
            "dashboard_url": f"{public_url(stack, Component.GRAFANA)}/d/{names.DASHBOARD_SERVICES}",
        },
        "startsAt": datetime.now(UTC).isoformat(),
    }


def _post(base: str, alert: dict[str, Any], lasts: timedelta) -> None:
    ends = (datetime.now(UTC) + lasts).isoformat()
    answer = http.ask(f"{base}/api/v2/alerts", method="POST", body=[{**alert, "endsAt": ends}])
    if not answer.ok:
        raise RuntimeProblem(f"Alertmanager at {base} does not take the alert: {answer.body or answer.status}")


def _require_route(base: str, receiver: Receiver, run: str) -> None:
    """The running server may have an older configuration, or hold the alert back."""
    asked = quote(f'{names.RUN}="{run}"')
    found: Any = http.ask(f"{base}/api/v2/alerts?filter={asked}").data() or []
    to = [each["name"] for alert in found for each in alert["receivers"]]
    if to != [receiver.name]:
        told = f"sends it to {', '.join(to)}" if to else "does not show it"
        raise RuntimeProblem(f"the running Alertmanager {told}", "`make up` gives it the configuration of the spec")
    for why, key in (("silenced", "silencedBy"), ("inhibited", "inhibitedBy")):
        if found[0]["status"][key]:
            raise RuntimeProblem(f"the alert is {why} by {', '.join(found[0]['status'][key])}", f"look at {base}")


def _wait(base: str, receiver: Receiver, before: Counters, patience: float) -> tuple[Outcome, ...]:
    began = time.monotonic()
    kinds = [_integration(channel) for channel in receiver.channels]
    settled: dict[str, Outcome] = {}
    while len(settled) < len(kinds):
        now, passed = _counters(base, receiver.name), time.monotonic() - began
        for kind in set(kinds) - settled.keys():
            if now.shared and passed < GRACE:
                continue
            if outcome := _judged(receiver.name, kind, before, now, passed > patience):
                settled[kind] = outcome
        time.sleep(0.3)
    return tuple(settled[kind] for kind in kinds)


def _judged(receiver: str, kind: str, before: Counters, now: Counters, late: bool) -> Outcome | None:
    """An attempt that did not fail has delivered, unless another receiver made it; several fail before Alertmanager
    gives up."""
    attempts, failed, given_up = (
        now.values.get((name, kind), 0) - before.values.get((name, kind), 0)
        for name in (_ATTEMPTS, _FAILED_ATTEMPTS, _FAILED)
    )
    if attempts > failed and not (now.shared and failed):
        doubt = f"as far as this Alertmanager tells: it counts all receivers with {kind} together"
        return Outcome(receiver, kind, True, doubt if now.shared else "")
    if not given_up and not late:
        return None
    new = (r for (k, r), count in now.reasons.items() if k == kind and count > before.reasons.get((k, r), 0))
    reasons = ", ".join(sorted(new))
    tried = f"{failed:.0f} of {attempts:.0f} attempts failed" if attempts else "it was not tried in time"
    why = f" ({reasons})" if reasons else ""
    return Outcome(receiver, kind, False, f"{tried}{why}; `python -m generator logs alertmanager` says more")


def _integration(channel: Channel) -> str:
    """What Alertmanager's metrics call the channel."""
    return "msteamsv2" if isinstance(channel, Teams) else type(channel).__name__.lower()


def _counters(base: str, receiver: str) -> Counters:
    answer = http.ask(f"{base}/metrics", timeout=5)
    if not answer.ok:
        raise RuntimeProblem(f"Alertmanager does not answer at {base}: {answer.body}", "start it with `make up`")
    return parsed(answer.body, receiver)


def parsed(page: str, receiver: str) -> Counters:
    """The counters of one receiver on a page of metrics."""
    values: defaultdict[tuple[str, str], float] = defaultdict(float)
    reasons: defaultdict[tuple[str, str], float] = defaultdict(float)
    shared = False
    for name, inner, value in _SAMPLE.findall(page):
        labels = dict(_LABEL.findall(inner))
        if labels.get("receiver_name", receiver) != receiver:
            continue
        shared = shared or "receiver_name" not in labels
        kind = labels.get("integration", "")
        values[name, kind] += float(value)
        if "reason" in labels:
            reasons[kind, labels["reason"]] += float(value)
    return Counters(values, reasons, shared)
