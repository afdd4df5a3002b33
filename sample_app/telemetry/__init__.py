"""Request metrics for any ASGI app. Copy this folder into a service: it needs `prometheus-client` and nothing else.

from fastapi import FastAPI
from telemetry import instrument, serve_summary

app = FastAPI()
metrics = instrument(app)     # counts every request and answers GET /metrics
serve_summary(app, metrics)   # optional: answers GET /api/metrics/summary
"""

from .asgi import MetricsMiddleware, declare_routes, instrument
from .exposition import Exposition, render
from .metrics import DEFAULT_BUCKETS, Metrics, MetricsSettings
from .multiprocess import forget_dead_workers, mark_process_dead, multiprocess_active
from .summary import Summary, SummarySettings, serve_summary
from .traceparent import trace_id_of

__all__ = [
    "DEFAULT_BUCKETS",
    "Exposition",
    "Metrics",
    "MetricsMiddleware",
    "MetricsSettings",
    "Summary",
    "SummarySettings",
    "declare_routes",
    "forget_dead_workers",
    "instrument",
    "mark_process_dead",
    "multiprocess_active",
    "render",
    "serve_summary",
    "trace_id_of",
]
