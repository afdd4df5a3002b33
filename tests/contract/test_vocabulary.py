"""The recording rules give what each library's raw metrics give, and what was really sent, to 2 %."""

from __future__ import annotations

import pytest

from tests.contract import load
from tests.contract.libraries import LIBRARIES, Library
from tests.contract.live import Live

pytestmark = pytest.mark.server("prometheus")
WINDOW = 300
EACH = pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)


def asked(live: Live, library: Library, record: str, raw: str) -> tuple[float, float]:
    """What was recorded, and what the raw metrics say at that very moment."""
    if library not in live.libraries:
        pytest.skip("not on this machine: a Prometheus with an OTLP receiver")
    value, when = live.recorded(f'{record}{{service="{library.name}"}}')
    return value, live.number(raw, when)


@EACH
def test_the_request_rate(live: Live, library: Library) -> None:
    """As the raw counter has it, and as many as were sent."""
    value, raw = asked(live, library, "service:http_requests:rate5m", library.requests())

    assert value == pytest.approx(raw, rel=0.02)
    assert value * WINDOW == pytest.approx(load.TOTAL, rel=0.02)


@EACH
def test_the_error_ratio(live: Live, library: Library) -> None:
    """As the raw counter has it, and as was sent."""
    value, raw = asked(live, library, "service:http_errors:ratio_rate5m", library.errors_ratio())

    assert value == pytest.approx(raw, rel=0.02)
    assert value == pytest.approx(load.BROKEN / load.TOTAL, rel=0.02)


@EACH
def test_p95(live: Live, library: Library) -> None:
    """As the raw histogram has it, and in the bucket that holds the slow requests."""
    value, raw = asked(live, library, "service:http_latency_seconds:p95_rate5m", library.p95())

    assert value == pytest.approx(raw, rel=0.02)
    assert 0.25 < value <= 0.5


@EACH
def test_the_mean(live: Live, library: Library) -> None:
    """As the raw histogram has it."""
    value, raw = asked(live, library, "service:http_latency_seconds:mean_rate5m", library.mean())

    assert value == pytest.approx(raw, rel=0.02)


@EACH
def test_routes_and_codes(live: Live, library: Library) -> None:
    """Route templates, methods and status classes; never a raw path, never the metrics page."""
    asked(live, library, "service:http_requests:rate5m", library.requests())
    series = live.query(f'service_route_method_code:http_requests:rate5m{{service="{library.name}"}}')
    found = {(s["metric"].get("route"), s["metric"].get("code")): float(s["value"][1]) * WINDOW for s in series}

    assert {s["metric"].get("method") for s in series} == {"GET"}
    assert found[library.route, "2xx"] == pytest.approx(load.FAST + load.SLOW, rel=0.02)
    for route, code, count in (("gone", "4xx", load.GONE), ("broken", "5xx", load.BROKEN)):
        assert found[library.route.replace("items", route), code] == pytest.approx(count, rel=0.05)
    assert not [route for route, _ in found if "/1" in str(route) or "metrics" in str(route)]


@EACH
def test_routes_have_their_own_latency(live: Live, library: Library) -> None:
    """The route with slow requests has the p95 of the slow ones."""
    asked(live, library, "service:http_requests:rate5m", library.requests())
    matchers = f'service="{library.name}",route="{library.route}"'

    assert 0.25 < live.number(f"service_route:http_latency_seconds:p95_rate5m{{{matchers}}}") <= 0.5


def test_every_rule_is_healthy(live: Live) -> None:
    """No rule fails on real series: no duplicate, no label set that matches twice."""
    groups = live.get_rules()

    assert groups
    assert {name: error for name, error in groups if error} == {}
