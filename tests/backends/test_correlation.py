"""From a line to its trace and back, and on to metrics, by exactly what Grafana's provisioned data sources hold."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest
import yaml

from generator.names import GRAFANA_DATASOURCES
from tests.backends.conftest import request_line
from tests.backends.otlp import Span, ids, labelled, push_lines, push_spans
from tests.backends.servers import Servers
from tests.integration.client import wait

COMMITTED = 8
"""Twice the seconds after which Tempo has written a trace: idle for 2 s, looked at every 2 s."""
RESOURCE = {"service.name": "shop", "deployment.environment.name": "production"}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Loki and Tempo beside each other."""
    with Servers(tmp_path_factory.mktemp("correlation")) as running:
        running.start("tempo")
        running.start("loki")
        yield running


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The data sources by uid, as Grafana has them once it has read the file."""
    text = (Servers(tmp_path_factory.mktemp("sources")).out / GRAFANA_DATASOURCES).read_text()
    return {source["uid"]: source for source in yaml.safe_load(provisioned(text))["datasources"]}


def provisioned(text: str) -> str:
    """What Grafana makes of `$` in a provisioned file: `$$` is one, everything else comes from its environment."""
    return re.sub(r"\$(\$|\{\w+\}|\w+)", lambda match: "$" if match[1] == "$" else "", text)


def tags(settings: dict[str, Any], resource: dict[str, str]) -> str:
    """`$__tags` as Grafana writes it for a span."""
    pairs = ((tag["value"], resource.get(tag["key"])) for tag in settings["tags"])
    return ", ".join(f'{name}="{value}"' for name, value in pairs if value)


@pytest.mark.server("loki", "tempo")
def test_from_a_line_to_its_trace_and_back(servers: Servers, sources: dict[str, dict[str, Any]]) -> None:
    """The trace's lines are those of this trace alone."""
    trace, other = ids(), ids()
    lines = [request_line("GET", "/items/{item_id}", 500, 0.012, each) for each in (trace, other)]
    assert push_lines(servers.url("loki"), labelled("shop"), lines) == 204
    assert push_spans(servers.url("otlp_push"), "shop", [Span("GET /items/{item_id}", 0.012, *trace)]) == 200

    stream = wait("the line", lambda: next(iter(servers.lines(f'{{app="shop"}} |= "{trace[0]}"')), None), 60)
    [field] = sources["loki"]["jsonData"]["derivedFields"]
    found = [value for name, value in stream["stream"].items() if re.fullmatch(field["matcherRegex"], name)]
    assert (field["matcherType"], field["url"], field["datasourceUid"]) == ("label", "${__value.raw}", "tempo")
    assert found == [trace[0]]

    spans = wait("the trace", lambda: servers.trace(found[0]) or None, 60)
    assert [span["name"] for span in spans] == ["GET /items/{item_id}"]

    back = sources["tempo"]["jsonData"]["tracesToLogsV2"]
    query = back["query"].replace("${__tags}", tags(back, RESOURCE)).replace("${__trace.traceId}", found[0])
    assert query == f'{{service="shop", env="production"}} | trace_id="{trace[0]}"'
    answer = servers.lines(query)
    assert [each["stream"]["trace_id"] for each in answer] == [trace[0]]
    assert back["datasourceUid"] == "loki"
    assert back["customQuery"] is True


@pytest.mark.server("loki", "tempo")
def test_what_was_taken_outlives_a_kill(servers: Servers) -> None:
    """Both have it on disk before they answer: killed at once and started again, they still know it."""
    trace = ids()
    assert push_spans(servers.url("otlp_push"), "shop", [Span("POST /orders", 0.2, *trace)]) == 200
    assert push_lines(servers.url("loki"), labelled("shop"), [request_line("POST", "/orders", 201, 0.2, trace)]) == 204
    wait("the trace", lambda: servers.trace(trace[0]) or None, 60)
    time.sleep(COMMITTED)
    for name in ("loki", "tempo"):
        servers.kill(name)
        servers.start(name)

    assert wait("the line", lambda: servers.lines(f'{{service="shop"}} | trace_id="{trace[0]}"') or None, 60)
    assert wait("the trace", lambda: servers.trace(trace[0]) or None, 60)


def test_from_a_trace_to_metrics(sources: dict[str, dict[str, Any]]) -> None:
    """Each query parses once Grafana has filled it in, and selects the span's service alone."""
    settings = sources["tempo"]["jsonData"]["tracesToMetrics"]
    filled = [
        query["query"].replace("$__tags", tags(settings, RESOURCE)).replace("$__rate_interval", "1m")
        for query in settings["queries"]
    ]

    assert [promql_parser.parse(query) for query in filled]
    assert all('{service="shop"}' in query and "$" not in query for query in filled)
    assert all(query["name"] for query in settings["queries"])
    assert settings["datasourceUid"] == sources["tempo"]["jsonData"]["serviceMap"]["datasourceUid"] == "prometheus"


def test_from_an_exemplar_to_its_trace(sources: dict[str, dict[str, Any]]) -> None:
    """Services and the collector both name it `trace_id`."""
    [destination] = sources["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]

    assert (destination["name"], destination["datasourceUid"]) == ("trace_id", "tempo")
    assert sources["tempo"]["jsonData"]["nodeGraph"] == {"enabled": True}


@pytest.mark.parametrize(
    ("off", "left", "gone"),
    [
        ("logs", {"prometheus", "alertmanager", "tempo"}, {"tracesToLogsV2"}),
        ("traces", {"prometheus", "alertmanager", "loki"}, {"exemplarTraceIdDestinations", "derivedFields"}),
    ],
)
def test_nothing_leads_to_what_is_off(
    tmp_path_factory: pytest.TempPathFactory, off: str, left: set[str], gone: set[str]
) -> None:
    tree = Servers(tmp_path_factory.mktemp("off"), {off: "off"}).out
    found = yaml.safe_load((tree / GRAFANA_DATASOURCES).read_text())["datasources"]

    assert {source["uid"] for source in found} == left
    assert gone & {key for source in found for key in source["jsonData"]} == set()
