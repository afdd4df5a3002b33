"""RepeatedException: Loki's ruler counts lines, Alertmanager takes its alert, and a receiver gets it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.backends.otlp import Line, ids, labelled, push_lines
from tests.backends.servers import Servers
from tests.integration.client import wait
from tests.notifications.sinks import Sinks

pytestmark = pytest.mark.server("loki", "alertmanager")
LIMIT = 5
TRACEBACK = '\nTraceback (most recent call last):\n  File "x.py", line 1: in y'


@pytest.fixture(scope="module")
def sinks() -> Iterator[Sinks]:
    """A receiver."""
    running = Sinks()
    yield running
    running.close()


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, sinks: Sinks) -> Iterator[Servers]:
    """Loki with its ruler, and Alertmanager with the receiver."""
    more = {
        "thresholds": {"repeated_exceptions": LIMIT},
        "alerting": {"receivers": [{"name": "hook", "webhook": {"url": f"{sinks.url}/hook"}}], "group_wait": "0s"},
    }
    with Servers(tmp_path_factory.mktemp("ruler"), more) as running:
        running.start("alertmanager")
        running.start("loki")
        yield running


def told(service: str, kind: str, count: int, level: str = "error") -> list[Line]:
    """So many lines with an exception of one kind, each of a request of its own."""
    body = {"level": level, "message": "boom", "service": service, "exception": f"{kind}: for item {{}}{TRACEBACK}"}
    return [Line(level, {**body, "exception": body["exception"].replace("{}", str(n))}, *ids()) for n in range(count)]


def fired(sinks: Sinks) -> list[dict[str, Any]]:
    """Every alert that arrived at the receiver."""
    return [alert for _, body in sinks.posts for alert in body["alerts"] if alert["status"] == "firing"]


def test_exceptions_of_one_kind_reach_a_receiver(servers: Servers, sinks: Sinks) -> None:
    """As many as the limit fire, one fewer do not; other kinds, services and levels count for themselves."""
    own = told("shop", "shop.errors.OutOfStock", LIMIT)
    fewer = told("shop", "ValueError", LIMIT - 1)
    harmless = told("shop", "KeyError", LIMIT, "warning")
    handler = [Line("critical", "no JSON", *ids(), {"exception.type": "OSError"}) for _ in range(LIMIT)]
    plain = [Line("error", "exception without a kind", *ids()) for _ in range(LIMIT)]
    push_lines(servers.url("loki"), labelled("shop"), [*own, *fewer, *harmless, *plain])
    push_lines(servers.url("loki"), labelled("stranger"), [*handler, *told("stranger", "ValueError", LIMIT - 1)])

    wanted = {("shop", "shop.errors.OutOfStock", "shop"), ("stranger", "OSError", "ops")}
    key = ("service", "exception", "team")
    wait(
        "both alerts at the receiver",
        lambda: wanted <= {tuple(alert["labels"][name] for name in key) for alert in fired(sinks)} or None,
        240,
    )
    assert {tuple(alert["labels"][name] for name in key) for alert in fired(sinks)} == wanted
    alert = next(alert for alert in fired(sinks) if alert["labels"]["service"] == "shop")
    assert alert["labels"] == {
        "alertname": "RepeatedException",
        "env": "production",
        "exception": "shop.errors.OutOfStock",
        "service": "shop",
        "severity": "warning",
        "stack": "backends",
        "team": "shop",
    }
    assert alert["annotations"]["value"] == str(LIMIT)
    assert alert["annotations"]["limit"] == str(LIMIT)
    assert alert["annotations"]["summary"] == "shop: shop.errors.OutOfStock again and again"
    assert alert["annotations"]["runbook_url"].endswith("/RepeatedException")
    assert alert["annotations"]["dashboard_url"].endswith("?var-service=shop")
    assert alert["generatorURL"].startswith("http://localhost:3000/explore?")


def test_the_ruler_says_that_its_rules_are_well(servers: Servers) -> None:
    """Its own metrics, by which RuleEvaluationFailing and AlertsNotDelivered judge, are there and say 0."""
    page = servers.text("loki", "/metrics").splitlines()
    for metric in ("rule_evaluation_failures", "notifications_errors", "notifications_dropped"):
        values = [line.rsplit(" ", 1)[1] for line in page if line.startswith(f"loki_prometheus_{metric}_total{{")]
        assert values, metric
        assert set(values) == {"0"}, metric
