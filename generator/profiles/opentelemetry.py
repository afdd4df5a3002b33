"""OpenTelemetry's stable HTTP semantic conventions: `http.server.request.duration`, as Prometheus names it.

The same names come from a scraped Prometheus exporter and from OTLP ingested by Prometheus.
"""

from __future__ import annotations

from generator.profiles.base import Counter, Duration, Profile

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
NO_METRICS = (("http_route", "/metrics"),)
DURATION = Duration(
    "http_server_request_duration_seconds",
    BOUNDS,
    route="http_route",
    method="http_request_method",
    exclude=NO_METRICS,
)

OPENTELEMETRY = Profile(
    name="opentelemetry",
    title="OpenTelemetry HTTP semantic conventions",
    requests=(
        Counter(
            "http_server_request_duration_seconds_count",
            route="http_route",
            method="http_request_method",
            status="http_response_status_code",
            exclude=NO_METRICS,
        ),
    ),
    service_durations=(DURATION,),
    route_durations=(DURATION,),
    signature=("http_server_request_duration_seconds",),
)
