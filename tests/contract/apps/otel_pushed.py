"""OpenTelemetry's FastAPI instrumentation with the stable HTTP conventions, pushed to Prometheus by OTLP."""

import os
import sys

os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "http"

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

from tests.contract.apps.asgi import fastapi_app, serve

if __name__ == "__main__":
    exporter = OTLPMetricExporter(endpoint=f"{sys.argv[2]}/api/v1/otlp/v1/metrics")
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=1000)
    resource = Resource.create({"service.name": "otel-pushed", "service.instance.id": "one"})
    app = fastapi_app()
    FastAPIInstrumentor.instrument_app(app, meter_provider=MeterProvider([reader], resource=resource))
    serve(app)
