"""Metrics, traces and log lines of a service. Copy this folder into it: it needs `prometheus-client` and nothing else.

from fastapi import FastAPI
from telemetry import instrument, observe, serve_summary

app = FastAPI()
metrics = instrument(app)     # counts every request and answers GET /metrics
observe(app, metrics)         # optional: a span and a JSON line of every request
serve_summary(app, metrics)   # optional: answers GET /api/metrics/summary

Spans need `opentelemetry-sdk` and `opentelemetry-proto` besides; see telemetry.py.
"""

from .asgi import MetricsMiddleware, declare_routes, instrument
from .calls import Call, cache, carried, chat, database, inference, outgoing, start, tell_usage
from .current import note_user
from .exposition import Exposition, render
from .lines import JsonFormatter
from .metrics import DEFAULT_BUCKETS, Metrics, MetricsSettings
from .multiprocess import forget_dead_workers, mark_process_dead, multiprocess_active
from .settings import TelemetrySettings
from .summary import Summary, SummarySettings, serve_summary
from .telemetry import Telemetry, observe
from .traceparent import trace_id_of

__all__ = [
    "DEFAULT_BUCKETS",
    "Call",
    "Exposition",
    "JsonFormatter",
    "Metrics",
    "MetricsMiddleware",
    "MetricsSettings",
    "Summary",
    "SummarySettings",
    "Telemetry",
    "TelemetrySettings",
    "cache",
    "carried",
    "chat",
    "database",
    "declare_routes",
    "forget_dead_workers",
    "inference",
    "instrument",
    "mark_process_dead",
    "multiprocess_active",
    "note_user",
    "observe",
    "outgoing",
    "render",
    "serve_summary",
    "start",
    "tell_usage",
    "trace_id_of",
]
