"""Pitfalls of rates, ratios and quantiles, each on input series that would trip a careless rule."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from tests.rules.promtool import SCRAPED, SPEC, Rules

pytestmark = pytest.mark.server("promtool")
UP = {f"up{{{SCRAPED}}}": "1x480"}
EVERYTHING = '{__name__=~".+:.+"}'


@pytest.fixture
def rules(tmp_path: Path) -> Rules:
    """The rules of one service with bounds at 0.5, 0.8 and 1 second."""
    return Rules(tmp_path)


def counted(status: str, per_step: float, start: float = 0, steps: int = 480) -> dict[str, str]:
    """A counter of requests of one status class that grows evenly."""
    return {
        f'http_requests_total{{{SCRAPED},handler="/a",method="GET",status="{status}"}}': f"{start}+{per_step}x{steps}"
    }


def timed(shares: dict[str, float], per_step: float, seconds: float) -> dict[str, str]:
    """The histogram of requests of which so many (0 to 1) are at or below each bound."""
    name, labels = "http_request_duration_seconds", f'{SCRAPED},handler="/a",method="GET"'
    buckets = {f'{name}_bucket{{{labels},le="{le}"}}': f"0+{share * per_step}x480" for le, share in shares.items()}
    total = {f"{name}_count{{{labels}}}": f"0+{per_step}x480", f"{name}_sum{{{labels}}}": f"0+{seconds * per_step}x480"}
    return {**buckets, **total}


def test_no_traffic_leaves_no_ratio_behind(rules: Rules) -> None:
    """Counters that stand still: rates of 0, no ratio, no quantile, and nowhere a NaN."""
    idle = {
        **UP,
        **counted("2xx", 0, 100),
        **counted("5xx", 0, 3),
        **timed({"0.5": 1, "0.8": 1, "1.0": 1, "+Inf": 1}, 0, 0),
    }

    assert rules.values(idle, "service:http_requests:rate5m", "20m") == {'service="api"': 0}
    assert rules.values(idle, "service:http_errors:ratio_rate5m", "20m") == {}
    assert rules.values(idle, "service:http_latency_seconds:p95_rate5m", "20m") == {}
    everything = rules.values(
        idle, f'count by (name) (label_replace({EVERYTHING}, "name", "$1", "__name__", "(.+)"))', "20m"
    )
    sums = rules.values(idle, f'sum by (name) (label_replace({EVERYTHING}, "name", "$1", "__name__", "(.+)"))', "20m")
    assert len(everything) > 10
    assert not [name for name, total in sums.items() if math.isnan(total)]


def test_a_service_without_an_error_has_a_ratio_of_0(rules: Rules) -> None:
    """No 5xx was ever counted: the ratio is 0 and not absent."""
    ratio = rules.values({**UP, **counted("2xx", 30)}, "service:http_errors:ratio_rate5m", "20m")

    assert ratio == {'service="api"': 0}


@pytest.mark.parametrize(
    ("status", "counts"), [("5xx", True), ("503", True), ("500", True), ("499", False), ("2xx", False)]
)
def test_statuses_count_grouped_and_exact(rules: Rules, status: str, counts: bool) -> None:
    """`5xx` and `503` are errors alike; `499` is the client's."""
    series = {**UP, **counted("200", 30), **counted(status, 3)}

    assert rules.fires(series, "HighErrorRate", "20m", service="api") is counts


def test_a_restart_raises_nothing(rules: Rules) -> None:
    """Counters that begin again at 0 are a restart, not errors."""
    name = f'http_requests_total{{{SCRAPED},handler="/a",method="GET",status="%s"}}'
    series = {**UP, name % "2xx": "0+30x100 0+30x380", name % "5xx": "1000+0x100 0+0x380"}

    for minute in range(20, 40, 4):
        assert not rules.fires(series, "HighErrorRate", f"{minute}m")
        assert not rules.fires(series, "ConsecutiveErrors", f"{minute}m")


def test_one_error_in_few_requests_is_no_rate(rules: Rules) -> None:
    """Fewer than min_errors in the window: silent, though the share is above 1 %."""
    series = {**UP, **counted("2xx", 3), **counted("5xx", 0.1)}

    assert rules.values(series, "service:http_errors:ratio_rate5m > 0.03", "20m") != {}
    assert not rules.fires(series, "HighErrorRate", "20m")


def test_a_quiet_service_is_judged_by_the_hour(rules: Rules) -> None:
    """Two requests in five minutes, half of them failing: too few for the window, enough for the hour."""
    series = {**UP, **counted("2xx", 0.05), **counted("5xx", 0.05)}

    assert not rules.fires(series, "HighErrorRate", "30m", service="api")
    assert rules.fires(series, "HighErrorRate", "100m", service="api")


def test_a_bound_as_limit_is_judged_by_count(rules: Rules) -> None:
    """All requests take 0.55 s: between 0.5 and 0.8 the quantile guesses 0.785 s, and of 0.8 s none is slower."""
    series = {**UP, **counted("2xx", 30), **timed({"0.5": 0, "0.8": 1, "1.0": 1, "+Inf": 1}, 30, 0.55)}

    assert not rules.fires(series, "HighLatencyP95", "20m")


def test_interpolation_would_have_lied(tmp_path: Path) -> None:
    """The same requests with bounds at 0.5 and 1 give a p95 of 0.975 s: `check` warns of it, and a bound cures it."""
    coarse: dict[str, Any] = {**SPEC, "services": [{**SPEC["services"][0], "buckets": ["500ms", "1s"]}]}
    series = {**UP, **counted("2xx", 30), **timed({"0.5": 0, "1.0": 1, "+Inf": 1}, 30, 0.55)}
    found = Rules(tmp_path, coarse).values(series, "service:http_latency_seconds:p95_rate5m", "20m")

    assert found == {'service="api"': pytest.approx(0.975)}


@pytest.mark.parametrize(("share", "fires"), [(0.06, True), (0.04, False)])
def test_p95_fires_above_five_percent(rules: Rules, share: float, fires: bool) -> None:
    """6 % slower than 800 ms is an alarm, 4 % is none."""
    series = {**UP, **counted("2xx", 30), **timed({"0.5": 0.9, "0.8": 1 - share, "1.0": 1, "+Inf": 1}, 30, 0.4)}

    assert rules.fires(series, "HighLatencyP95", "20m", service="api") is fires


def test_bounds_are_found_as_every_version_writes_them(tmp_path: Path) -> None:
    """A limit of one second is `le="1"` on Prometheus 2 and `le="1.0"` on 3."""
    limited: dict[str, Any] = {**SPEC, "thresholds": {"latency_p95": "1s"}}
    for number, bound in enumerate(("1", "1.0")):
        folder = tmp_path / str(number)
        folder.mkdir()
        series = {**UP, **counted("2xx", 30), **timed({"0.5": 0.5, "0.8": 0.6, bound: 0.9, "+Inf": 1}, 30, 0.6)}
        assert Rules(folder, limited).fires(series, "HighLatencyP95", "20m", service="api")


def test_a_route_has_its_own_limit(tmp_path: Path) -> None:
    """The route may be slow, the service may not, and the alert says which."""
    routed = {**SPEC["services"][0], "routes": [{"route": "/a", "latency_p95": "1s"}]}
    rules = Rules(tmp_path, {**SPEC, "services": [routed]})
    series = {**UP, **counted("2xx", 30), **timed({"0.5": 0.5, "0.8": 0.6, "1.0": 0.8, "+Inf": 1}, 30, 0.7)}

    assert rules.fires(series, "HighLatencyP95", "20m", service="api", route="/a")
    assert rules.fires(series, "HighLatencyP95", "20m", service="api", route="")


def test_a_target_that_does_not_answer_is_down(rules: Rules) -> None:
    """After its minute, and not at once."""
    series = {f"up{{{SCRAPED}}}": "1x20 0x60"}

    assert not rules.fires(series, "ServiceDown", "5m15s")
    assert rules.fires(series, "ServiceDown", "7m", service="api", team="ml", host="api")


def test_a_discovered_service_that_vanishes_is_down(tmp_path: Path) -> None:
    """Discovery that lists nothing leaves no `up` behind: the spec knows that the service should be there."""
    found: dict[str, Any] = {"name": "api", "kind": "fastapi", "dns": {"names": ["api"], "port": 8000}}
    rules = Rules(tmp_path, {**SPEC, "services": [{**found, "buckets": ["500ms", "800ms", "1s"]}]})
    series = {f"up{{{SCRAPED}}}": "1x20 stale"}

    assert not rules.fires(series, "ServiceDown", "5m")
    assert rules.fires(series, "ServiceDown", "8m", service="api")


def test_a_host_that_has_just_started_is_not_busy(rules: Rules) -> None:
    """Two scrapes of an idle machine: its CPU is idle, though the window is nearly empty."""
    labels = 'job="node",instance="h:9100",cpu="0"'
    series = {
        f'node_cpu_seconds_total{{{labels},mode="idle"}}': "0+15x480",
        f'node_cpu_seconds_total{{{labels},mode="user"}}': "0+0x480",
    }

    assert rules.values(series, "instance:cpu_busy:ratio_rate5m", "30s") == {'instance="h:9100"': 0}


@pytest.mark.parametrize(("busy", "severities"), [(0.78, {"warning"}), (0.9, {"warning", "critical"}), (0.6, set())])
def test_cpu_has_two_levels(rules: Rules, busy: float, severities: set[str]) -> None:
    """70 % warns, 85 % is critical."""
    labels = 'job="node",instance="h:9100",cpu="0"'
    series = {
        f'node_cpu_seconds_total{{{labels},mode="idle"}}': f"0+{15 * (1 - busy)}x480",
        f'node_cpu_seconds_total{{{labels},mode="user"}}': f"0+{15 * busy}x480",
    }

    assert {s for s in ("warning", "critical") if rules.fires(series, "HostHighCpu", "20m", severity=s)} == severities
