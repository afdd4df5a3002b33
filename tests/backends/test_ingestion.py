"""LogsNotIngested and TracesNotIngested on real servers' own metrics, as a real Prometheus scrapes them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from tests.backends.otlp import Line, Span, ids, post, push_spans
from tests.backends.servers import Servers
from tests.integration.client import wait

ALERTS = ("LogsNotIngested", "TracesNotIngested")
MORE = {"alerting": {"for": dict.fromkeys(ALERTS, "1s")}}


@pytest.fixture
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Prometheus with the rendered rules, a scrape a second; each test starts what else it needs."""
    with Servers(tmp_path_factory.mktemp("ingestion"), MORE) as running:
        running.start("prometheus")
        yield running


def firing(servers: Servers, alert: str) -> dict[str, dict[str, Any]]:
    """The alert's labels by their reason."""
    found = servers.get("prometheus", "/api/v1/alerts")["data"]["alerts"]
    mine = [each["labels"] for each in found if each["labels"]["alertname"] == alert and each["state"] == "firing"]
    return {labels["reason"]: labels for labels in mine}


def while_doing(do: Callable[[], object], what: str, ask: Callable[[], Any], seconds: float = 120) -> Any:
    """Does something again and again until there is an answer."""

    def both() -> Any:
        do()
        return ask()

    return wait(what, both, seconds)


def kept_back(servers: Servers, alert: str) -> dict[str, Any] | None:
    """The labels of the alert that the collector hands nothing over, while it fires."""
    return firing(servers, alert).get("kept_back")


def own_line(servers: Servers) -> None:
    """A line of a service to the collector."""
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    records = [{"resource": resource, "scopeLogs": [{"logRecords": [Line("info", "x").record()]}]}]
    post(f"{servers.url('otlp_http')}/v1/logs", {"resourceLogs": records})


@pytest.mark.server("prometheus", "loki")
def test_lines_that_loki_discards(servers: Servers) -> None:
    """By Loki's own reason; a line that it takes raises nothing."""
    servers.start("loki")
    nobodys = {"resourceLogs": [{"scopeLogs": [{"logRecords": [Line("info", "whose?").record()]}]}]}
    for log in nobodys["resourceLogs"][0]["scopeLogs"][0]["logRecords"]:
        log["attributes"] = []

    def refused() -> None:
        with pytest.raises(OSError, match="400"):
            post(f"{servers.url('loki')}/otlp/v1/logs", nobodys)

    found = while_doing(refused, "LogsNotIngested", lambda: firing(servers, "LogsNotIngested") or None)
    assert "missing_labels" in found
    assert found["missing_labels"]["job"] == "loki"
    assert found["missing_labels"]["severity"] == "warning"
    assert firing(servers, "TracesNotIngested") == {}


@pytest.mark.server("prometheus", "loki", "otelcol-contrib")
def test_what_the_collector_keeps_back(servers: Servers) -> None:
    """Nobody takes what services send: both alerts. Without traffic neither, and not once it is taken."""
    servers.start("otel_collector")
    up = 'min(up{job="collector"}) == 1'
    wait(
        "the collector to be scraped",
        lambda: servers.get("prometheus", "/api/v1/query", query=up)["data"]["result"] or None,
        60,
    )
    time.sleep(5)
    assert [firing(servers, alert) for alert in ALERTS] == [{}, {}]

    def send() -> None:
        own_line(servers)
        push_spans(servers.url("otlp_http"), "shop", [Span("GET /", 0.1, *ids(), error=True)])

    for alert in ALERTS:
        kept = while_doing(send, alert, partial(kept_back, servers, alert))
        assert (kept["job"], kept["severity"]) == ("collector", "warning")

    servers.start("loki")
    ended = partial(kept_back, servers, "LogsNotIngested")
    while_doing(partial(own_line, servers), "the end of LogsNotIngested", lambda: True if ended() is None else None)
