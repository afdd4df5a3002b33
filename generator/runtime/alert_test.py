"""`alert-test`: one alert by the real route to one receiver, and what Alertmanager says became of it."""

from __future__ import annotations

import re
import time
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
_SAMPLE = re.compile(r'alertmanager_(\w+)\{[^}]*integration="(\w+)"[^}]*\} ([0-9.e+]+)')
_REASON = re.compile(r'alertmanager_notifications_failed_total\{[^}]*reason="(\w+)"[^}]*\} [1-9]')
_ATTEMPTS, _FAILED_ATTEMPTS = "notification_requests_total", "notification_requests_failed_total"
_FAILED = "notifications_failed_total"
Counters = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the alert at one channel of the receiver."""

    receiver: str
    channel: str
    delivered: bool
    detail: str = ""

    def __str__(self) -> str:
        state = "delivered" if self.delivered else f"FAILED: {self.detail}"
        return f"{self.receiver}: {self.channel} {state}"


def find(stack: Stack, name: str) -> Receiver:
    """The receiver of that name; raises KeyError that names the nearest."""
    for receiver in stack.alerting.receivers:
        if receiver.name == name:
            return receiver
    raise KeyError(f"no receiver is named {name!r}; {near(name, [r.name for r in stack.alerting.receivers])}")


def send(stack: Stack, receiver: Receiver, say: Say, patience: float = PATIENCE) -> tuple[Outcome, ...]:
    """Sends the alert, waits until every channel has delivered it or given up, and ends it."""
    base = local_url(stack, Component.ALERTMANAGER)
    before = _counters(base)
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
    deadline = time.monotonic() + patience
    kinds = [_integration(channel) for channel in receiver.channels]
    settled: dict[str, Outcome] = {}
    while len(settled) < len(kinds):
        page = _page(base)
        now, late = _parsed(page), time.monotonic() > deadline
        for kind in kinds:
            grown = {name: now.get((name, kind), 0) - before.get((name, kind), 0) for name in _COUNTED}
            if kind not in settled and (outcome := _judged(receiver.name, kind, grown, page, late)):
                settled[kind] = outcome
        time.sleep(0.3)
    return tuple(settled[kind] for kind in kinds)


_COUNTED = (_ATTEMPTS, _FAILED_ATTEMPTS, _FAILED)


def _judged(receiver: str, kind: str, grown: Mapping[str, float], page: str, late: bool) -> Outcome | None:
    """An attempt that did not fail has delivered; several fail before Alertmanager gives up."""
    attempts, failed = grown[_ATTEMPTS], grown[_FAILED_ATTEMPTS]
    if attempts > failed:
        return Outcome(receiver, kind, True)
    if grown[_FAILED] or late:
        lines = (line for line in page.splitlines() if f'integration="{kind}"' in line)
        reasons = sorted({match[1] for line in lines if (match := _REASON.match(line))})
        why = f" ({', '.join(reasons)})" if reasons else ""
        tried = f"{failed:.0f} of {attempts:.0f} attempts failed{why}" if attempts else "it was not tried in time"
        return Outcome(receiver, kind, False, f"{tried}; `python -m generator logs alertmanager` says why")
    return None


def _integration(channel: Channel) -> str:
    """What Alertmanager's metrics call the channel."""
    return "msteamsv2" if isinstance(channel, Teams) else type(channel).__name__.lower()


def _counters(base: str) -> Counters:
    return _parsed(_page(base))


def _page(base: str) -> str:
    answer = http.ask(f"{base}/metrics", timeout=5)
    if not answer.ok:
        raise RuntimeProblem(f"Alertmanager does not answer at {base}: {answer.body}", "start it with `make up`")
    return answer.body


def _parsed(page: str) -> Counters:
    found: dict[tuple[str, str], float] = {}
    for name, integration, value in _SAMPLE.findall(page):
        found[name, integration] = found.get((name, integration), 0) + float(value)
    return found
