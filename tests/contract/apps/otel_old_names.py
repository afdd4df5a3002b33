"""OpenTelemetry's FastAPI instrumentation as it comes: the conventions from before HTTP's were stable.

With those names the metrics page, a mounted app, has no target of its own, so it is left out where it is measured.
"""

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import make_asgi_app

from tests.contract.apps.asgi import fastapi_app, serve

if __name__ == "__main__":
    app = fastapi_app()
    FastAPIInstrumentor.instrument_app(
        app, meter_provider=MeterProvider([PrometheusMetricReader()]), excluded_urls="/metrics"
    )
    app.mount("/metrics", make_asgi_app())
    serve(app)
