"""The models behind HTTP: a real server on a free port, or the whole app in process."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from sample_app.api import Settings, create_app
from tests.unit.sample_app.inference_helpers import FEATURES, PATIENCE_SECONDS, eventually, sample, served
from tests.unit.sample_app.sample_helpers import run, scraped, series

MODELS = ("scorer", "recommender")


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    """The whole API; its models are trained at the first request, for nobody starts it."""
    return create_app(Settings(state_dir=tmp_path))


def test_answers_have_the_shape_of_the_contract(app: FastAPI) -> None:
    """A score with its model, items with an id to report on."""

    async def work(client: httpx.AsyncClient) -> tuple[httpx.Response, httpx.Response]:
        return await client.post("/predict", json=FEATURES), await client.get("/recommendations?user=1&limit=5")

    score, recommended = run(work, app)

    assert score.json() == {"score": pytest.approx(0.8, abs=0.15), "model": "scorer"}
    assert recommended.json().keys() == {"user", "items", "recommendation_id"}
    assert recommended.json()["user"] == 1
    assert len(set(recommended.json()["items"])) == 5
    assert sample(app, "recommendations_served_total") == 1


def test_concurrent_requests_share_batches_and_change_no_result(app: FastAPI) -> None:
    """Forty predictions at once give what they give one after the other, in fewer batches than requests."""
    bodies = [{"features": [n / 10, -n / 20, n / 30, 0.5 - n / 40]} for n in range(40)]

    async def work(client: httpx.AsyncClient) -> tuple[list[float], list[float]]:
        async def score(body: dict[str, list[float]]) -> float:
            return float((await client.post("/predict", json=body)).raise_for_status().json()["score"])

        together = await asyncio.gather(*(score(body) for body in bodies))
        return together, [await score(body) for body in bodies]

    together, alone = run(work, app)

    assert together == pytest.approx(alone, abs=1e-12)
    assert sample(app, "inference_requests_total", model="scorer", outcome="ok") == 80
    batches = sample(app, "inference_batch_size_count", model="scorer")
    assert sample(app, "inference_batch_size_sum", model="scorer") == 80
    assert 40 < batches < 80
    assert batches - sample(app, "inference_batch_size_bucket", model="scorer", le="1.0") >= 1


def test_a_cold_start_is_measured(tmp_path: Path) -> None:
    """The models train when the server starts; the gauge is the time it really took, and the accuracy is no guess."""
    app = create_app(Settings(state_dir=tmp_path))
    start = time.perf_counter()
    with served(app) as url:
        assert eventually(lambda: all(sample(app, "inference_cold_start_seconds", model=m) for m in MODELS))
        elapsed = time.perf_counter() - start
        assert httpx.post(f"{url}/predict", json=FEATURES).status_code == 200

    for model in MODELS:
        assert 0.005 < sample(app, "inference_cold_start_seconds", model=model) < elapsed
        assert 0.85 < sample(app, "model_accuracy_ratio", model=model) < 1
        assert sample(app, "inference_requests_total", model=model, outcome="error") == 0
    assert sample(app, "inference_requests_total", model="scorer", outcome="ok") == 1


def test_without_preload_the_first_request_pays(tmp_path: Path) -> None:
    """Nothing is trained before; then the request waits in the queue for at least the cold start."""
    app = create_app(Settings(state_dir=tmp_path, preload=False))
    with served(app) as url:
        assert not [s for s in scraped(app) if s.name in ("inference_cold_start_seconds", "model_accuracy_ratio")]
        assert httpx.post(f"{url}/predict", json=FEATURES, timeout=PATIENCE_SECONDS).status_code == 200
        waited = sample(app, "inference_queue_wait_seconds_sum", model="scorer")

    assert waited >= sample(app, "inference_cold_start_seconds", model="scorer") > 0
    assert sample(app, "inference_cold_start_seconds", model="recommender") == 0


def test_a_cold_start_can_be_forced(app: FastAPI) -> None:
    """The answer and the gauge are the same measurement; requests that come meanwhile are answered."""

    async def work(client: httpx.AsyncClient) -> tuple[httpx.Response, list[int], float]:
        await client.post("/predict", json=FEATURES)
        start = time.perf_counter()
        reloading = asyncio.create_task(client.post("/admin/reload"))
        answers = await asyncio.gather(*(client.post("/predict", json=FEATURES) for _ in range(20)))
        return await reloading, [answer.status_code for answer in answers], time.perf_counter() - start

    reloaded, statuses, elapsed = run(work, app)

    assert statuses == [200] * 20
    for model in MODELS:
        seconds = reloaded.json()["cold_start_seconds"][model]
        assert seconds == sample(app, "inference_cold_start_seconds", model=model)
        assert 0 < seconds < elapsed
    assert not [s for s in scraped(app) if "/admin/reload" in s.labels.values()]


def test_a_cold_start_can_be_made_slow(app: FastAPI) -> None:
    """It goes on learning for so many seconds, and no longer than a minute can be asked for."""

    async def work(client: httpx.AsyncClient) -> list[httpx.Response]:
        await client.post("/predict", json=FEATURES)
        return [await client.post(f"/admin/reload?seconds={seconds}") for seconds in (0.7, 60.1, "nan")]

    slow, *refused = run(work, app)

    assert all(seconds >= 0.7 for seconds in slow.json()["cold_start_seconds"].values())
    assert set(slow.json()["cold_start_seconds"]) == set(MODELS)
    assert [answer.status_code for answer in refused] == [422, 422]


def test_users_and_ids_add_no_series(app: FastAPI) -> None:
    """Whoever asks, and whatever they report, the series stay those of the start."""

    def names() -> set[tuple[str, tuple[tuple[str, str], ...]]]:
        return {key for key in series(scraped(app)) if not re.match("python|process", key[0])}

    async def work(client: httpx.AsyncClient) -> None:
        for user in range(100):
            answer = await client.get(f"/recommendations?user={user * 7919}")
            made = answer.json()["recommendation_id"]
            await client.post("/feedback", json={"recommendation_id": made, "event": "click"})
            await client.post("/feedback", json={"recommendation_id": f"{user}", "event": "click"})
            await client.post("/predict", json={"features": [user, 0, 0, 0]})

    async def once(client: httpx.AsyncClient) -> None:
        await client.get("/recommendations?user=1")
        await client.post("/predict", json=FEATURES)

    run(once, app)
    before = names()
    run(work, app)

    assert names() == before
    assert ("inference_requests_total", (("model", "scorer"), ("outcome", "error"))) in before


@pytest.mark.parametrize("wrong", [{"work": 0}, {"work": 513}, {"max_queue": 0}])
def test_settings_out_of_range_are_refused(tmp_path: Path, wrong: dict[str, int]) -> None:
    """Before anything starts."""
    with pytest.raises(ValueError, match="must be"):
        Settings(state_dir=tmp_path, **wrong)  # type: ignore[arg-type]


def test_an_ensemble_answers_like_its_first_model(tmp_path: Path) -> None:
    """The setting reaches the models: other numbers, but near."""

    async def work(client: httpx.AsyncClient) -> float:
        return float((await client.post("/predict", json=FEATURES)).json()["score"])

    alone, ensemble = (run(work, create_app(Settings(state_dir=tmp_path, work=copies))) for copies in (1, 20))

    assert alone != ensemble
    assert alone == pytest.approx(ensemble, abs=0.1)
