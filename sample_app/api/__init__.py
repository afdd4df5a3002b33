"""A small API to watch: real answers, real metrics, and faults that a person can switch on at /faults."""

from .app import create_app
from .settings import Settings

__all__ = ["Settings", "create_app"]
