"""django-prometheus 2.5: exact status, view names as routes, names that end in `_total` twice.

Durations are the views' own, between the two middlewares: the histogram that includes all middlewares has no labels, so
scrapes of the metrics page could not be left out of it. A view that raises is observed twice. Requests that no view
took are counted as `<unnamed view>`.
"""

from __future__ import annotations

from generator.profiles.base import Counter, Duration, Profile

BOUNDS = (0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 25, 50, 75)
NO_METRICS = (("view", "prometheus-django-metrics"),)

BY_VIEW = Duration(
    "django_http_requests_latency_seconds_by_view_method", BOUNDS, route="view", method="method", exclude=NO_METRICS
)

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
    service_durations=(BY_VIEW,),
    route_durations=(BY_VIEW,),
    signature=(
        "django_http_responses_total_by_status_view_method_total",
        "django_http_requests_before_middlewares_total",
    ),
)
