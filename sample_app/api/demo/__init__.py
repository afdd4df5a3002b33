"""The demo page: switches for what can go wrong, links to the stack's pages, and the alerts that arrived."""

from .routes import NOT_MEASURED, demo_routes
from .settings import DemoSettings

__all__ = ["NOT_MEASURED", "DemoSettings", "demo_routes"]
