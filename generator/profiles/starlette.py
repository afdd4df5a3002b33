"""starlette_exporter 0.24: exact status in `status_code`, route templates in `path`."""

from __future__ import annotations

from generator.profiles.base import Counter, Duration, Profile

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
NO_METRICS = (("path", "/metrics"),)
DURATION = Duration("starlette_request_duration_seconds", BOUNDS, route="path", method="method", exclude=NO_METRICS)

STARLETTE = Profile(
    name="starlette",
    title="starlette_exporter",
    requests=(
        Counter("starlette_requests_total", route="path", method="method", status="status_code", exclude=NO_METRICS),
    ),
    service_durations=(DURATION,),
    route_durations=(DURATION,),
    signature=("starlette_requests_total", "starlette_requests_in_progress"),
)
