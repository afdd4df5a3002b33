"""The stack of the repository's own spec, in both runtimes: everything that it reads is there."""

from __future__ import annotations

import contextlib
import urllib.parse
from collections.abc import Callable, Iterator

import pytest

from tests.integration.client import get, query, wait
from tests.integration.platform.reads import panels, reads
from tests.integration.platform.stack import PlatformStack

pytestmark = pytest.mark.integration

_INSTRUMENTATOR = "prometheus-fastapi-instrumentator's; the sample's own telemetry has the labelled one alone"
_OLDER = "as postgres_exporter of other versions says it"
EXCEPTIONS: dict[str, str] = {
    "http_request_duration_highr_seconds_bucket": _INSTRUMENTATOR,
    "http_request_duration_highr_seconds_count": _INSTRUMENTATOR,
    "http_request_duration_highr_seconds_sum": _INSTRUMENTATOR,
    "pg_stat_statements_calls": _OLDER,
    "pg_stat_statements_total_time_seconds": _OLDER,
    "probe_ssl_earliest_cert_expiry": "the demo probes nothing by https",
    "service:targets:absent": "recorded while a service has no target at all",
    "service_route:error_ratio:limit": "recorded where the spec gives a route a limit of its own for errors",
}
"""Metrics that nothing here exposes, each with the reason."""

DISCARDED = {"loki": "loki_discarded_samples_total", "tempo": "tempo_discarded_spans_total"}
"""Born with the first line or span that is discarded; tests/backends makes real ones."""

TELLS = {"loki": "loki_", "tempo": "tempo_", "otel-collector": "otelcol_"}
"""What each of these says of itself begins so."""

LATER = ("service:slo_error_budget:", "service:slo_errors:ratio_rate1h")
"""What panels read of SLOs has a sample each five minutes: the first come later than these tests; the soak waits."""


@pytest.fixture(scope="module", autouse=True)
def traffic(stack: PlatformStack) -> Iterator[None]:
    """People on both services while this module asks."""
    with stack.loaded("--users", 20, "--start-hour", 20):
        yield


def test_every_metric_and_label_that_is_read_is_exposed(stack: PlatformStack) -> None:
    """Rules and panels read nothing that does not exist: each metric is in the live Prometheus, with its labels."""
    silent = {each: text for each, text in TELLS.items() if stack.note(each).startswith("missing")}
    never = (*EXCEPTIONS, *DISCARDED.values())
    left_out = tuple(silent.values())
    wanted = {
        metric: labels
        for metric, labels in reads(stack.folder).items()
        if metric not in never and not metric.startswith(left_out)
    }
    missing = until_empty(lambda: [*lacking(stack, wanted)])

    assert len(wanted) > 30
    assert missing == []
    if silent and stack.runtime == "docker":
        pytest.skip(f"this docker stack runs without {', '.join(silent)}: {stack.note(min(silent))}; the others held")


def test_every_exception_is_one(stack: PlatformStack) -> None:
    """Each is read by something, and exposed by nothing: else it has no business in the list."""
    known = reads(stack.folder)
    exceptions = {*EXCEPTIONS, *(metric for component, metric in DISCARDED.items() if component in stack.states())}

    assert exceptions - known.keys() == set()
    assert [metric for metric in exceptions if series(stack, metric)] == []


def series(stack: PlatformStack, metric: str) -> list[dict[str, str]]:
    """The labels of every series of a metric that Prometheus has."""
    question = urllib.parse.urlencode({"match[]": metric})
    found: list[dict[str, str]] = get(f"{stack.prometheus}/api/v1/series?{question}")["data"]
    return found


def lacking(stack: PlatformStack, wanted: dict[str, set[str]]) -> Iterator[str]:
    """One line for each metric that is not there, or lacks a label in every series."""
    for metric, labels in sorted(wanted.items()):
        found = series(stack, metric)
        known = {label for each in found for label in each}
        if not found:
            yield f"{metric}: nothing exposes it"
        elif labels - known:
            yield f"{metric}: no label {', '.join(sorted(labels - known))}"


def test_every_panel_returns_data(stack: PlatformStack) -> None:
    """Every query of every panel of the demo returns data."""
    asked = [(place, expr) for place, expr in panels(stack.folder) if not any(later in expr for later in LATER)]
    empty = until_empty(lambda: [place for place, expr in asked if not query(stack.prometheus, expr)])

    assert len(asked) > 20
    assert empty == []


def until_empty(ask: Callable[[], list[str]], seconds: float = 120) -> list[str]:
    """The list once it is empty, or what is left of it when patience ends: the first scrapes and rules take a while."""
    left: list[str] = []

    def look() -> bool | None:
        left[:] = ask()
        return None if left else True

    with contextlib.suppress(AssertionError):
        wait("nothing to be left", look, seconds)
    return left
