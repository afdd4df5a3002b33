"""OpenTelemetry's FastAPI instrumentation with the stable HTTP conventions, scraped through its Prometheus exporter."""

import os

os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "http"

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import make_asgi_app

from tests.contract.apps.asgi import fastapi_app, serve

if __name__ == "__main__":
    app = fastapi_app()
    FastAPIInstrumentor.instrument_app(app, meter_provider=MeterProvider([PrometheusMetricReader()]))
    app.mount("/metrics", make_asgi_app())
    serve(app)
