"""Inference over several worker processes: one set of totals, one key for feedback."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.unit.sample_app.test_workers import Server

REQUESTS = 60


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Two workers that run and are stopped."""
    server = Server(tmp_path)
    try:
        server.wait(2)
        yield server
    finally:
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(30)
        assert server.process.stdout is not None
        server.process.stdout.close()


async def traffic(url: str) -> list[int]:
    """Predictions, recommendations and a click on each, every request on a connection of its own."""
    limits = httpx.Limits(max_keepalive_connections=0, max_connections=8)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=30) as client:

        async def one(number: int) -> list[int]:
            score = await client.post("/predict", json={"features": [number, 0, 0, 1]})
            items = await client.get(f"/recommendations?user={number}")
            report = {"recommendation_id": items.json()["recommendation_id"], "event": "click"}
            click = await client.post("/feedback", json=report)
            return [answer.status_code for answer in (score, items, click)]

        answered = await asyncio.gather(*(one(number) for number in range(REQUESTS)))
    return [status for statuses in answered for status in statuses]


def test_totals_are_those_of_both_workers_and_outlive_one(server: Server) -> None:
    """Sums are exact, a worker knows the other's ids, and a killed worker loses no count."""
    assert sorted(set(asyncio.run(traffic(server.url)))) == [200, 204]
    assert len(server.workers()) == 2
    killed = min(server.workers())
    os.kill(killed, signal.SIGKILL)
    server.wait(1)

    for model in ("scorer", "recommender"):
        assert server.total("inference_requests_total", model=model, outcome="ok") == REQUESTS
        assert server.total("inference_requests_total", model=model) == REQUESTS
        assert server.total("inference_duration_seconds_count", model=model) == REQUESTS
        assert server.total("inference_queue_wait_seconds_count", model=model) == REQUESTS
        assert server.total("inference_batch_size_sum", model=model) == REQUESTS
        assert server.total("inference_queue_length", model=model) == 0
        assert 0 < server.total("inference_cold_start_seconds", model=model) < 30
        assert 0.85 < server.total("model_accuracy_ratio", model=model) < 1
    assert server.total("recommendations_served_total") == REQUESTS
    assert server.total("recommendation_clicks_total") == REQUESTS
    assert server.total("recommendation_successes_total") == 0
