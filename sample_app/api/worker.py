"""What a worker process imports: it learns its settings from the environment that the command line prepared."""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import FastAPI

from .app import create_app
from .settings import Settings

STATE_DIR = "SAMPLE_APP_STATE_DIR"


def app_from_environment() -> FastAPI:
    """The app of this worker. Raises KeyError without SAMPLE_APP_STATE_DIR."""
    return create_app(Settings.of(Path(os.environ[STATE_DIR]), os.environ))
