"""One server for each language, with the messages of three alerts: hostile, plain and long; the first has ended."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from generator.model import Locale
from generator.texts import TEXTS
from tests.notifications.hostile import LONG, VALUE
from tests.notifications.running import Running

LABELS = {"alertname": "HighErrorRate", "severity": "critical", "tier": "front|.*"}
ANNOTATIONS = {
    "summary": f"fails: {VALUE}",
    "description": f"why: {VALUE}",
    "value": "5.2%",
    "limit": "1%",
    "runbook_url": "http://localhost:8080/runbooks/HighErrorRate",
    "dashboard_url": 'http://localhost:3000/d/x?var-service=a b"><|)',
}


@pytest.fixture(scope="package", params=["en", "ko"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Alertmanager, running."""
    running = Running(tmp_path_factory.mktemp(f"alertmanager-{request.param}"), request.param)
    try:
        yield running
    finally:
        running.close()


@pytest.fixture(scope="package")
def told(server: Running) -> Running:
    """The server after it has told of the alerts."""
    server.post({**LABELS, "service": VALUE, "zone": "서울"}, ANNOTATIONS)
    server.post(
        {**LABELS, "service": "shop", "severity": "warning"},
        {"summary": "plain", "description": "well", "value": "2"},
    )
    long = {"summary": LONG, "description": LONG, "runbook_url": "javascript:boom()"}
    server.post({**LABELS, "service": LONG}, long)
    return server


@pytest.fixture(scope="package")
def words(server: Running) -> dict[str, str]:
    """The language's words."""
    return TEXTS[Locale(server.locale)].words
