"""What the tests of the summary share: an app that has one, its fields, and requests of a known duration."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, HTTPException

from sample_app.telemetry import Metrics, SummarySettings, serve_summary
from tests.unit.sample_app.sample_helpers import ask, instrumented

SUMMARY, RESET = ("GET", "/api/metrics/summary"), ("POST", "/api/metrics/reset")


def make_app() -> FastAPI:
    app = FastAPI()

    @app.get("/items/{item_id}")
    async def item(item_id: int) -> dict[str, int]:
        if item_id > 100:
            raise HTTPException(404, f"no item {item_id}")
        return {"item_id": item_id}

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("postgresql://user:secret@database")

    return app


def summarized(settings: SummarySettings | None = None) -> tuple[FastAPI, Metrics]:
    """An app with a summary."""
    app = make_app()
    metrics = instrumented(app)
    serve_summary(app, metrics, settings)
    return app, metrics


def data(app: FastAPI) -> dict[str, Any]:
    """The fields of the summary; the answer has nothing but them."""
    answer = ask(app, SUMMARY)[0]
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    body: dict[str, Any] = answer.json()
    assert body.keys() == {"success", "data"}
    assert body["success"] is True
    fields: dict[str, Any] = body["data"]
    return fields


def take(metrics: Metrics, *durations: float, status: int = 200) -> None:
    """Counts requests that took so long."""
    for seconds in durations:
        metrics.begin()
        metrics.end("GET", "/measured", status, seconds)
