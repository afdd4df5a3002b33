"""Healthy traffic, a restart of every component and a deploy of the sample services page nobody.

`make soak` takes an hour over it; SOAK_MINUTES says how long it is otherwise. SOAK_SHARED=1 says that others use this
machine too: what they do to its CPU and memory is told truly, and not judged.
"""

from __future__ import annotations

import os
import time
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.client import get, query, wait
from tests.integration.platform.conftest import NATIVE
from tests.integration.platform.reads import panels
from tests.integration.platform.stack import PlatformStack

pytestmark = pytest.mark.integration
MINUTES = float(os.environ.get("SOAK_MINUTES", "3"))
ASKED = "SOAK_MINUTES" in os.environ
SERVICES = ("ml-api", "shop")
SHARED = 'alertname!~"HostHigh.*|HostSwapping"' if os.environ.get("SOAK_SHARED") else ""
FIRING = f'ALERTS{{alertstate="firing",severity!="info",{SHARED}}}'
STEP = 15
FILLED = 15
"""Minutes after which every panel has data, those of SLOs too."""

EMPTY = {"services-overview.json: Error budgets"}
"""Healthy services have no forecast of when their budget will be gone."""


class ShippedStack(PlatformStack):
    """The repository's own spec with its own intervals and `for`; only ports and names differ."""

    def spec(self) -> dict[str, Any]:
        content = super().spec()
        del content["stack"]["scrape_interval"], content["stack"]["scrape_timeout"], content["alerting"]["for"]
        return content

    def restart(self, component: str) -> None:
        """Stops it as a person would, and starts it again."""
        self.stop(component)
        self.start(component)

    def fired(self, since: float) -> set[str]:
        """Every alert above `info` that fired at any time since a moment."""
        span = {"query": FIRING, "start": since, "end": time.time(), "step": STEP}
        answer = get(f"{self.prometheus}/api/v1/query_range?{urllib.parse.urlencode(span)}")
        return {str(each["metric"]) for each in answer["data"]["result"]}


@pytest.fixture(
    params=[
        pytest.param("native", marks=NATIVE),
        pytest.param("docker", marks=[pytest.mark.docker, pytest.mark.skipif(not ASKED, reason="`make soak` runs it")]),
    ],
)
def stack(request: pytest.FixtureRequest) -> Iterator[ShippedStack]:
    """The stack as a user has it."""
    with ShippedStack(request.param) as made:
        yield made


def test_nobody_is_paged(stack: ShippedStack) -> None:
    """All components are restarted in turn, and at the end both services at once, as a deploy does."""
    began, seconds = time.time(), MINUTES * 60
    components = sorted(stack.states() - set(SERVICES))
    assert {"prometheus", "alertmanager", "node-exporter"} <= set(components)
    with stack.loaded("--users", "10", "--seconds", str(round(seconds + 600))):
        for number, component in enumerate([*components, SERVICES]):
            _until(began + seconds * (number + 1) / (len(components) + 3))
            for each in (component,) if isinstance(component, str) else component:
                stack.restart(each)
        _until(began + seconds)
        wait("Prometheus to be ready", lambda: stack.fired(began) is not None or None, 60)
        empty = [place for place, expr in panels(stack.folder) if not query(stack.prometheus, expr)]

    assert stack.fired(began) == set()
    assert MINUTES < FILLED or [place for place in empty if place not in EMPTY] == []


def _until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.time()))
