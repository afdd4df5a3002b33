"""What a scrape gets: exemplars, the format it asks for, compressed where it wants."""

from __future__ import annotations

import asyncio
import gzip

import httpx
import pytest
from fastapi import FastAPI, Request

from sample_app.telemetry import MetricsSettings
from tests.unit.sample_app.sample_helpers import (
    OPENMETRICS,
    asgi,
    ask,
    http_scope,
    instrumented,
    parsed,
    requests_total,
    run,
    scraped,
)


async def nothing() -> None:
    """A route's function that does nothing."""


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


def test_exemplars_make_the_round_trip() -> None:
    """The trace id of a request is on its counter and on the bucket of its duration, through OpenMetrics and back."""
    app = FastAPI()
    app.add_api_route("/", nothing)
    instrumented(app)
    ask(app, ("GET", "/"), headers={"traceparent": TRACEPARENT})
    found = [sample for sample in scraped(app) if sample.exemplar]

    assert {"http_requests_total", "http_request_duration_seconds_bucket"} == {sample.name for sample in found}
    for sample in found:
        assert sample.exemplar is not None
        assert sample.exemplar.labels == {"trace_id": TRACE}
    bucket = next(sample for sample in found if sample.name.endswith("_bucket"))
    assert bucket.exemplar is not None
    assert 0 < bucket.exemplar.value <= float(bucket.labels["le"])


def test_a_tracer_can_name_the_trace_itself() -> None:
    """The callback wins over the header and sees what the tracer left in the scope."""
    app = FastAPI()

    @app.get("/")
    async def root(request: Request) -> None:
        request.scope["my_trace"] = "abc123"

    instrumented(app, MetricsSettings(trace_id=lambda scope: scope.get("my_trace")))
    ask(app, ("GET", "/"), headers={"traceparent": TRACEPARENT})

    assert [s.exemplar.labels for s in scraped(app) if s.exemplar] == [{"trace_id": "abc123"}] * 2


@pytest.mark.parametrize("answer", [None, "", "x" * 65])
def test_a_useless_trace_id_is_left_out(answer: str | None) -> None:
    """None, nothing, and more than an exemplar may hold."""
    app = FastAPI()
    instrumented(app, MetricsSettings(trace_id=lambda _scope: answer))
    ask(app, ("GET", "/"))

    assert [sample for sample in scraped(app) if sample.exemplar] == []
    assert requests_total(app, handler="none") == 1


def test_a_failing_callback_costs_the_exemplar_only(caplog: pytest.LogCaptureFixture) -> None:
    """The request is answered and counted, and the failure is logged once."""
    app = FastAPI()
    app.add_api_route("/", nothing)
    instrumented(app, MetricsSettings(trace_id=lambda scope: scope["no such key"]))
    answers = ask(app, ("GET", "/"), ("GET", "/"))

    assert [answer.status_code for answer in answers] == [200, 200]
    assert requests_total(app, handler="/", status="2xx") == 2
    assert len([record for record in caplog.records if "callback failed" in record.message]) == 1


def test_a_scrape_gets_the_format_it_asks_for() -> None:
    """OpenMetrics only on request; the text format else, also for a header that nobody can read."""
    app = FastAPI()
    instrumented(app)

    async def types(client: httpx.AsyncClient) -> list[str]:
        accepts = ("", "text/plain", OPENMETRICS, "application/openmetrics-text; version=one", "rubbish;;=,;")
        return [(await client.get("/metrics", headers={"accept": a})).headers["content-type"] for a in accepts]

    plain, text, openmetrics, odd, rubbish = run(types, app)

    assert plain == text == odd == rubbish == "text/plain; version=0.0.4; charset=utf-8"
    assert openmetrics.startswith("application/openmetrics-text; version=1.0.0")


def test_a_scrape_is_compressed_where_the_scraper_takes_it() -> None:
    """gzip on request, and the same text inside."""
    app = FastAPI()
    instrumented(app)
    headers = [(b"accept-encoding", b"gzip"), (b"accept", OPENMETRICS.encode())]
    start, body = asyncio.run(asgi(app, http_scope(path="/metrics", headers=tuple(headers))))

    assert (b"content-encoding", b"gzip") in start["headers"]
    assert "http_requests_inprogress" in {s.name for s in parsed(gzip.decompress(body["body"]).decode())}


def test_a_scrape_answers_get_and_head_only() -> None:
    """HEAD has no body; anything else is refused with what would be right."""
    app = FastAPI()
    instrumented(app)
    head, post = ask(app, ("HEAD", "/metrics"), ("POST", "/metrics"))

    assert (head.status_code, head.content) == (200, b"")
    assert (post.status_code, post.headers["allow"]) == (405, "GET, HEAD")


def test_a_scrape_shows_no_created_series() -> None:
    """They would double the counters' series."""
    app = FastAPI()
    instrumented(app)
    ask(app, ("GET", "/"))

    assert [sample.name for sample in scraped(app) if sample.name.endswith("_created")] == []


def test_the_metrics_page_can_be_somewhere_else_or_nowhere() -> None:
    """The path is a setting; without one the app's own route answers."""
    app = FastAPI()
    instrumented(app, MetricsSettings(path=""))

    assert [answer.status_code for answer in ask(app, ("GET", "/metrics"))] == [404]
    below = {**http_scope(path="/shop"), "root_path": "/shop"}
    assert asyncio.run(asgi(app, below))[0]["status"] == 404
