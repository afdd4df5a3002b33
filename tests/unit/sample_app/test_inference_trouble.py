"""Full queues, broken models, clients that leave, and orders to reload: each has its answer, and nothing hangs."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Sequence
from pathlib import Path

import httpx
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from sample_app.api import Settings, create_app
from sample_app.api.feedback import Feedback, RecommendationIds
from sample_app.api.inference import Inference, InferenceMetrics
from sample_app.api.inference.routes import inference_routes, reload_routes
from sample_app.telemetry import instrument
from tests.unit.sample_app.inference_helpers import (
    FEATURES,
    PATIENCE_SECONDS,
    Trial,
    eventually,
    queue_of,
    sample,
    served,
    value,
)
from tests.unit.sample_app.sample_helpers import ask, run


def trial_app(trial: Trial, tmp_path: Path, max_queue: int = 256) -> tuple[FastAPI, CollectorRegistry]:
    """Routes before a model that the test holds up."""
    registry = CollectorRegistry()
    queue = queue_of(trial, registry, max_queue=max_queue)
    feedback = Feedback(RecommendationIds(tmp_path / "key"), InferenceMetrics(CollectorRegistry()))

    app = FastAPI()
    inference = Inference(queue, queue, tmp_path / "reload")  # type: ignore[arg-type]
    app.include_router(inference_routes(inference, feedback))
    app.include_router(reload_routes(inference))
    instrument(app, registry=registry)
    return app, registry


def test_a_full_queue_is_a_503_and_nothing_hangs(tmp_path: Path) -> None:
    """Two hundred at once while the model trains: four wait, the others are told why, and later ones are served."""
    app = create_app(Settings(state_dir=tmp_path, max_queue=4, work=50))

    async def work(client: httpx.AsyncClient) -> tuple[list[httpx.Response], httpx.Response]:
        answers = await asyncio.gather(*(client.post("/predict", json=FEATURES) for _ in range(200)))
        return answers, await client.post("/predict", json=FEATURES)

    answers, later = run(work, app)
    refused = [answer for answer in answers if answer.status_code == 503]

    assert {answer.status_code for answer in answers} == {200, 503}
    assert {answer.text for answer in refused} == {'{"detail":"the queue of scorer is full (4 waiting)"}'}
    assert later.status_code == 200
    assert sample(app, "inference_requests_total", model="scorer", outcome="rejected") == len(refused)
    assert sample(app, "inference_requests_total", model="scorer", outcome="ok") == 201 - len(refused)
    assert sample(app, "inference_queue_length", model="scorer") == 0


def test_a_broken_batch_is_a_500_and_the_next_is_fine(tmp_path: Path) -> None:
    """A model that fails says so without its innards."""
    trial = Trial()
    trial.open.set()
    app, _registry = trial_app(trial, tmp_path)
    trial.infer, infer = _broken, trial.infer  # type: ignore[method-assign]

    async def work(client: httpx.AsyncClient) -> list[httpx.Response]:
        failed = await client.post("/predict", json=FEATURES)
        trial.infer = infer  # type: ignore[method-assign]
        return [failed, await client.post("/predict", json=FEATURES)]

    failed, fine = run(work, app)

    assert (failed.status_code, failed.json()) == (500, {"detail": "the model scorer failed"})
    assert fine.status_code == 200


def _broken(batch: Sequence[float]) -> list[float]:
    if list(batch) == [-1.0]:
        return [0.0]
    raise ZeroDivisionError("secret")


def test_a_client_that_leaves_gives_its_place_back(tmp_path: Path) -> None:
    """Over a real connection: the request that waits is dropped, counted as 499's class, and never computed."""
    trial = Trial()
    app, registry = trial_app(trial, tmp_path, max_queue=1)
    with served(app) as url, httpx.Client(base_url=url, timeout=PATIENCE_SECONDS) as client:
        first = threading.Thread(target=client.post, args=("/predict",), kwargs={"json": FEATURES})
        first.start()
        assert eventually(trial.running.is_set)
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as leaver:
            leaver.sendall(b"GET /recommendations HTTP/1.1\r\nHost: app\r\n\r\n")
            assert eventually(lambda: value(registry, "inference_queue_length") == 1)
        assert eventually(lambda: value(registry, "inference_queue_length") == 0)
        last = threading.Thread(target=client.post, args=("/predict",), kwargs={"json": FEATURES})
        last.start()
        assert eventually(lambda: value(registry, "inference_queue_length") == 1)
        assert httpx.post(f"{url}/predict", json=FEATURES).status_code == 503
        trial.open.set()
        for thread in (first, last):
            thread.join(PATIENCE_SECONDS)

    left = {"handler": "/recommendations", "method": "GET", "status": "4xx"}
    assert registry.get_sample_value("http_requests_total", left) == 1
    assert len(trial.batches) == 2
    assert value(registry, "inference_requests_total", outcome="ok") == 2


def test_training_that_fails_is_a_503(tmp_path: Path) -> None:
    """For requests and for the forced cold start; both work again once training does."""
    trial = Trial(untrainable=True)
    app, _registry = trial_app(trial, tmp_path)
    trial.open.set()
    requests = (("GET", "/recommendations"), ("POST", "/admin/reload"))

    failed = ask(app, *requests)
    trial.untrainable = False
    trial.infer = lambda batch: [[1] for _ in batch]  # type: ignore[method-assign, misc]

    assert [answer.json()["detail"] for answer in failed] == [
        "the model scorer could not be loaded",
        "a model could not be loaded: RuntimeError",
    ]
    assert [answer.status_code for answer in failed] == [503, 503]
    assert [answer.status_code for answer in ask(app, *reversed(requests))] == [200, 200]


def test_other_workers_reload_too(tmp_path: Path) -> None:
    """At their first request half a second after the order, once, and for as long."""
    trials = Trial(), Trial()
    queues = [queue_of(trial, CollectorRegistry()) for trial in trials]
    one, other = (Inference(queue, queue, tmp_path / "reload") for queue in queues)  # type: ignore[arg-type]
    for trial in trials:
        trial.open.set()

    async def work() -> None:
        await one.score(1)  # type: ignore[arg-type]
        await other.score(1)  # type: ignore[arg-type]
        await one.reload(7.5)
        for _ in range(2):
            await asyncio.sleep(0.55)
            await one.score(1)  # type: ignore[arg-type]
            await other.score(1)  # type: ignore[arg-type]

    asyncio.run(asyncio.wait_for(work(), PATIENCE_SECONDS))

    assert [trial.trainings for trial in trials] == [[0, 7.5], [0, 7.5]]
