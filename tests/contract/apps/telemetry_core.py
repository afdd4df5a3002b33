"""The telemetry core of the sample app."""

from sample_app.telemetry import instrument
from tests.contract.apps.asgi import fastapi_app, serve

if __name__ == "__main__":
    app = fastapi_app()
    instrument(app)
    serve(app)
