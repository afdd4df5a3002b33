"""prometheus-flask-exporter as its README shows it, with routes for its path label, under gunicorn."""

import time

from flask import Flask, request
from prometheus_flask_exporter import PrometheusMetrics

from tests.contract.apps.wsgi import serve

app = Flask(__name__)
PrometheusMetrics(app, group_by="url_rule")


@app.get("/items/<item>")
def items(item: str) -> str:
    """200 after `ms` milliseconds."""
    time.sleep(float(request.args.get("ms", "0")) / 1000)
    return f"ok {item}"


@app.get("/gone/<item>")
def gone(item: str) -> tuple[str, int]:
    """404 by the app's own decision."""
    return f"no {item}", 404


@app.get("/broken/<item>")
def broken(item: str) -> tuple[str, int]:
    """500 by the app's own decision."""
    return f"broken {item}", 500


if __name__ == "__main__":
    serve(app)
