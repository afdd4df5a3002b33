"""The endpoints that people use, and those that only an operator uses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from . import model
from .burner import Burner
from .faults import ActiveFaults, ErrorShare, Faults, FaultStore


class Features(BaseModel):
    """The input of one prediction."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    features: list[Annotated[float, Field(ge=-1e6, le=1e6)]] = Field(min_length=4, max_length=4)


def user_routes(store: FaultStore) -> APIRouter:
    """What answers requests; the faults apply here, after routing, so that an error counts for its route."""
    router = APIRouter(dependencies=[Depends(_faults(store))])

    @router.get("/")
    async def root() -> dict[str, str]:
        return {"service": "sample-app", "status": "ok"}

    @router.post("/predict")
    async def predict(body: Features) -> dict[str, float]:
        return {"score": model.predict(body.features)}

    @router.get("/items/{item_id}")
    async def item(item_id: Annotated[int, Path(ge=0, le=10**9)]) -> dict[str, int]:
        if item_id not in model.items():
            raise HTTPException(404, f"no item {item_id}; there are 1 to {model.CATALOGUE_SIZE}")
        return {"item_id": item_id, "price_cents": model.price_cents(item_id)}

    @router.get("/recommendations")
    async def recommendations(
        user: Annotated[int, Query(ge=0, le=10**9)] = 1, limit: Annotated[int, Query(ge=1, le=50)] = 5
    ) -> dict[str, Any]:
        return {"user": user, "items": model.recommend(user, limit)}

    return router


def operator_routes(store: FaultStore, burner: Burner) -> APIRouter:
    """Health and faults: not measured, and no fault touches them."""
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/faults")
    def read_faults() -> ActiveFaults:
        return store.current()

    @router.put("/faults")
    def put_faults(faults: Faults) -> ActiveFaults:
        active = store.put(faults)
        if active.cpu_busy:
            burner.start()
        return active

    return router


def _faults(store: FaultStore) -> Callable[[], Any]:
    share = ErrorShare()

    async def apply() -> None:
        active = store.current()
        if active.latency_seconds:
            await asyncio.sleep(active.latency_seconds)
        if share.fails(active.error_ratio):
            raise HTTPException(500, f"a fault is switched on: error_ratio is {active.error_ratio:g}")

    return apply
