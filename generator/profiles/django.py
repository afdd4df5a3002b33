"""django-prometheus 2.5: exact status, view names as routes, names that end in `_total` twice.

A view that raises is observed twice by the histogram with views, so the service's own latency comes from the one that
includes the middlewares.
"""

from __future__ import annotations

from generator.profiles.base import Counter, Duration, Profile

BOUNDS = (0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 25, 50, 75)
NO_METRICS = (("view", "prometheus-django-metrics"),)

DJANGO = Profile(
    name="django",
    title="django-prometheus",
    requests=(
        Counter(
            "django_http_responses_total_by_status_view_method_total",
            route="view",
            method="method",
            status="status",
            exclude=NO_METRICS,
        ),
    ),
    service_durations=(Duration("django_http_requests_latency_including_middlewares_seconds", BOUNDS),),
    route_durations=(
        Duration(
            "django_http_requests_latency_seconds_by_view_method",
            BOUNDS,
            route="view",
            method="method",
            exclude=NO_METRICS,
        ),
    ),
    signature=(
        "django_http_responses_total_by_status_view_method_total",
        "django_http_requests_before_middlewares_total",
    ),
)
