"""The shop as a WSGI application."""

from __future__ import annotations

import os

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

from .settings import SERVICE, Settings, django_settings


def create_app(shop: Settings) -> WSGIHandler:
    """The shop of this process; there can be only one. It serves at once and finds its database by itself.

    Raises ValueError for a variable of OpenTelemetry that is wrong.
    """
    from sample_app.telemetry import Telemetry, TelemetrySettings  # noqa: PLC0415  (first imported in a worker)

    telemetry = Telemetry(TelemetrySettings.of({"OTEL_SERVICE_NAME": SERVICE, **os.environ}))
    settings.configure(TELEMETRY=telemetry, **django_settings(shop))
    django.setup()
    from .apps import shop as app  # noqa: PLC0415  (only a configured Django can import it)

    handler = WSGIHandler()
    app().start()
    return handler
