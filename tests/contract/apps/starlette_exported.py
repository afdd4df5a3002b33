"""starlette_exporter as its README shows it."""

from starlette.applications import Starlette
from starlette.routing import Route
from starlette_exporter import PrometheusMiddleware, handle_metrics

from tests.contract.apps.asgi import METHODS, ROUTES, serve

if __name__ == "__main__":
    app = Starlette(routes=[Route(path, endpoint, methods=METHODS) for path, endpoint in ROUTES])
    app.add_middleware(PrometheusMiddleware)
    app.add_route("/metrics", handle_metrics)
    serve(app)
