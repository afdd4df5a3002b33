"""The shop as a WSGI application."""

from __future__ import annotations

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

from .settings import Settings, django_settings


def create_app(shop: Settings) -> WSGIHandler:
    """The shop of this process; there can be only one. It serves at once and finds its database by itself."""
    settings.configure(**django_settings(shop))
    django.setup()
    from .apps import shop as app  # noqa: PLC0415  (only a configured Django can import it)

    handler = WSGIHandler()
    app().start()
    return handler
