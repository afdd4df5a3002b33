"""The demo page and what its script asks, again and again: that is not measured, and no fault touches any of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from sample_app.api.burner import Burner
from sample_app.api.faults import Faults, FaultStore
from sample_app.api.inference.errors import Unavailable
from sample_app.scenarios import COLD_START_SECONDS

from .page import page
from .settings import DemoSettings
from .switches import API_FAULTS, GPU_FAULTS, RELOAD, api_faults_with, gpu_faults_with, switches

NOT_MEASURED = frozenset({"/demo/state", "/demo/scenarios"})
TIMEOUT_SECONDS = 2.0
MOST_ALERTS = 50


class Wanted(BaseModel):
    """What a switch shall be."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=60)
    on: bool


def demo_routes(
    settings: DemoSettings, store: FaultStore, burner: Burner, reload: Callable[[float], Awaitable[object]]
) -> APIRouter:
    """GET /demo is the page; GET /demo/state and PUT /demo/scenarios are its script's."""
    router = APIRouter()

    @router.get("/demo", response_class=HTMLResponse)
    async def demo() -> str:
        return page(settings)

    @router.get("/demo/state")
    async def state() -> dict[str, Any]:
        gpu = await _ask(f"{settings.gpu_url}/faults") if settings.gpu_url else None
        alerts = await _ask(settings.alerts_url) if settings.alerts_url else []
        found = switches(store.current().model_dump(), gpu)
        return {
            "scenarios": [each.as_json(settings.locale) for each in found],
            "alerts": [_alert(each) for each in (alerts or [])[:MOST_ALERTS]],
            "alerts_known": alerts is not None,
        }

    @router.put("/demo/scenarios", status_code=204)
    async def switch(wanted: Wanted) -> None:
        name = wanted.name
        if name in API_FAULTS:
            active = store.put(Faults(**api_faults_with(store.current().model_dump(), name, on=wanted.on)))
            if active.cpu_busy:
                burner.start()
        elif name in GPU_FAULTS and settings.gpu_url:
            await _put(f"{settings.gpu_url}/faults", gpu_faults_with(name, on=wanted.on))
        elif name == RELOAD:
            await _reload(reload)
        else:
            raise HTTPException(404, f"no switch for {name!r} here")

    return router


async def _reload(reload: Callable[[float], Awaitable[object]]) -> None:
    try:
        await reload(COLD_START_SECONDS)
    except (Unavailable, OSError) as error:
        raise HTTPException(503, str(error)) from error


async def _ask(url: str) -> Any:
    """The JSON at a URL of the stack; None while it does not answer."""
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
            answer = await client.get(url)
            return answer.json() if answer.is_success else None
    except (httpx.HTTPError, ValueError):
        return None


async def _put(url: str, body: dict[str, Any]) -> None:
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
            answer = await client.put(url, json=body)
    except httpx.HTTPError as error:
        raise HTTPException(503, f"the GPU simulator does not answer: {type(error).__name__}") from None
    if not answer.is_success:
        raise HTTPException(503, f"the GPU simulator answers {answer.status_code}")


def _alert(received: dict[str, Any]) -> dict[str, str]:
    labels, annotations = received.get("labels", {}), received.get("annotations", {})
    subject = next((labels[key] for key in ("service", "database", "gpu", "instance") if labels.get(key)), "")
    return {
        "name": str(labels.get("alertname", "")),
        "severity": str(labels.get("severity", "")),
        "status": str(received.get("status", "")),
        "subject": str(subject),
        "summary": str(annotations.get("summary", "")),
        "runbook": str(annotations.get("runbook_url", "")),
    }
