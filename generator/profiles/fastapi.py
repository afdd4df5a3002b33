"""prometheus-fastapi-instrumentator 8: status grouped as `2xx`, route templates in `handler`, `none` if unmatched.

Its `highr` histogram has fine bounds and no labels; `http_request_duration_seconds` has routes and, by default, three
bounds. The telemetry core of the sample app uses the same names with fine bounds on the labelled histogram.
"""

from __future__ import annotations

from generator.profiles.base import Counter, Duration, Profile

HIGHR_BOUNDS = (0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 7.5, 10, 30, 60)
LOWR_BOUNDS = (0.1, 0.5, 1)
NO_METRICS = (("handler", "/metrics"),)
LABELLED = Duration("http_request_duration_seconds", LOWR_BOUNDS, route="handler", method="method", exclude=NO_METRICS)

FASTAPI = Profile(
    name="fastapi",
    title="prometheus-fastapi-instrumentator",
    requests=(Counter("http_requests_total", route="handler", method="method", status="status", exclude=NO_METRICS),),
    service_durations=(Duration("http_request_duration_highr_seconds", HIGHR_BOUNDS), LABELLED),
    route_durations=(LABELLED,),
    signature=("http_request_duration_highr_seconds", "http_requests_inprogress"),
)
