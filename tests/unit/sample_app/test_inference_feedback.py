"""Feedback counts what was really served, once, for a day."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from sample_app.api import Settings, create_app, feedback
from sample_app.api.feedback import Expired, Feedback, NotOurs, RecommendationIds
from sample_app.api.inference import InferenceMetrics
from tests.unit.sample_app.sample_helpers import run, scraped, series


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    """An API with a state folder of its own."""
    return create_app(Settings(state_dir=tmp_path))


def reported(app: FastAPI, *events: str) -> list[int]:
    """Statuses of the reports on one recommendation."""

    async def work(client: httpx.AsyncClient) -> list[int]:
        made = (await client.get("/recommendations")).json()["recommendation_id"]
        bodies = ({"recommendation_id": made, "event": event} for event in events)
        return [(await client.post("/feedback", json=body)).status_code for body in bodies]

    return run(work, app)


def counted(app: FastAPI) -> tuple[float, float, float]:
    """Served, clicks, successes."""
    found = series(scraped(app))
    served, clicks, successes = (
        found[f"recommendation{name}_total", ()] for name in ("s_served", "_clicks", "_successes")
    )
    return served, clicks, successes


def test_counters_are_there_from_the_start(app: FastAPI) -> None:
    """At 0, so that the first one counts."""
    assert counted(app) == (0, 0, 0)


def test_each_event_counts_once_for_each_recommendation(app: FastAPI) -> None:
    """A click and a success are two things; saying either twice changes nothing."""
    assert reported(app, "click", "click", "success", "success", "click") == [204] * 5
    assert counted(app) == (1, 1, 1)
    assert reported(app, "click") == [204]
    assert counted(app) == (2, 2, 1)


@pytest.mark.parametrize(
    "body",
    [
        {"recommendation_id": "", "event": "click"},
        {"recommendation_id": "x" * 43, "event": "click"},
        {"recommendation_id": "x" * 10_000, "event": "click"},
        {"recommendation_id": "é" * 43, "event": "click"},
        {"recommendation_id": 7, "event": "click"},
        {"event": "click"},
        {"recommendation_id": "x" * 43},
    ],
)
def test_what_the_service_did_not_make_is_refused(app: FastAPI, body: dict[str, object]) -> None:
    """422, and nothing counts."""

    async def work(client: httpx.AsyncClient) -> httpx.Response:
        return await client.post("/feedback", json=body)

    answer = run(work, app)

    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert counted(app) == (0, 0, 0)


def test_an_unknown_event_is_refused(app: FastAPI) -> None:
    """422."""
    assert reported(app, "purchase") == [422]


def test_an_old_recommendation_is_gone(tmp_path: Path) -> None:
    """410 after a day, through the whole API."""
    now = [1_000_000.0]
    ids = RecommendationIds(tmp_path / "key", lambda: now[0])
    made = ids.make()
    now[0] += 24 * 3600
    assert ids.check(made)
    now[0] += 1
    with pytest.raises(Expired):
        ids.check(made)

    old = RecommendationIds(Settings(state_dir=tmp_path).feedback_key_file, lambda: 1_000_000.0).make()

    async def work(client: httpx.AsyncClient) -> httpx.Response:
        return await client.post("/feedback", json={"recommendation_id": old, "event": "click"})

    answer = run(work, create_app(Settings(state_dir=tmp_path)))

    assert (answer.status_code, answer.json()) == (410, {"detail": "this recommendation is older than 24 hours"})


def test_any_changed_bit_is_noticed(tmp_path: Path) -> None:
    """In the time, the number or the signature."""
    ids = RecommendationIds(tmp_path / "key")
    signed = base64.urlsafe_b64decode(ids.make() + "=")

    for place in range(len(signed) * 8):
        changed = bytearray(signed)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(NotOurs):
            ids.check(base64.urlsafe_b64encode(bytes(changed)).rstrip(b"=").decode())


def test_the_key_is_secret_and_shared(tmp_path: Path) -> None:
    """Only the owner can read it; another worker, or a later run, knows the same ids; another service does not."""
    key = tmp_path / "key"
    made = RecommendationIds(key).make()
    (tmp_path / "elsewhere").mkdir()

    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert RecommendationIds(key).check(made)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    with pytest.raises(NotOurs):
        RecommendationIds(tmp_path / "elsewhere" / "key").check(made)


def test_a_broken_key_file_is_made_anew(tmp_path: Path) -> None:
    """A short key is no key."""
    key = tmp_path / "key"
    key.write_bytes(b"short")
    ids = RecommendationIds(key)

    assert ids.check(ids.make())
    assert len(key.read_bytes()) == 32


def test_the_memory_of_reports_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest report is forgotten first."""
    monkeypatch.setattr(feedback, "REMEMBERED", 3)
    metrics = InferenceMetrics(CollectorRegistry())
    ids = RecommendationIds(tmp_path / "key")
    reports = Feedback(ids, metrics)
    made = [ids.make() for _ in range(4)]
    counts = []
    for one in (*made, made[3], made[0]):
        reports.report(one, "click")
        counts.append(metrics.clicks._value.get())

    assert counts == [1, 2, 3, 4, 4, 5]
