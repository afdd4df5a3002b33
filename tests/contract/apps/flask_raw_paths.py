"""prometheus-flask-exporter with its default grouping, by raw path, under gunicorn."""

from tests.contract.apps.flask_exported import flask_app
from tests.contract.apps.wsgi import serve

if __name__ == "__main__":
    serve(flask_app("path"))
