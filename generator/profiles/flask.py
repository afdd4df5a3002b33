"""prometheus-flask-exporter 0.23: exact status; the request counter has no path, the histogram's count has.

By default `path` holds raw paths, a series for each of them; `group_by="url_rule"` gives route templates instead.
"""

from __future__ import annotations

from generator.profiles.base import Counter, Duration, Profile

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
NO_METRICS = (("path", "/metrics"),)
DURATION = Duration("flask_http_request_duration_seconds", BOUNDS, route="path", method="method", exclude=NO_METRICS)

FLASK = Profile(
    name="flask",
    title="prometheus-flask-exporter",
    requests=(
        Counter(
            "flask_http_request_duration_seconds_count",
            route="path",
            method="method",
            status="status",
            exclude=NO_METRICS,
        ),
    ),
    service_durations=(DURATION,),
    route_durations=(DURATION,),
    aliases=(("url_rule", "path"), ("endpoint", "path")),
    signature=("flask_http_request_duration_seconds", "flask_http_request_total"),
)
