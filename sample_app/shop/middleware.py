"""What stands around the views: pages for operators, and request metrics whose labels no client can make up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.gzip import gzip_page
from django_prometheus.middleware import Metrics, PrometheusAfterMiddleware
from prometheus_client import REGISTRY, Histogram

from .apps import shop
from .metrics import page
from .urls import METHODS
from .views import healthz

STATUSES = ("400", "404", "500", "503")


class OperatorPages:
    """GET /metrics and GET /healthz: neither is measured, and both are served under any host name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._pages = {"/metrics": gzip_page(_metrics), "/healthz": healthz}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """One request."""
        return self._pages.get(request.path_info, self._get_response)(request)


class RequestMetrics(PrometheusAfterMiddleware):  # type: ignore[misc]
    """django-prometheus' own, but methods that HTTP does not know count as one in all of its metrics.

    The series of every endpoint are there from the start, so that its first error is an increase.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        super().__init__(get_response)
        for view, methods in METHODS.items():
            for method in methods:
                _declare(self.metrics, view, method, ("200" if method == "GET" else "201", *STATUSES))
        _declare(self.metrics, "<unnamed view>", "GET", ("404",))

    def label_metric(
        self, metric: Any, request: HttpRequest, response: HttpResponse | None = None, **labels: str
    ) -> Any:
        """The metric with its labels; of a duration also with the trace that the request belongs to."""
        if "method" in labels:
            labels["method"] = self._method(request)
        labelled = super().label_metric(metric, request, response, **labels)
        seen = getattr(request, "telemetry", None)
        if isinstance(labelled, Histogram) and "view" in labels and seen is not None and seen.span is not None:
            return _WithTrace(labelled, seen.trace_id)
        return labelled


@dataclass(frozen=True, slots=True)
class _WithTrace:
    """A histogram whose observations name their trace."""

    histogram: Histogram
    trace_id: str

    def observe(self, amount: float) -> None:
        """See Histogram."""
        self.histogram.observe(amount, {"trace_id": self.trace_id})


def _declare(metrics: Metrics, view: str, method: str, statuses: tuple[str, ...]) -> None:
    metrics.requests_latency_by_view_method.labels(view, method)
    for status in statuses:
        metrics.responses_by_status_view_method.labels(status, view, method)


def _metrics(request: HttpRequest) -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        return HttpResponse("use GET\n", status=405, headers={"Allow": "GET, HEAD"}, content_type="text/plain")
    body, content_type = page(REGISTRY, shop().active_users, request.headers.get("accept", ""))
    return HttpResponse(body, content_type=content_type, headers={"Vary": "Accept"})
