"""Request metrics for any ASGI app. Copy this folder into a service: it needs `prometheus-client` and nothing else.

from fastapi import FastAPI
from telemetry import instrument

app = FastAPI()
instrument(app)          # counts every request and answers GET /metrics
"""

from .asgi import MetricsMiddleware, declare_routes, instrument
from .exposition import Exposition, render
from .metrics import DEFAULT_BUCKETS, Metrics, MetricsSettings
from .multiprocess import forget_dead_workers, mark_process_dead, multiprocess_active
from .traceparent import trace_id_of

__all__ = [
    "DEFAULT_BUCKETS",
    "Exposition",
    "Metrics",
    "MetricsMiddleware",
    "MetricsSettings",
    "declare_routes",
    "forget_dead_workers",
    "instrument",
    "mark_process_dead",
    "multiprocess_active",
    "render",
    "trace_id_of",
]
