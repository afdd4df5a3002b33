"""Simulated cards that overheat and err on the running stack: from the fault to the receiver, and back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.client import get, put, query, wait
from tests.integration.platform.stack import PlatformStack

pytestmark = pytest.mark.integration
HOT, BROKEN = "1", "2"
HEATING_SECONDS = 300
"""From rest to above 90 degrees the simulator takes 134 s."""


@pytest.fixture
def faults(stack: PlatformStack) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Puts faults in force; there are none before and after."""

    def change(wanted: dict[str, Any]) -> None:
        put(f"{stack.at('gpu_exporter')}/faults", wanted)

    change({})
    yield change
    change({})


def alert(stack: PlatformStack, **labels: str) -> dict[str, Any] | None:
    """The alert with these labels as Alertmanager has it now."""
    for each in get(f"{stack.alertmanager}/api/v2/alerts"):
        if labels.items() <= each["labels"].items():
            return dict(each)
    return None


def gone(stack: PlatformStack, **labels: str) -> bool | None:
    """Whether Alertmanager has no such alert any more."""
    return True if alert(stack, **labels) is None else None


def arrived(stack: PlatformStack, name: str, status: str, **labels: str) -> dict[str, Any] | None:
    """The alert as the sink has it."""
    for each in get(f"{stack.sink}/alerts?alertname={name}&status={status}"):
        if labels.items() <= each["labels"].items():
            return dict(each)
    return None


def test_a_code_arrives_and_goes(stack: PlatformStack, faults: Callable[[dict[str, Any]], None]) -> None:
    """XID 79 of one card: critical, at once, with the code; it resolves when the code is gone."""
    cards = f'gpu:xid_last:code{{gpu="{BROKEN}"}} == 0'
    wait("a card without a code to be recorded", lambda: query(stack.prometheus, cards) or None, 60)
    began = time.monotonic()
    faults({"xid": {BROKEN: 79}})
    found = wait("GpuErrors", lambda: arrived(stack, "GpuErrors", "firing", gpu=BROKEN, xid="79"), 60)
    print(f"{stack.runtime}: GpuErrors at the sink after {time.monotonic() - began:.0f} s")

    assert found["labels"]["severity"] == "critical"
    assert found["annotations"]["value"] == "XID 79"
    assert arrived(stack, "GpuErrors", "firing", gpu=HOT) is None
    began = time.monotonic()
    faults({})
    wait("GpuErrors to resolve", lambda: arrived(stack, "GpuErrors", "resolved", gpu=BROKEN, xid="79"), 120)
    print(f"{stack.runtime}: GpuErrors resolved at the sink after {time.monotonic() - began:.0f} s")


def test_heat_warns_and_then_is_critical_alone(stack: PlatformStack, faults: Callable[[dict[str, Any]], None]) -> None:
    """A card climbs past 80 and 90 degrees: the critical alert silences its own warning; both end with the heat."""
    began = time.monotonic()
    faults({"overheat": [int(HOT)], "seconds": 900})
    critical = {"alertname": "GpuHot", "severity": "critical", "gpu": HOT}
    warning = {**critical, "severity": "warning"}
    wait("the warning at the sink", lambda: arrived(stack, "GpuHot", "firing", gpu=HOT), HEATING_SECONDS)
    print(f"{stack.runtime}: GpuHot warning at the sink after {time.monotonic() - began:.0f} s")
    found = wait(
        "GpuHot at the sink", lambda: arrived(stack, "GpuHot", "firing", gpu=HOT, severity="critical"), HEATING_SECONDS
    )
    print(f"{stack.runtime}: GpuHot critical at the sink after {time.monotonic() - began:.0f} s")

    assert found["annotations"]["limit"] == "90 °C"
    assert 90 < float(found["annotations"]["value"].removesuffix(" °C")) <= 95
    assert (alert(stack, **critical) or {})["status"]["state"] == "active"
    cause = (alert(stack, **critical) or {})["fingerprint"]
    held = wait("the warning to be inhibited", lambda: inhibited(alert(stack, **warning)), 30)
    assert held == [cause]
    assert {each["labels"]["gpu"] for each in get(f"{stack.alertmanager}/api/v2/alerts?filter=alertname=GpuHot")} == {
        HOT
    }

    faults({})
    wait("both to end", lambda: gone(stack, alertname="GpuHot", gpu=HOT), 180)
    assert wait("the end at the sink", lambda: arrived(stack, "GpuHot", "resolved", gpu=HOT, severity="critical"), 60)


def inhibited(found: dict[str, Any] | None) -> list[str] | None:
    """Fingerprints of what silences an alert; None for one that is told."""
    return list(found["status"]["inhibitedBy"]) or None if found else None
