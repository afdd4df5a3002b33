"""django-prometheus as its README shows it, under gunicorn."""

import time
from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import include, path

from tests.contract.apps.wsgi import serve


def items(request: HttpRequest, item: str) -> HttpResponse:
    """200 after `ms` milliseconds."""
    time.sleep(float(request.GET.get("ms", "0")) / 1000)
    return HttpResponse(f"ok {item}")


def moved(_request: HttpRequest, item: str) -> HttpResponse:
    """302 to another place."""
    return HttpResponseRedirect(f"/items/{item}")


def gone(_request: HttpRequest, item: str) -> HttpResponse:
    """404 by the app's own decision."""
    return HttpResponse(f"no {item}", status=404)


def broken(_request: HttpRequest, item: str) -> HttpResponse:
    """500 by the app's own decision."""
    return HttpResponse(f"broken {item}", status=500)


def crash(_request: HttpRequest, item: str) -> HttpResponse:
    """An exception that nothing handles."""
    raise RuntimeError(f"crash {item}")


VIEWS = (items, moved, gone, broken, crash)
urlpatterns: list[Any] = [
    *(path(f"{view.__name__}/<item>", view, name=view.__name__) for view in VIEWS),
    path("", include("django_prometheus.urls")),
]


def application() -> WSGIHandler:
    """The app with its settings."""
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        INSTALLED_APPS=["django_prometheus"],
        MIDDLEWARE=[
            "django_prometheus.middleware.PrometheusBeforeMiddleware",
            "django_prometheus.middleware.PrometheusAfterMiddleware",
        ],
        ROOT_URLCONF="tests.contract.apps.django_prometheus_app",
        SECRET_KEY="only for this test",  # noqa: S106
        DATABASES={},
        LOGGING_CONFIG=None,
    )
    django.setup()
    return WSGIHandler()


if __name__ == "__main__":
    serve(application())
