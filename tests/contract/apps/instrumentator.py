"""prometheus-fastapi-instrumentator as its README shows it."""

from prometheus_fastapi_instrumentator import Instrumentator

from tests.contract.apps.asgi import fastapi_app, serve

if __name__ == "__main__":
    app = fastapi_app()
    Instrumentator().instrument(app).expose(app)
    serve(app)
