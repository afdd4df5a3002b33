"""prometheus-flask-exporter as its README shows it, grouped by route, under gunicorn."""

from __future__ import annotations

import time

from flask import Flask, redirect, request
from prometheus_flask_exporter import PrometheusMetrics
from werkzeug import Response

from tests.contract.apps.wsgi import serve


def items(item: str) -> str:
    """200 after `ms` milliseconds."""
    time.sleep(float(request.args.get("ms", "0")) / 1000)
    return f"ok {item}"


def moved(item: str) -> Response:
    """302 to another place."""
    return redirect(f"/items/{item}")


def gone(item: str) -> tuple[str, int]:
    """404 by the app's own decision."""
    return f"no {item}", 404


def broken(item: str) -> tuple[str, int]:
    """500 by the app's own decision."""
    return f"broken {item}", 500


def crash(item: str) -> str:
    """An exception that nothing handles."""
    raise RuntimeError(f"crash {item}")


def flask_app(group_by: str) -> Flask:
    """A Flask app with the routes, measured by the exporter."""
    app = Flask(__name__)
    PrometheusMetrics(app, group_by=group_by)
    for view in (items, moved, gone, broken, crash):
        app.add_url_rule(f"/{view.__name__}/<item>", view_func=view, methods=["GET", "POST"])
    return app


if __name__ == "__main__":
    serve(flask_app("url_rule"))
