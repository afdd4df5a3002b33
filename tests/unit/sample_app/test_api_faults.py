"""The sample API answers, and its faults do exactly what they say."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from sample_app.api import Settings, create_app
from sample_app.api import faults as faults_module
from sample_app.api.faults import ErrorShare, Faults, FaultStore
from tests.unit.sample_app.sample_helpers import ask, requests_total, run, scraped, series


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    """An API with a state folder of its own."""
    return create_app(Settings(state_dir=tmp_path))


def put(app: FastAPI, faults: dict[str, object]) -> httpx.Response:
    async def work(client: httpx.AsyncClient) -> httpx.Response:
        return await client.put("/faults", json=faults)

    return run(work, app)


def test_every_endpoint_answers(app: FastAPI) -> None:
    """Root, health, an item, recommendations."""
    paths = ("/", "/healthz", "/items/7", "/recommendations?user=3&limit=4")
    answers = ask(app, *(("GET", path) for path in paths))

    assert [answer.status_code for answer in answers] == [200] * 4
    assert answers[2].json() == {"item_id": 7, "price_cents": 6033}
    assert len(answers[3].json()["items"]) == 4


def test_a_prediction_is_computed(app: FastAPI) -> None:
    """A share between 0 and 1 that depends on the features."""

    async def work(client: httpx.AsyncClient) -> list[float]:
        bodies = ([0, 0, 0, 0], [5, 0, 0, 5])
        return [(await client.post("/predict", json={"features": body})).json()["score"] for body in bodies]

    low, high = run(work, app)

    assert 0 < low < 0.5 < high < 1


@pytest.mark.parametrize(("path", "status"), [("/items/0", 404), ("/items/x", 422), ("/recommendations?limit=0", 422)])
def test_bad_requests_are_refused(app: FastAPI, path: str, status: int) -> None:
    """What the client did wrong is a 4xx."""
    assert [answer.status_code for answer in ask(app, ("GET", path))] == [status]


def test_five_percent_is_one_in_twenty(app: FastAPI) -> None:
    """Errors are spread evenly, are real, and count for their routes."""
    put(app, {"error_ratio": 0.05})
    statuses = [answer.status_code for answer in ask(app, *[("GET", "/"), ("GET", "/items/1")] * 100)]

    assert [number for number, status in enumerate(statuses, 1) if status == 500] == list(range(20, 201, 20))
    assert statuses.count(200) == 190
    assert requests_total(app, status="5xx") == 10


@pytest.mark.parametrize(
    ("ratio", "errors"), [(0.0, 0), (0.001, 1), (0.015, 15), (0.3, 300), (0.999, 999), (1.0, 1000)]
)
def test_the_share_of_errors_is_exact(ratio: float, errors: int) -> None:
    """In a thousand requests, whatever floating point makes of the ratio."""
    share = ErrorShare()

    assert sum(share.fails(ratio) for _ in range(1000)) == errors


def test_latency_is_added_and_measured(app: FastAPI) -> None:
    """Each request takes so much longer."""
    put(app, {"latency_seconds": 0.1})
    ask(app, ("GET", "/"))

    assert series(scraped(app))["http_request_duration_seconds_sum", (("handler", "/"), ("method", "GET"))] >= 0.1


def test_faults_spare_health_and_their_own_switch(app: FastAPI) -> None:
    """Whoever switched everything to errors can switch it off again."""
    put(app, {"error_ratio": 1})
    answers = ask(app, ("GET", "/"), ("GET", "/healthz"), ("GET", "/faults"), ("GET", "/metrics"))

    assert [answer.status_code for answer in answers] == [500, 200, 200, 200]
    assert answers[2].json()["error_ratio"] == 1
    assert requests_total(app) == 1


def test_what_is_left_out_is_switched_off(app: FastAPI) -> None:
    """PUT replaces the whole."""
    put(app, {"error_ratio": 1})
    put(app, {"latency_seconds": 0.01})

    assert [answer.status_code for answer in ask(app, ("GET", "/"))] == [200]


@pytest.mark.parametrize(
    "body",
    [
        '{"error_ratio": 1.1}',
        '{"error_ratio": -0.1}',
        '{"latency_seconds": -1}',
        '{"latency_seconds": NaN}',
        '{"cpu_busy": 2}',
        '{"cpu_busy": Infinity}',
        '{"seconds": 0}',
        '{"eror_ratio": 0.1}',
        '{"error_ratio": "x"}',
        "[]",
        "nonsense",
        "",
    ],
)
def test_bad_faults_are_refused_and_change_nothing(app: FastAPI, body: str) -> None:
    """422 with a reason, also where JSON cannot repeat the value."""

    async def work(client: httpx.AsyncClient) -> httpx.Response:
        return await client.put("/faults", content=body, headers={"content-type": "application/json"})

    answer = run(work, app)

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["msg"]
    assert ask(app, ("GET", "/"))[0].status_code == 200


def test_another_worker_sees_the_fault_within_half_a_second(tmp_path: Path) -> None:
    """It reads the file again, but not at each request."""
    path = tmp_path / "faults.json"
    one, other = FaultStore(path), FaultStore(path)
    before = other.current().error_ratio
    one.put(Faults(error_ratio=0.5))
    at_once = other.current().error_ratio
    time.sleep(faults_module.CHECK_SECONDS + 0.05)

    assert [before, at_once, other.current().error_ratio] == [0, 0, 0.5]
    assert one.current().error_ratio == 0.5


def test_a_broken_file_means_no_faults(tmp_path: Path) -> None:
    """A half-written or foreign file breaks no request."""
    path = tmp_path / "faults.json"
    path.write_text("{")

    assert FaultStore(path).current().error_ratio == 0


def test_burning_ends_after_its_limit(tmp_path: Path) -> None:
    """Past `seconds`, cpu_busy reads 0 and the other faults stay."""
    store = FaultStore(tmp_path / "faults.json")
    store.put(Faults(cpu_busy=0.5, error_ratio=0.1, seconds=0.05))
    during = store.current()
    time.sleep(0.06)
    after = store.current()

    assert (during.cpu_busy, during.error_ratio) == (0.5, 0.1)
    assert (after.cpu_busy, after.error_ratio) == (0, 0.1)


def test_requests_go_on_while_others_wait(app: FastAPI) -> None:
    """Added latency is awaited: it does not hold up the event loop."""
    put(app, {"latency_seconds": 0.2})

    async def work(client: httpx.AsyncClient) -> float:
        start = time.monotonic()
        await asyncio.gather(*(client.get("/") for _ in range(10)))
        return time.monotonic() - start

    assert run(work, app) < 1.0
