"""Puts the API together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from sample_app.telemetry import MetricsSettings, SummarySettings, Telemetry, instrument, observe, serve_summary

from .api_keys import ApiKeyMetrics, ApiKeyMiddleware, ApiKeys
from .burner import Burner
from .demo import NOT_MEASURED as DEMO_NOT_MEASURED
from .demo import demo_routes
from .faults import FaultStore
from .feedback import Feedback, RecommendationIds
from .inference import Inference, InferenceMetrics
from .inference.routes import inference_routes, reload_routes
from .llm import Gateway, LlmMetrics, LlmSettings, llm_routes
from .routes import faults_of, operator_routes, user_routes
from .rum import RumMetrics, rum_routes
from .settings import Settings

NOT_MEASURED = frozenset({"/healthz", "/faults", "/admin/reload"}) | DEMO_NOT_MEASURED


def create_app(settings: Settings, telemetry: Telemetry | None = None) -> FastAPI:
    """An API of its own: its registry, faults and burner are shared with nobody but its other workers.

    Without `telemetry` it makes neither spans nor lines.
    """
    registry = process_registry()
    store = FaultStore(settings.faults_file)
    burner = Burner(settings.faults_file)
    measured = InferenceMetrics(registry)
    inference = Inference.real(measured, settings.reload_file, settings.work, settings.max_queue)
    feedback = Feedback(RecommendationIds(settings.feedback_key_file), measured)
    gateway = Gateway.of(settings.llm or LlmSettings(settings.state_dir), LlmMetrics(registry))
    keys = ApiKeys(settings.api_keys_file, ApiKeyMetrics(registry))
    faulty = [Depends(faults_of(store))]

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        inference.start(preload=settings.preload)
        try:
            yield
        finally:
            await inference.stop()
            await gateway.close()
            burner.stop()

    app = FastAPI(title="Sample app", lifespan=lifespan, docs_url=None, redoc_url=None)
    for router in (user_routes(), inference_routes(inference, feedback), llm_routes(gateway)):
        app.include_router(router, dependencies=faulty)
    app.include_router(rum_routes(RumMetrics(registry)))
    app.include_router(operator_routes(store, burner))
    app.include_router(reload_routes(inference))
    app.include_router(demo_routes(settings.demo, store, burner, inference.reload))
    app.add_exception_handler(RequestValidationError, _refused)
    app.add_middleware(ApiKeyMiddleware, keys=keys, exclude=NOT_MEASURED)
    metrics = instrument(app, MetricsSettings(exclude=NOT_MEASURED), registry)
    if telemetry is not None:
        observe(app, metrics, telemetry)
    serve_summary(
        app, metrics, SummarySettings(reset_enabled=settings.reset_enabled, api_keys="api_key_requests_total")
    )
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
