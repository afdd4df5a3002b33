"""What is counted, under which names and labels."""

from __future__ import annotations

import random
import string

import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from prometheus_fastapi_instrumentator import Instrumentator

from sample_app.telemetry import DEFAULT_BUCKETS, Metrics, MetricsSettings, instrument
from tests.unit.sample_app.sample_helpers import ask, instrumented, requests_total, scraped, series


def make_app() -> FastAPI:
    app = FastAPI()

    @app.get("/items/{item_id}")
    async def item(item_id: int) -> dict[str, int]:
        return {"item_id": item_id}

    @app.post("/broken")
    async def broken() -> None:
        raise RuntimeError("broken on purpose")

    @app.get("/healthz")
    async def healthz() -> str:
        return "ok"

    return app


@pytest.fixture
def app() -> FastAPI:
    """An app with one good route, one that raises and a health check."""
    app = make_app()
    instrumented(app)
    return app


def test_requests_are_counted_by_template_method_and_class(app: FastAPI) -> None:
    """The handler is the route's template, whatever the path."""
    ask(app, ("GET", "/items/1"), ("GET", "/items/2"), ("GET", "/items/x"))

    assert requests_total(app, handler="/items/{item_id}", method="GET", status="2xx") == 2
    assert requests_total(app, handler="/items/{item_id}", method="GET", status="4xx") == 1


def test_an_exception_counts_as_5xx_and_is_observed(app: FastAPI) -> None:
    """A route that raises answers 500 once: in the counter and in the histogram."""
    answers = ask(app, ("POST", "/broken"))
    found = series(scraped(app))

    assert [answer.status_code for answer in answers] == [500]
    assert found["http_requests_total", (("handler", "/broken"), ("method", "POST"), ("status", "5xx"))] == 1
    assert found["http_request_duration_seconds_count", (("handler", "/broken"), ("method", "POST"))] == 1


def test_unmatched_paths_share_one_handler(app: FastAPI) -> None:
    """A path that no route takes has the handler none."""
    ask(app, ("GET", "/nowhere"))

    assert requests_total(app, handler="none", method="GET", status="4xx") == 1


def test_a_wrong_method_counts_for_its_route(app: FastAPI) -> None:
    """405 belongs to the route whose path matched."""
    ask(app, ("DELETE", "/items/1"))

    assert requests_total(app, handler="/items/{item_id}", method="DELETE", status="4xx") == 1


def test_made_up_methods_share_one_label(app: FastAPI) -> None:
    """A method that HTTP does not know is other, so a client cannot make series."""
    ask(app, *((f"M{number}", "/items/1") for number in range(50)))

    assert requests_total(app, handler="/items/{item_id}", method="other", status="4xx") == 50


def test_ten_thousand_random_paths_add_one_series(app: FastAPI) -> None:
    """However many paths are tried, only handler none grows."""
    ask(app, ("GET", "/healthz"), ("GET", "/items/1"))
    before = len(scraped(app))
    dice = random.Random(1)  # noqa: S311
    paths = ("/" + "".join(dice.choices(string.ascii_letters + "/._-", k=12)) for _ in range(10_000))
    ask(app, *(("GET", path) for path in paths))
    after = scraped(app)

    assert requests_total(app, handler="none") == 10_000
    assert len(after) - before == 1 + len(DEFAULT_BUCKETS) + 1 + 2


def test_health_and_metrics_are_left_out(app: FastAPI) -> None:
    """Neither a health check nor a scrape is a request that someone waits for."""
    ask(app, ("GET", "/healthz"), ("GET", "/metrics"))

    assert requests_total(app) == 0
    assert not [sample for sample in scraped(app) if sample.labels.get("handler") in ("/healthz", "/metrics")]


def test_every_route_starts_at_zero(app: FastAPI) -> None:
    """The first error of a route is an increase, for its series was there before."""
    found = series(scraped(app) if ask(app, ("GET", "/nowhere")) else [])

    for status in ("2xx", "4xx", "5xx"):
        assert found["http_requests_total", (("handler", "/broken"), ("method", "POST"), ("status", status))] == 0
    assert found["http_request_duration_seconds_count", (("handler", "/broken"), ("method", "POST"))] == 0


def test_pages_that_fastapi_adds_are_not_declared(app: FastAPI) -> None:
    """/docs and its like make no series until someone opens them."""
    ask(app, ("GET", "/nowhere"))

    assert {"/items/{item_id}", "/broken", "none"} == {
        sample.labels["handler"] for sample in scraped(app) if "handler" in sample.labels
    }


def test_buckets_hold_the_limits_that_alerts_judge() -> None:
    """0.8, 3 and 5 seconds are bounds."""
    assert {0.8, 3.0, 5.0} <= set(DEFAULT_BUCKETS)


def test_a_duration_on_a_bound_falls_into_that_bucket() -> None:
    """Bounds are inclusive, as Prometheus wants them."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.begin()
    metrics.end("GET", "/", 200, 0.8)

    labels = {"handler": "/", "method": "GET"}
    assert registry.get_sample_value("http_request_duration_seconds_bucket", {**labels, "le": "0.8"}) == 1
    assert registry.get_sample_value("http_request_duration_seconds_bucket", {**labels, "le": "0.5"}) == 0
    assert registry.get_sample_value("http_request_duration_seconds_sum", labels) == 0.8


@pytest.mark.parametrize(("status", "label"), [(100, "1xx"), (302, "3xx"), (599, "5xx"), (0, "5xx"), (999, "5xx")])
def test_a_status_becomes_its_class(status: int, label: str) -> None:
    """A status that is none is the server's fault."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.begin()
    metrics.end("GET", "/", status, 0.1)

    assert registry.get_sample_value("http_requests_total", {"handler": "/", "method": "GET", "status": label}) == 1


@pytest.mark.parametrize("buckets", [(), (1.0, 1.0), (2.0, 1.0), (0.0, 1.0), (1.0, float("inf"))])
def test_bad_buckets_are_refused(buckets: tuple[float, ...]) -> None:
    """Settings that cannot work fail when they are made."""
    with pytest.raises(ValueError, match="buckets must be finite seconds above 0 that ascend"):
        MetricsSettings(buckets=buckets)


def test_a_registry_takes_the_metrics_once() -> None:
    """A second app in the same registry would add to the first one's series."""
    registry = CollectorRegistry()
    instrument(make_app(), registry=registry)

    with pytest.raises(ValueError, match="Duplicated timeseries"):
        instrument(make_app(), registry=registry)


def test_an_app_without_middleware_is_refused_with_a_hint() -> None:
    """The message says what to do instead."""
    with pytest.raises(TypeError, match="wrap it: MetricsMiddleware"):
        instrument(object())


def test_counter_and_labels_are_the_instrumentators() -> None:
    """The same profile reads both: the same requests give the same counter."""
    ours, theirs = make_app(), make_app()
    instrumented(ours)
    registry = CollectorRegistry()
    Instrumentator(registry=registry, excluded_handlers=["/metrics", "/healthz"]).instrument(theirs).expose(theirs)
    requests = [("GET", "/items/1"), ("GET", "/items/x"), ("POST", "/broken"), ("GET", "/nowhere"), ("PUT", "/broken")]
    ask(ours, *requests)
    ask(theirs, *requests)
    expected = {
        (sample.labels["handler"], sample.labels["method"], sample.labels["status"]): sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "http_requests_total"
    }

    assert expected
    for (handler, method, status), value in expected.items():
        assert requests_total(ours, handler=handler, method=method, status=status) == value
