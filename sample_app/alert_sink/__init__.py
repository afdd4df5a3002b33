"""Receives Alertmanager's notifications and shows them: the far end of the alert path, for people and for tests."""

from .app import create_app
from .settings import Settings

__all__ = ["Settings", "create_app"]
