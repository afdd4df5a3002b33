"""The sample services before a real OpenTelemetry Collector: one request is one trace, and nothing of it is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.unit.sample_app.collector import Collector, Record, Span, collector
from tests.unit.sample_app.sample_helpers import OPENMETRICS
from tests.unit.sample_app.shop_process import ROOT, WAIT_SECONDS, Shop, eventually, shop
from tests.unit.sample_app.shop_servers import free_port, missing, postgres, redis
from tests.unit.sample_app.telemetry_helpers import SPAN, TRACE, TRACEPARENT

pytestmark = [
    pytest.mark.server("otelcol-contrib"),
    pytest.mark.skipif(bool(missing()), reason=f"not on this machine: {missing()}"),
]
PASSWORD, TOKEN, CARD = "hunter2-Pa55", "tok-9f8e7d6c5b", "4111111111111111"
SERVER, CLIENT = 2, 3
GATEWAY = "tests.unit.sample_app.telemetry_gateway:app"


@dataclass
class Platform:
    """Three services, what they need, and the collector that all of them send to."""

    collector: Collector
    shop: Shop
    gateway: httpx.Client
    logs: tuple[Path, ...]


@contextmanager
def process(url: str, log: Path, command: list[str], environment: dict[str, str]) -> Iterator[httpx.Client]:
    """A server process that answers; it is told to end, and ends by itself."""
    with log.open("wb") as output, httpx.Client(base_url=url, timeout=30) as client:
        running = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=output
        )
        try:
            eventually(lambda: _answers(client) or running.poll() is not None)
            assert running.poll() is None, log.read_text()
            yield client
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(WAIT_SECONDS)


def _answers(client: httpx.Client) -> bool:
    try:
        client.get("/healthz")
    except httpx.TransportError:
        return False
    return True


@contextmanager
def gateway(folder: Path, environment: dict[str, str], *options: str) -> Iterator[httpx.Client]:
    """The service before the shop."""
    port = str(free_port())
    command = ["uvicorn", GATEWAY, "--port", port, *options]
    variables = {"OTEL_SERVICE_NAME": "gateway", "SHOP_URL": "http://127.0.0.1:9", **environment}
    with process(f"http://127.0.0.1:{port}", folder / "gateway.log", command, variables) as client:
        yield client


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """gateway (FastAPI) -> shop (Django, two workers) -> PostgreSQL, Redis and ml-api (FastAPI)."""
    folder = tmp_path_factory.mktemp("telemetry")
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        received = stack.enter_context(collector(folder / "collector"))
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", received.url)
        database = stack.enter_context(postgres(_made(folder / "postgres")))
        cache = stack.enter_context(redis(_made(folder / "redis")))
        port = str(free_port())
        api = ["sample_app.api", "--port", port, "--state-dir", str(folder / "api")]
        stack.enter_context(process(f"http://127.0.0.1:{port}", folder / "api.log", api, {}))
        options = ("--workers", "2", "--threads", "4")
        running = stack.enter_context(
            shop(_made(folder / "shop"), database, cache, f"http://127.0.0.1:{port}", *options)
        )
        running.until(200)
        client = stack.enter_context(gateway(folder, {"SHOP_URL": running.url}))
        yield Platform(received, running, client, (folder / "api.log", folder / "gateway.log", running.log))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def spans_of(found: Collector, trace_id: str, done: Callable[[list[Span]], bool]) -> list[Span]:
    """The spans of a trace, once they are all there."""

    def there() -> bool:
        return done([span for span in found.spans() if span.trace_id == trace_id])

    eventually(there)
    return [span for span in found.spans() if span.trace_id == trace_id]


def bought(platform: Platform, traceparent: str = "", **headers: str) -> None:
    """Somebody registers, puts something up for sale and buys it, all through the gateway."""
    client = platform.gateway
    user = client.post("/shop/users", json={"name": "김민지"}).json()["id"]
    product = client.post("/shop/products", json={"seller": user, "name": "lamp", "price": 12000}).json()["id"]
    sent = {"traceparent": traceparent, **headers}
    answer = client.post("/shop/transactions", json={"buyer": user, "product": product}, headers=sent)
    assert answer.status_code == 201, answer.text
    assert answer.json()["score"] is not None, "the models did not answer"


def test_one_request_through_all_services_is_one_trace(platform: Platform) -> None:
    """FastAPI -> Django -> PostgreSQL, the cache, and a FastAPI with its model's thread: each below its caller."""
    bought(platform, TRACEPARENT)
    names = {"POST /shop/{kind}", "POST /api/v1/transactions/", "POST /predict", "batch scorer"}
    found = spans_of(platform.collector, TRACE, lambda spans: names <= {span.name for span in spans})
    by_id = {span.span_id: span for span in found}

    def above(span: Span) -> tuple[str, str]:
        return (by_id[span.parent].service, by_id[span.parent].name) if span.parent != SPAN else ("caller", "")

    def only(service: str, name: str) -> Span:
        (span,) = [span for span in found if (span.service, span.name) == (service, name)]
        return span

    chain = [
        ("gateway", "POST /shop/{kind}"),
        ("gateway", "POST"),
        ("shop", "POST /api/v1/transactions/"),
        ("shop", "POST /predict"),
        ("ml-api", "POST /predict"),
        ("ml-api", "inference scorer"),
        ("ml-api", "batch scorer"),
    ]
    assert [above(only(*each)) for each in chain] == [("caller", ""), *chain[:-1]]
    assert [only(*each).kind for each in chain] == [SERVER, CLIENT, SERVER, CLIENT, SERVER, 1, 1]
    statements = [span for span in found if span.attributes.get("db.system.name") == "postgresql"]
    assert {"INSERT shop_transaction", "SELECT shop_user"} <= {span.name for span in statements}
    assert {above(span) for span in statements} == {chain[2]}
    assert {span.attributes["server.address"] for span in statements} == {"127.0.0.1"}
    caches = [span for span in found if span.attributes.get("db.system.name") == "redis"]
    assert caches
    assert {above(span) for span in caches} == {chain[2]}
    assert len(found) == len({span.span_id for span in found})


def test_its_lines_carry_the_trace_and_are_those_of_standard_output(platform: Platform) -> None:
    """One of each service, with the span that it belongs to; the same texts on both ways."""
    trace_id = "a" * 32
    bought(platform, f"00-{trace_id}-{'b' * 16}-01")

    def lines() -> list[Record]:
        return [record for record in platform.collector.records() if record.trace_id == trace_id]

    eventually(lambda: len(lines()) == 3)
    found = {record.service: record for record in lines()}
    servers = {
        span.service: span.span_id
        for span in spans_of(platform.collector, trace_id, lambda spans: sum(s.kind == SERVER for s in spans) == 3)
        if span.kind == SERVER
    }

    assert {service: record.line["path"] for service, record in found.items()} == {
        "gateway": "/shop/{kind}",
        "shop": "/api/v1/transactions/",
        "ml-api": "/predict",
    }
    assert {service: record.span_id for service, record in found.items()} == servers
    assert found["shop"].line["user_id"]
    for record in found.values():
        assert (record.line["trace_id"], record.line["span_id"]) == (record.trace_id, record.span_id)
        assert record.severity == record.line["level"] == "info"
    written = [json.loads(line) for log in platform.logs for line in log.read_text().splitlines() if line[:1] == "{"]
    assert [record.line for record in found.values() if record.line not in written] == []


def test_every_line_of_every_service_is_json(platform: Platform) -> None:
    """Also those of the servers at their start; nothing asks for health or metrics there."""
    bought(platform)
    lines = [line for log in platform.logs for line in log.read_text().splitlines()]
    parsed = [json.loads(line) for line in lines if line[:1] == "{"]

    assert {"timestamp", "level", "message", "logger"} <= set.intersection(*(set(line) for line in parsed))
    assert [line for line in lines if line[:1] != "{" and "gateway" not in line and not line.startswith("INFO")] == []
    assert not [line for line in parsed if line.get("path") in ("/healthz", "/metrics")]


def test_no_secret_reaches_the_collector_or_standard_output(platform: Platform) -> None:
    """From the query string, headers, the body, and an exception that has them in its text."""
    headers = {"authorization": f"Bearer {TOKEN}", "cookie": f"session={TOKEN}", "x-api-key": TOKEN}
    query = f"?password={PASSWORD}&token={TOKEN}&card={CARD}"
    client = platform.gateway
    sent = "c" * 32
    client.post(f"/shop/users{query}", json={"name": CARD, "password": PASSWORD}, headers=headers)
    client.get(f"/shop/products{query}&page={CARD}", headers=headers)
    answer = client.get(f"/broken{query}", headers={**headers, "traceparent": f"00-{sent}-{'b' * 16}-01"})
    assert answer.status_code == 500
    eventually(lambda: any(record.trace_id == sent for record in platform.collector.records()))
    spans_of(platform.collector, sent, bool)
    (failed,) = [record for record in platform.collector.records() if record.trace_id == sent]
    everything = platform.collector.text() + "".join(log.read_text() for log in platform.logs)

    assert failed.line["exception"].startswith("RuntimeError: cannot serve")
    assert [secret for secret in (PASSWORD, TOKEN, CARD) if secret in everything] == []


def test_exceptions_are_told_once(platform: Platform) -> None:
    """By the request's line, not by the server again."""
    sent = "d" * 32
    platform.gateway.get("/broken", headers={"authorization": "none", "traceparent": f"00-{sent}-{'b' * 16}-01"})
    eventually(lambda: any(record.trace_id == sent for record in platform.collector.records()))
    told = [record for record in platform.collector.records() if "cannot serve" in json.dumps(record.line)]

    assert [record.line["logger"] for record in told if record.trace_id in (sent, "")] == ["request"]


def test_what_django_refuses_has_one_line(platform: Platform) -> None:
    """With what the client was told; Django's own record of it is not written besides."""
    sent = "e" * 32
    headers = {"traceparent": f"00-{sent}-{'b' * 16}-01"}
    answer = platform.shop.client.post("/api/v1/users/", json={"name": ""}, headers=headers)
    eventually(lambda: any(record.trace_id == sent for record in platform.collector.records()))
    (record,) = [record for record in platform.collector.records() if record.trace_id == sent]

    assert (record.line["status"], record.line["level"]) == (400, "warning")
    assert record.line["error"] == answer.json()["detail"]


def test_durations_of_django_name_the_trace(platform: Platform, tmp_path: Path) -> None:
    """As exemplars, where one process serves: several workers share files, which hold none."""
    sent = "f" * 32
    with shop(tmp_path, "postgresql://127.0.0.1:1/none", "", "http://127.0.0.1:1") as alone:
        alone.until(503)
        alone.get("/api/v1/nowhere/", 404, traceparent=f"00-{sent}-{'b' * 16}-01")
        page = alone.client.get("/metrics", headers={"accept": OPENMETRICS}).text
    (line,) = [line for line in page.splitlines() if sent in line]

    assert line.startswith("django_http_requests_latency_seconds_by_view_method_bucket{")


def test_nothing_is_lost_while_the_collector_is_away(tmp_path: Path) -> None:
    """It is stopped for some seconds under load and started again: lines and spans sent are those found, each once."""
    with collector(tmp_path / "collector") as received:
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": received.url}
        with gateway(tmp_path, environment) as client:
            sent = 0
            for phase in ("there", "gone", "back"):
                if phase == "gone":
                    received.stop()
                if phase == "back":
                    received.start()
                until = time.monotonic() + 3
                while time.monotonic() < until:
                    assert client.get(f"/plain/{sent}").status_code == 200
                    sent += 1
        eventually(lambda: min(len(_plain(received)), len(_plain_lines(received))) >= sent)
        found, lines = _plain(received), _plain_lines(received)
        said = (tmp_path / "gateway.log").read_text()

    assert len(lines) == len({record.span_id for record in lines}) == sent
    assert len(found) == len({span.span_id for span in found}) == sent
    broke, worked = (said.count(text) for text in ("they wait until it does", "takes telemetry again"))
    assert 1 <= broke == worked <= 3


def _plain(received: Collector) -> list[Span]:
    return [span for span in received.spans() if span.name == "GET /plain/{number}"]


def _plain_lines(received: Collector) -> list[Record]:
    return [record for record in received.records() if record.line.get("path") == "/plain/{number}"]


def test_several_workers_of_uvicorn_send_each_their_own(tmp_path: Path) -> None:
    """Spawned processes: every request of any of them arrives once, also those just before the end."""
    with collector(tmp_path / "collector") as received:
        environment = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": received.url,
            "PROMETHEUS_MULTIPROC_DIR": str(_made(tmp_path / "m")),
        }
        with gateway(tmp_path, environment, "--workers", "2") as client:
            for number in range(100):
                client.get(f"/plain/{number}", headers={"Connection": "close"})
        eventually(lambda: len(_plain(received)) >= 100)
        spans = _plain(received)

    assert len(spans) == len({span.span_id for span in spans}) == 100
