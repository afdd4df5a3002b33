"""Each library's app, and the raw questions that its own documentation would have one ask.

The queries are written by hand from the libraries' names, and know nothing of the profiles that they judge.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Library:
    """`count` and `histogram` are raw names; `errors` is the matcher of 5xx; `route` as the library writes it.

    `labels` leave the metrics page out of the counts, `timed` of the durations where the library times it at all."""

    app: str
    kind: str
    count: str
    errors: str
    histogram: str
    route: str
    labels: str
    timed: str = ""
    pushed: bool = False

    @property
    def name(self) -> str:
        """The service."""
        return self.app.replace("_", "-")

    def requests(self, *matchers: str) -> str:
        """Requests per second, by the library's own counter."""
        return f"sum(rate({self.count}{{{','.join((self._mine, self.labels, *matchers))}}}[5m]))"

    def errors_ratio(self) -> str:
        """5xx / all."""
        return f"{self.requests(self.errors)} / {self.requests()}"

    def p95(self) -> str:
        """The 95th percentile in seconds."""
        return f"histogram_quantile(0.95, sum by (le) (rate({self.histogram}_bucket{{{self._timed}}}[5m])))"

    def mean(self) -> str:
        """The mean in seconds."""
        total, count = (f"sum(rate({self.histogram}_{part}{{{self._timed}}}[5m]))" for part in ("sum", "count"))
        return f"{total} / {count}"

    @property
    def _timed(self) -> str:
        return ",".join(part for part in (self._mine, self.timed) if part)

    @property
    def _mine(self) -> str:
        return f'job="{self.name}"'


OTEL = "http_server_request_duration_seconds"
LIBRARIES = (
    Library(
        app="instrumentator",
        kind="fastapi",
        count="http_requests_total",
        labels='handler!="/metrics"',
        errors='status="5xx"',
        histogram="http_request_duration_highr_seconds",
        route="/items/{item}",
    ),
    Library(
        app="telemetry_core",
        kind="fastapi",
        count="http_requests_total",
        labels='handler!="/metrics"',
        errors='status="5xx"',
        histogram="http_request_duration_seconds",
        route="/items/{item}",
    ),
    Library(
        app="starlette_exported",
        kind="starlette",
        count="starlette_requests_total",
        labels='path!="/metrics"',
        errors='status_code=~"5.."',
        histogram="starlette_request_duration_seconds",
        timed='path!="/metrics"',
        route="/items/{item}",
    ),
    Library(
        app="django_prometheus_app",
        kind="django",
        count="django_http_responses_total_by_status_view_method_total",
        labels='view!="prometheus-django-metrics"',
        errors='status=~"5.."',
        histogram="django_http_requests_latency_including_middlewares_seconds",
        route="items",
    ),
    Library(
        app="flask_exported",
        kind="flask",
        count="flask_http_request_duration_seconds_count",
        labels='url_rule!="/metrics"',
        errors='status=~"5.."',
        histogram="flask_http_request_duration_seconds",
        route="/items/<item>",
    ),
    Library(
        app="otel_scraped",
        kind="opentelemetry",
        count=f"{OTEL}_count",
        labels='http_route!="/metrics"',
        errors='http_response_status_code=~"5.."',
        histogram=OTEL,
        route="/items/{item}",
    ),
    Library(
        app="otel_pushed",
        kind="opentelemetry",
        count=f"{OTEL}_count",
        labels='http_route!="/metrics"',
        errors='http_response_status_code=~"5.."',
        histogram=OTEL,
        route="/items/{item}",
        pushed=True,
    ),
)
