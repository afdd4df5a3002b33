"""Puts the API together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from sample_app.telemetry import MetricsSettings, instrument

from .burner import Burner
from .faults import FaultStore
from .routes import operator_routes, user_routes
from .settings import Settings

NOT_MEASURED = frozenset({"/healthz", "/faults"})


def create_app(settings: Settings) -> FastAPI:
    """An API of its own: its registry, faults and burner are shared with nobody but its other workers."""
    store = FaultStore(settings.faults_file)
    burner = Burner(settings.faults_file)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            burner.stop()

    app = FastAPI(title="Sample app", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.include_router(user_routes(store))
    app.include_router(operator_routes(store, burner))
    app.add_exception_handler(RequestValidationError, _refused)
    instrument(app, MetricsSettings(exclude=NOT_MEASURED), process_registry())
    return app


def process_registry() -> CollectorRegistry:
    """A registry with the process's own CPU time, memory and garbage collection."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    """422 without the refused value: FastAPI's own answer breaks on NaN and repeats whatever was sent."""
    details = error.errors() if isinstance(error, RequestValidationError) else []
    return JSONResponse({"detail": [{key: detail[key] for key in ("loc", "msg", "type")} for detail in details]}, 422)
