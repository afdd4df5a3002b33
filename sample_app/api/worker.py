"""What a worker process imports: it learns its settings from the environment that the command line prepared."""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import FastAPI

from sample_app.telemetry import Telemetry, TelemetrySettings

from .app import create_app
from .settings import Settings

SERVICE = "ml-api"
"""What its lines and spans call it, unless OTEL_SERVICE_NAME does."""

STATE_DIR = "SAMPLE_APP_STATE_DIR"


def app_from_environment() -> FastAPI:
    """The app of this worker. Raises KeyError without SAMPLE_APP_STATE_DIR, ValueError for a variable that is wrong."""
    telemetry = Telemetry(TelemetrySettings.of({"OTEL_SERVICE_NAME": SERVICE, **os.environ}))
    return create_app(Settings.of(Path(os.environ[STATE_DIR]), os.environ), telemetry)
