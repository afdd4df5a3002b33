"""The recording rules give what each library's raw metrics give, and what was really sent, to 2 %."""

from __future__ import annotations

import pytest

from tests.contract import load
from tests.contract.libraries import LIBRARIES, Library
from tests.contract.live import Live, warm_up

pytestmark = pytest.mark.server("prometheus")
WINDOW = 300
EACH = pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)


@pytest.fixture
def ran(live: Live, library: Library) -> Live:
    """The running servers, where the library could be run with this machine's Prometheus."""
    if library not in live.libraries:
        pytest.skip("not on this machine: a Prometheus with an OTLP receiver")
    return live


def asked(live: Live, library: Library, record: str, raw: str) -> tuple[float, float]:
    """What was recorded, and what the raw metrics say at that very moment."""
    value, when = live.prometheus.recorded(f'{record}{{service="{library.name}"}}')
    return value, live.prometheus.number(raw, when)


@EACH
def test_the_library_counts_every_request_once(ran: Live, library: Library) -> None:
    """The raw counter is exact: what was sent, no more and no less. What follows compares with it."""
    assert ran.prometheus.number(library.total()) == warm_up(library) + sum(library.sent().values())


@EACH
def test_the_request_rate(ran: Live, library: Library) -> None:
    """As the raw counter has it, and as many as were sent."""
    value, raw = asked(ran, library, "service:http_requests:rate5m", library.requests())

    assert value == pytest.approx(raw, rel=0.02)
    assert value * WINDOW == pytest.approx(sum(library.sent().values()), rel=0.02)


@EACH
def test_the_error_ratio(ran: Live, library: Library) -> None:
    """As the raw counter has it, and as was sent: answers of the app's own and exceptions."""
    value, raw = asked(ran, library, "service:http_errors:ratio_rate5m", library.errors_ratio())
    sent = library.sent()

    assert value == pytest.approx(raw, rel=0.02)
    assert value == pytest.approx(sum(n for (_, _, code), n in sent.items() if code == "5xx") / sent.total(), rel=0.02)


@EACH
def test_p95(ran: Live, library: Library) -> None:
    """As the raw histogram has it, and in the bucket that holds the slow requests."""
    value, raw = asked(ran, library, "service:http_latency_seconds:p95_rate5m", library.p95())

    assert value == pytest.approx(raw, rel=0.02)
    assert 0.25 < value <= 0.5


@EACH
def test_the_mean(ran: Live, library: Library) -> None:
    """As the raw histogram has it; not shorter than the requests were told to take, not longer than the client saw."""
    value, raw = asked(ran, library, "service:http_latency_seconds:mean_rate5m", library.mean())
    seen = [s for kind, seconds in ran.sent[library].seconds.items() if library.counts(kind) for s in seconds]
    scrapes = ran.prometheus.number(library.scraped()) * WINDOW if library.scrapes else 0

    assert value == pytest.approx(raw, rel=0.02)
    assert 0.98 * library.shortest_mean(scrapes) <= value <= 1.02 * sum(seen) / len(seen)


@EACH
def test_routes_methods_and_codes(ran: Live, library: Library) -> None:
    """Every request is found under its route, its method and its status class; the metrics page is not there."""
    series = ran.prometheus.query(f'service_route_method_code:http_requests:rate5m{{service="{library.name}"}} > 0')
    labels = [[s["metric"].get(label, "") for label in ("route", "method", "code")] for s in series]
    found = {tuple(names): float(s["value"][1]) * WINDOW for names, s in zip(labels, series, strict=True)}

    assert found == pytest.approx(dict(library.sent()), rel=0.02)
    assert not [route for route, _, _ in found if "metrics" in route]


@EACH
def test_routes_have_their_own_latency_and_errors(ran: Live, library: Library) -> None:
    """The route with slow requests has the p95 of the slow ones; the one that always raises fails always."""
    items, crash = (f'service="{library.name}",route="{library.route.replace("items", n)}"' for n in ("items", "crash"))

    assert 0.25 < ran.prometheus.number(f"service_route:http_latency_seconds:p95_rate5m{{{items}}}") <= 0.5
    assert ran.prometheus.number(f"service_route:http_errors:ratio_rate5m{{{crash}}}") == 1
    assert ran.prometheus.number(f"service_route:http_errors:ratio_rate5m{{{items}}}") == 0


def test_every_rule_is_healthy(live: Live) -> None:
    """No rule fails on real series: no duplicate, no label set that matches twice."""
    rules = live.prometheus.rules()

    assert rules
    assert {name: error for name, error in rules if error} == {}


def test_the_load_is_as_large_as_it_says() -> None:
    """Each request comes once in the spread order."""
    assert sorted(map(repr, load.whole())) == sorted(repr(kind) for kind in load.KINDS for _ in range(kind.count))
