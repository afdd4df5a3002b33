"""The endpoints that people use, and those that only an operator uses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path

from .burner import Burner
from .faults import ActiveFaults, ErrorShare, Faults, FaultStore
from .inference import catalogue


def user_routes() -> APIRouter:
    """What answers anyone."""
    router = APIRouter()

    @router.get("/")
    async def root() -> dict[str, str]:
        return {"service": "sample-app", "status": "ok"}

    @router.get("/items/{item_id}")
    async def item(item_id: Annotated[int, Path(ge=0, le=10**9)]) -> dict[str, int]:
        if item_id not in catalogue.items():
            raise HTTPException(404, f"no item {item_id}; there are 1 to {catalogue.CATALOGUE_SIZE}")
        return {"item_id": item_id, "price_cents": catalogue.price_cents(item_id)}

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


def faults_of(store: FaultStore) -> Callable[[], Any]:
    """A dependency of the routers whose requests the faults shall touch; one for all, so that the share is exact.

    It runs after routing, so that an error counts for its route.
    """
    share = ErrorShare()

    async def apply() -> None:
        active = store.current()
        if active.latency_seconds:
            await asyncio.sleep(active.latency_seconds)
        if share.fails(active.error_ratio):
            raise HTTPException(500, f"a fault is switched on: error_ratio is {active.error_ratio:g}")

    return apply
