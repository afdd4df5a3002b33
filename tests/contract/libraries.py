"""Each library's app, and the raw questions that its own documentation would have one ask.

The queries are written by hand from the libraries' names, and know nothing of the profiles that they judge.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tests.contract.load import CRASH, KINDS, NOWHERE, Kind


@dataclass(frozen=True, slots=True)
class Library:
    """`count` and `histogram` are raw names; `errors` is the matcher of 5xx; `route` as the library writes `items`.

    `labels` leave the metrics page out of the counts, `timed` of the durations where the library times it at all;
    `scrapes` matches the page where the durations cannot be told apart. `unmatched` is the route of a request that no
    route took, None where the library does not count it. `unit` is in seconds. `raises_twice`: an exception is
    observed, and then its answer as well."""

    app: str
    kind: str
    count: str
    errors: str
    histogram: str
    route: str
    unmatched: str | None
    labels: str = ""
    timed: str = ""
    scrapes: str = ""
    unit: float = 1.0
    pushed: bool = False
    raises_twice: bool = False

    @property
    def name(self) -> str:
        """The service."""
        return self.app.replace("_", "-")

    def counts(self, kind: Kind) -> bool:
        """Whether such requests are counted at all."""
        return kind.route != NOWHERE or self.unmatched is not None

    def sent(self) -> Counter[tuple[str, str, str]]:
        """The load as the vocabulary should have it: (route, method, code) -> requests."""
        found: Counter[tuple[str, str, str]] = Counter()
        for kind in filter(self.counts, KINDS):
            found[self.route_of(kind), kind.method, kind.code] += kind.count
        return found

    def route_of(self, kind: Kind) -> str:
        """The library's label for the route of such requests."""
        return str(self.unmatched) if kind.route == NOWHERE else self.route.replace("items", kind.route)

    def shortest_mean(self, scrapes: float) -> float:
        """The mean in seconds if nothing took longer than it was told to."""
        seconds = sum(kind.count * kind.milliseconds for kind in KINDS) / 1000
        observed = sum(self.sent().values()) + (scrapes if self.scrapes else 0)
        return seconds / (observed + sum(kind.count for kind in KINDS if self.raises_twice and kind.route == CRASH))

    def total(self) -> str:
        """All requests since the start, by the library's own counter."""
        return f"sum({self.count}{{{self._matchers(self.labels)}}})"

    def requests(self, *matchers: str) -> str:
        """Requests per second, by the library's own counter."""
        return f"sum(rate({self.count}{{{self._matchers(self.labels, *matchers)}}}[5m]))"

    def scraped(self) -> str:
        """Requests of the metrics page per second that are in the durations."""
        return f"sum(rate({self.count}{{{self._matchers(self.scrapes)}}}[5m]))"

    def errors_ratio(self) -> str:
        """5xx / all."""
        return f"{self.requests(self.errors)} / {self.requests()}"

    def p95(self) -> str:
        """The 95th percentile in seconds."""
        buckets = f"sum by (le) (rate({self.histogram}_bucket{{{self._matchers(self.timed)}}}[5m]))"
        return f"histogram_quantile(0.95, {buckets}) * {self.unit}"

    def mean(self) -> str:
        """The mean in seconds."""
        matchers = self._matchers(self.timed)
        total, count = (f"sum(rate({self.histogram}_{part}{{{matchers}}}[5m]))" for part in ("sum", "count"))
        return f"{total} / {count} * {self.unit}"

    def _matchers(self, *matchers: str) -> str:
        return ",".join(matcher for matcher in (f'job="{self.name}"', *matchers) if matcher)


OTEL, OTEL_OLD = "http_server_request_duration_seconds", "http_server_duration_milliseconds"
LIBRARIES = (
    Library(
        app="instrumentator",
        kind="fastapi",
        count="http_requests_total",
        labels='handler!="/metrics"',
        errors='status="5xx"',
        histogram="http_request_duration_highr_seconds",
        scrapes='handler="/metrics"',
        route="/items/{item}",
        unmatched="none",
    ),
    Library(
        app="telemetry_core",
        kind="fastapi",
        count="http_requests_total",
        labels='handler!="/metrics"',
        errors='status="5xx"',
        histogram="http_request_duration_seconds",
        route="/items/{item}",
        unmatched="none",
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
        unmatched=None,
    ),
    Library(
        app="django_prometheus_app",
        kind="django",
        count="django_http_responses_total_by_status_view_method_total",
        labels='view!="prometheus-django-metrics"',
        errors='status=~"5.."',
        histogram="django_http_requests_latency_seconds_by_view_method",
        timed='view!="prometheus-django-metrics"',
        raises_twice=True,
        route="items",
        unmatched="<unnamed view>",
    ),
    Library(
        app="flask_exported",
        kind="flask",
        count="flask_http_request_duration_seconds_count",
        errors='status=~"5.."',
        histogram="flask_http_request_duration_seconds",
        route="/items/<item>",
        unmatched="None",
    ),
    Library(
        app="flask_raw_paths",
        kind="flask",
        count="flask_http_request_duration_seconds_count",
        errors='status=~"5.."',
        histogram="flask_http_request_duration_seconds",
        route="/items/1",
        unmatched="/nowhere/1",
    ),
    Library(
        app="otel_scraped",
        kind="opentelemetry",
        count=f"{OTEL}_count",
        labels='http_route!="/metrics",http_response_status_code!="307"',
        errors='http_response_status_code=~"5.."',
        histogram=OTEL,
        timed='http_route!="/metrics"',
        route="/items/{item}",
        unmatched="",
    ),
    Library(
        app="otel_old_names",
        kind="custom",
        count=f"{OTEL_OLD}_count",
        errors='http_status_code=~"5.."',
        histogram=OTEL_OLD,
        unit=0.001,
        route="/items/{item}",
        unmatched="",
    ),
    Library(
        app="otel_pushed",
        kind="opentelemetry",
        count=f"{OTEL}_count",
        errors='http_response_status_code=~"5.."',
        histogram=OTEL,
        route="/items/{item}",
        unmatched="",
        pushed=True,
    ),
)
