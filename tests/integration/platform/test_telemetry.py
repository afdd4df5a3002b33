"""One request through the running platform: one trace, its lines, its metrics, and the way from each to the others."""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest

from tests.integration.client import free_ports, get, query, wait
from tests.integration.platform.stack import PlatformStack

pytestmark = [pytest.mark.integration, pytest.mark.server("loki", "tempo", "otelcol-contrib")]
TOLD = "hunter2-only-in-a-query"
PATIENCE = 90.0
"""Seconds: the collector decides on a trace after ten, Tempo and Loki show it some seconds later."""


GATEWAY = "tests.unit.sample_app.telemetry_gateway:app"


@pytest.fixture(scope="module")
def gateway(stack: PlatformStack) -> str:
    """The URL of a FastAPI service before the shop, as a user would add one: on the host, sending to the collector."""
    (port,) = free_ports(1)
    told = {
        "SHOP_URL": stack.shop,
        "OTEL_SERVICE_NAME": "gateway",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=production",
        "OTEL_EXPORTER_OTLP_ENDPOINT": stack.at("otlp_http"),
    }
    stack.python("uvicorn", GATEWAY, "--port", str(port), **told)
    url = f"http://127.0.0.1:{port}"
    wait("the gateway", lambda: get(f"{url}/plain/1"), 60)
    return url


@pytest.fixture(scope="module")
def trace(stack: PlatformStack, gateway: str) -> str:
    """A sale that the API is too slow for, so that its trace is kept: FastAPI -> Django -> PostgreSQL, cache, API."""
    trace_id = secrets.token_hex(16)
    shop = f"{gateway}/shop"
    people = [post(f"{shop}/users", {"name": name})["id"] for name in ("seller", "buyer")]
    product = post(f"{shop}/products", {"seller": people[0], "name": "lamp", "price": 1000})["id"]
    with stack.slow_api():
        sale = {"buyer": people[1], "product": product}
        post(f"{shop}/transactions?token={TOLD}", sale, traceparent=f"00-{trace_id}-{secrets.token_hex(8)}-01")
    return trace_id


def post(url: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    """What a service answers to JSON."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, Any] = json.loads(answer.read())
        return found


def spans(stack: PlatformStack, trace: str) -> list[dict[str, Any]]:
    """Every span of a trace that Tempo has, with the service that it is of."""
    found = []
    for resource in get(f"{stack.at('tempo')}/api/v2/traces/{trace}").get("trace", {}).get("resourceSpans", []):
        named = {a["key"]: a["value"].get("stringValue") for a in resource["resource"]["attributes"]}
        for scope in resource["scopeSpans"]:
            found += [{**span, "service": named["service.name"]} for span in scope["spans"]]
    return found


def lines(stack: PlatformStack, logql: str) -> list[tuple[dict[str, str], str]]:
    """The lines that a query finds in the last hour, each with its labels."""
    asked = urllib.parse.urlencode({"query": logql, "limit": 100})
    streams = get(f"{stack.at('loki')}/loki/api/v1/query_range?{asked}")["data"]["result"]
    return [(stream["stream"], line) for stream in streams for _, line in stream["values"]]


def test_one_request_is_one_trace(stack: PlatformStack, trace: str) -> None:
    """The gateway's span has the shop's below it, and that the database's, the cache's and the API's."""

    def complete() -> list[dict[str, Any]] | None:
        found = spans(stack, trace)
        return found if {span["service"] for span in found} >= SERVICES else None

    found = wait("all services' spans in Tempo", complete, PATIENCE)
    by_id = {span["spanId"]: span for span in found}

    def chain(span: dict[str, Any] | None) -> list[tuple[str, str]]:
        """It and all above it."""
        if span is None:
            return []
        return [(span["service"], span["name"]), *chain(by_id.get(span.get("parentSpanId", "")))]

    asked = [("shop", "POST /api/v1/transactions/"), ("gateway", "POST"), ("gateway", "POST /shop/{kind}")]
    below = {system: chain(span)[1:] for span in found if (system := told(span, "db.system.name"))}
    (predicted,) = [span for span in found if (span["service"], span["name"]) == ("ml-api", "POST /predict")]

    assert below["postgresql"] == asked
    assert len(below) == 2
    assert chain(predicted)[2:] == asked
    assert TOLD not in json.dumps(found)


def told(span: dict[str, Any], key: str) -> str | None:
    """The text of an attribute of a span."""
    return next((a["value"].get("stringValue") for a in span["attributes"] if a["key"] == key), None)


SERVICES = {"gateway", "shop", "ml-api"}


def test_its_lines_are_found_by_the_trace(stack: PlatformStack, trace: str) -> None:
    """In both services, as JSON with route, status and duration; and without what stood in the query string."""

    def both() -> list[tuple[dict[str, str], str]] | None:
        found = lines(stack, f'{{env="production"}} | trace_id="{trace}"')
        return found if {labels["service"] for labels, _ in found} >= SERVICES else None

    found = wait("the lines in Loki", both, PATIENCE)
    shop = [json.loads(line) for labels, line in found if labels["service"] == "shop"]

    assert [(line["path"], line["status"]) for line in shop if "path" in line] == [("/api/v1/transactions/", 201)]
    assert all(line["trace_id"] == trace for line in shop)
    assert TOLD not in json.dumps(found)


def test_an_exemplar_of_the_latency_leads_to_the_trace(stack: PlatformStack, trace: str) -> None:
    """Prometheus holds its id on the API's histogram, under the label that the data source names."""
    asked = urllib.parse.urlencode({"query": 'http_request_duration_seconds_bucket{service="ml-api"}'})

    def named() -> bool | None:
        series = get(f"{stack.prometheus}/api/v1/query_exemplars?{asked}&start=0&end=9999999999")["data"]
        return trace in {e["labels"]["trace_id"] for each in series for e in each["exemplars"]} or None

    assert wait("its exemplar", named, PATIENCE)


@pytest.mark.usefixtures("trace")
def test_the_service_graph_has_the_edges(stack: PlatformStack) -> None:
    """From the gateway to the shop, and from it to the API and the database, counted before any trace is left out."""
    expected = {("gateway", "shop"), ("shop", "ml-api"), ("shop", "postgresql")}

    def there() -> bool | None:
        edges = query(stack.prometheus, "traces_service_graph_request_total > 0")
        return expected <= {(each["metric"]["client"], each["metric"]["server"]) for each in edges} or None

    assert wait("the edges", there, PATIENCE)


def test_nothing_arrives_twice(stack: PlatformStack, trace: str) -> None:
    """A service's lines come over OTLP, and not a second time from its container or log file."""
    found = lines(stack, f'{{env="production"}} |= "{trace}"')

    assert found
    assert len({line for _, line in found}) == len(found)
