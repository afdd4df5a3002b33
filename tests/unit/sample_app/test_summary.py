"""The summary of one process: its fields, its numbers and its settings."""

from __future__ import annotations

import asyncio
import math
import random
import string
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter

from sample_app.telemetry import DEFAULT_BUCKETS, Metrics, MetricsMiddleware, SummarySettings, instrument, serve_summary
from sample_app.telemetry.summary_shared import SharedRecords
from tests.unit.sample_app.sample_helpers import asgi, ask, http_scope, instrumented, requests_total, run, scraped
from tests.unit.sample_app.summary_helpers import RESET, SUMMARY, data, make_app, summarized, take

SEED = {
    "total_calls",
    "total_errors",
    "error_rate",
    "avg_response_time",
    "min_response_time",
    "max_response_time",
    "recent_errors",
}


def test_without_traffic_counts_are_0_and_times_null() -> None:
    """Nothing is divided by nothing."""
    app, _ = summarized()
    found = data(app)

    assert found.keys() >= SEED
    assert {name: found[name] for name in found if name.endswith("_response_time")} == dict.fromkeys(
        [f"{name}_response_time" for name in ("avg", "min", "max", "p50", "p95", "p99")]
    )
    assert (found["total_calls"], found["total_errors"], found["recent_errors"], found["api_keys"]) == (0, 0, [], {})
    assert [found[f"{name}error_rate"] for name in ("", "client_", "server_")] == [0.0, 0.0, 0.0]
    assert (found["requests_per_second"], found["mean_requests_per_second"]) == (0, 0)
    assert (found["in_progress"], found["workers"]) == (0, 1)
    assert datetime.fromisoformat(found["since"]).tzinfo is not None


def test_a_known_load_gives_the_numbers_of_the_metrics_page() -> None:
    """Calls, 4xx, 5xx and their shares equal what was sent and what /metrics says."""
    app, _ = summarized()
    ask(app, *[("GET", "/items/7")] * 147, ("GET", "/items/x"), ("GET", "/nowhere"), ("GET", "/broken"))
    found, page = data(app), scraped(app)

    assert (found["total_calls"], found["total_errors"], found["error_rate"]) == (150, 3, 2.0)
    assert (found["client_errors"], found["server_errors"]) == (2, 1)
    assert (found["client_error_rate"], found["server_error_rate"]) == (pytest.approx(4 / 3, abs=1e-6), 0.666667)
    assert found["total_calls"] == requests_total(app)
    assert found["client_errors"] == requests_total(app, status="4xx")
    seconds = sum(sample.value for sample in page if sample.name == "http_request_duration_seconds_sum")
    assert found["avg_response_time"] == pytest.approx(seconds / 150, abs=1e-6)
    assert 0 < found["min_response_time"] <= found["avg_response_time"] <= found["max_response_time"]


def test_the_summary_and_the_reset_are_no_requests() -> None:
    """They are neither counted nor errors, whatever they answer."""
    app, _ = summarized()
    answers = ask(app, SUMMARY, RESET, ("HEAD", SUMMARY[1]), ("POST", SUMMARY[1]), ("GET", "/metrics"))

    assert [answer.status_code for answer in answers] == [200, 403, 200, 405, 200]
    assert (answers[2].content, answers[3].headers["allow"]) == (b"", "GET, HEAD")
    assert data(app)["total_calls"] == requests_total(app) == 0
    assert not [s for s in scraped(app) if s.labels.get("handler", "").startswith("/api/metrics")]


@pytest.mark.parametrize("seed", range(5))
def test_percentiles_are_in_the_bucket_of_the_exact_value(seed: int) -> None:
    """Shortest and longest are exact; a percentile differs by less than the width of its bucket."""
    app, metrics = summarized()
    dice = random.Random(seed)  # noqa: S311
    durations = sorted(min(9.9, dice.lognormvariate(-2, 1.2)) for _ in range(2000))
    take(metrics, *dice.sample(durations, len(durations)))
    found, bounds = data(app), (0.0, *DEFAULT_BUCKETS)

    assert (found["min_response_time"], found["max_response_time"]) == (
        round(durations[0], 6),
        round(durations[-1], 6),
    )
    assert found["avg_response_time"] == pytest.approx(sum(durations) / 2000, abs=1e-6)
    for percent in (50, 95, 99):
        exact = durations[math.ceil(percent / 100 * 2000) - 1]
        high = next(number for number, bound in enumerate(bounds) if bound >= exact)
        assert bounds[high - 1] <= found[f"p{percent}_response_time"] <= bounds[high]


def test_a_percentile_is_interpolated_as_histogram_quantile_does() -> None:
    """Evenly inside its bucket, and the last finite bound for what is beyond it."""
    app, metrics = summarized()
    take(metrics, *[0.3] * 3, 0.9)

    assert data(app)["p50_response_time"] == pytest.approx(0.25 + 0.25 * 2 / 3, abs=1e-6)
    assert data(app)["p95_response_time"] == pytest.approx(0.8 + 0.2 * 0.8, abs=1e-6)

    take(metrics, *[60.0] * 96)
    assert (data(app)["p99_response_time"], data(app)["max_response_time"]) == (10.0, 60.0)


def test_a_duration_that_is_no_number_never_becomes_nan() -> None:
    """JSON has no NaN: what cannot be said is null."""
    app, metrics = summarized()
    take(metrics, float("nan"), 0.5)
    found = data(app)

    assert (found["total_calls"], found["avg_response_time"]) == (2, None)
    assert (found["min_response_time"], found["max_response_time"]) == (0.5, 0.5)


def test_nothing_that_a_client_sends_makes_the_summary_grow() -> None:
    """Ten thousand paths, methods and keys: the answer stays as short as it was after a hundred."""
    app, _ = summarized()
    dice = random.Random(1)  # noqa: S311
    words = ["".join(dice.choices(string.ascii_letters, k=12)) for _ in range(10_000)]

    async def send(client: httpx.AsyncClient) -> tuple[str, str]:
        texts = []
        for part in (words[:100], words[100:]):
            for word in part:
                await client.request(word[:5].upper(), f"/{word}", headers={"x-api-key": word})
            texts.append((await client.get(SUMMARY[1])).text)
        return texts[0], texts[1]

    early, late = run(send, app)

    assert '"total_calls": 10000' in late
    assert abs(len(late) - len(early)) < 100
    assert not [word for word in words if word in late]


def test_api_keys_are_those_of_the_named_counter() -> None:
    """The app counts by the names it knows; the summary shows what it counted since the reset."""
    app = make_app()
    registry = CollectorRegistry()
    metrics = instrument(app, registry=registry)
    counter = Counter("api_key_requests", "Requests by API key.", ("key",), registry=registry)
    serve_summary(app, metrics, SummarySettings(api_keys="api_key_requests_total", reset_enabled=True))
    counter.labels("shop").inc(3)
    counter.labels("other").inc()

    assert data(app)["api_keys"] == {"other": 1, "shop": 3}
    ask(app, RESET)
    counter.labels("shop").inc()
    assert data(app)["api_keys"] == {"other": 0, "shop": 1}


def test_requests_per_second_are_those_of_the_last_minute() -> None:
    """Since the start when that is less long ago, and of at least one second."""
    app, metrics = summarized()
    take(metrics, *[0.01] * 100)
    found = data(app)

    assert 0 < found["requests_per_second"] <= 100
    assert 0 < found["mean_requests_per_second"] <= 100


def test_threads_lose_nothing() -> None:
    """Requests that end in several threads, with summaries meanwhile."""
    app = make_app()
    metrics = instrumented(app)
    summary = serve_summary(app, metrics)

    def work(number: int) -> None:
        for step in range(1000):
            take(metrics, 0.001 * (number + 1), status=500 if step % 10 == 0 else 200)
            if step % 10 == 0:
                summary.failed("GET", "/measured", 500, None, None)
            if step % 100 == 0:
                assert summary.data()["total_calls"] > 0

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    found = summary.data()

    assert (found["total_calls"], found["server_errors"]) == (8000, 800)
    assert (found["min_response_time"], found["max_response_time"]) == (0.001, 0.008)
    assert [e["message"] for e in found["recent_errors"]] == ["Internal Server Error"] * 50


def test_the_path_is_a_setting_and_holds_behind_a_proxy() -> None:
    """Also below a root path that the server was told."""
    app, _ = summarized(SummarySettings(path="/stats"))
    behind = {**http_scope(path="/shop/stats/summary"), "root_path": "/shop"}

    assert asyncio.run(asgi(app, behind))[0]["status"] == 200
    assert [answer.status_code for answer in ask(app, ("GET", "/stats/summary"), SUMMARY)] == [200, 404]


def test_an_app_that_was_wrapped_by_hand_has_a_summary() -> None:
    """Whatever takes no middleware."""

    async def answer(_scope: object, _receive: object, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    metrics = Metrics(CollectorRegistry())
    app: Any = MetricsMiddleware(answer, metrics)
    serve_summary(app, metrics)
    ask(app, ("GET", "/"))

    assert data(app)["total_calls"] == 1


def test_metrics_of_another_app_are_refused() -> None:
    """The message says which ones are right."""
    app = make_app()

    with pytest.raises(ValueError, match="pass what instrument"):
        serve_summary(app, Metrics(CollectorRegistry()))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"path": "api"}, "must begin with /"),
        ({"path": "/api/"}, "not end with it"),
        ({"path": "/"}, "not end with it"),
        ({"recent_errors": -1}, "0 to 1000"),
        ({"recent_errors": 1001}, "0 to 1000"),
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any], message: str) -> None:
    """When they are made."""
    with pytest.raises(ValueError, match=message):
        SummarySettings(**wrong)


@pytest.mark.parametrize("broken", [b"", b"{", b"{}", b"[]", b'{"since": []}'])
def test_a_broken_file_is_a_503(tmp_path: Path, broken: bytes) -> None:
    """Whatever another program wrote to the folder of the workers."""
    app = make_app()
    summary = serve_summary(app, instrumented(app))
    summary._records = SharedRecords(tmp_path, 50)
    next(tmp_path.glob("summary_*.baseline")).write_bytes(broken)
    answer = ask(app, SUMMARY)[0]

    assert answer.status_code == 503
    assert answer.json()["detail"].startswith("the summary cannot be read: ")
