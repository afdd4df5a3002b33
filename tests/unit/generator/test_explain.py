"""What `explain` says of every alert: what makes it fire, and what it would be at other limits."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import promql_parser
import pytest
import yaml

from generator.cli import BAD, OK, main
from generator.explain import explain, explain_fire
from generator.limits_of import GUARD, limits_of
from generator.model import Stack
from generator.pipeline import read
from generator.rules import AlertRule, alerts
from generator.rules.slo import KINDS
from generator.selectors import series_in
from generator.whatif import FACTORS, ladder, scaled
from tests.proof import ROOT

FULL = ROOT / "tests/golden/cases/every-section-in-korean-with-hostile-text/spec.yaml"
STACK: Stack = read(FULL.read_bytes(), "compose").stack
ALERTS = alerts(STACK)
SPEC: dict[str, Any] = {
    "version": 1,
    "stack": {"name": "test"},
    "services": [
        {"name": "api", "kind": "fastapi", "targets": ["api:8000"], "buckets": ["500ms", "800ms", "1s", "5s"]},
        {"name": "web", "kind": "fastapi", "targets": ["web:8000"], "buckets": ["500ms", "800ms", "1s", "5s"]},
        {"name": "shop", "kind": "django", "targets": ["shop:8000"], "thresholds": {"error_ratio": "4%"}},
    ],
}


def stack_of(spec: dict[str, Any]) -> Stack:
    """The stack of a spec."""
    return read(yaml.safe_dump(spec).encode(), "compose").stack


def rule_of(stack: Stack, name: str) -> AlertRule:
    """The first rule of an alert."""
    return next(alert for alert in alerts(stack) if alert.name == name)


@pytest.mark.parametrize("name", sorted({alert.name for alert in ALERTS}))
def test_every_alert_says_what_makes_it_fire(name: str) -> None:
    """A case that fires with its second, and beside it one that stays silent with the same series."""
    text = "\n".join(explain_fire(STACK, name))
    rules = [alert for alert in ALERTS if alert.name == name]

    assert text.startswith(f"{name}, {rules[0].severity.value}, for ")
    assert text.count(" s of these series' beginning") >= sum(bool(rule.scenarios) for rule in rules)
    assert name == "Watchdog" or "stays silent" in text
    assert len(text.splitlines()) < 100
    rows = [re.split(r" {2,}", line.strip()) for line in text.splitlines() if line.startswith("  ")]
    assert all(len(row) == 3 for row in rows if row[0][:5] not in ("each ", "no se")), (
        "a series without its other value"
    )


def test_each_kind_of_service_is_shown_once() -> None:
    """Two services of one kind do the same; one of another kind counts by other names."""
    lines = [*explain_fire(stack_of(SPEC), "HighErrorRate")]
    cases = [line for line in lines if " s of these series' beginning" in line]

    assert [case.split(",")[0] for case in cases] == ["prometheus-fastapi-instrumentator", "django-prometheus"]
    assert "api" in cases[0]


def test_rates_are_told_by_the_second() -> None:
    """1.1 of 100 requests a second fail above 1 %, 0.85 below it, whatever the scrape interval is."""
    for interval in ("15s", "30s"):
        text = "\n".join(
            explain_fire(stack_of({**SPEC, "stack": {"name": "test", "scrape_interval": interval}}), "HighErrorRate")
        )
        assert re.search(r'status="5xx"}\s+\+1\.1/s\s+\+0\.85/s', text)
        assert re.search(r'status="2xx"}\s+\+98\.9/s\s+\+99\.15/s', text)


def test_buckets_that_do_the_same_are_one_line() -> None:
    """The bounds on both sides of the limit stand for themselves."""
    lines = [line for line in explain_fire(stack_of(SPEC), "HighLatencyP95") if "_bucket" in line and "highr" in line]

    assert [re.findall(r'le="([^"]+)"', line) for line in lines] == [["0.5"], ["0.8"], ["1", "+Inf"]]


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule.name}-{rule.severity.value}-{rule.hold:g}")
def test_every_alert_has_its_ladder(rule: AlertRule) -> None:
    """Each limit gives another expression, which parses and reads no limit that was recorded before."""
    rungs = ladder(STACK, rule, FACTORS)
    expressions = [rung.expr for rung in rungs]

    if rule.name in KINDS or all(quantity.startswith(GUARD) for quantity, _ in rule.limits):
        assert expressions == [rule.expr]
        return
    assert [rung.factor for rung in rungs] == [*FACTORS]
    assert len({*expressions}) == len({rung.limit for rung in rungs}) == len(FACTORS)
    for rung in rungs:
        promql_parser.parse(rung.expr)
        assert rung.limit
        assert not [name for name in series_in(rung.expr) if name.endswith(":limit") or "slower_than" in name]


def test_today_s_limit_is_today_s() -> None:
    """Times one changes no limit, and twice changes those of services and routes too; guards stay."""
    rule = rule_of(STACK, "HighLatencyP95")
    today = [*limits_of(STACK, rule)]
    twice = [*limits_of(doubled := scaled(STACK, rule, 2.0), rule_of(doubled, rule.name))]

    assert scaled(STACK, rule, 1.0) == STACK
    assert len(today) == len(twice) > 2
    for (where, quantity, limit), (again, same, higher) in zip(today, twice, strict=True):
        assert (where, quantity, limit.origin) == (again, same, higher.origin)
        assert higher.value == pytest.approx(limit.value * (1 if quantity.startswith("min_") else 2))


def test_other_alerts_keep_their_limits() -> None:
    """What is asked of one alert changes no other, also where two defaults have the same value."""
    twin = replace(STACK.hosts.limits.disk.critical)
    limits = replace(STACK.hosts.limits, cpu=replace(STACK.hosts.limits.cpu, critical=twin))
    stack = replace(STACK, hosts=replace(STACK.hosts, limits=limits))
    rule = next(r for r in alerts(stack) if r.name == "HostDiskFull" and r.severity.value == "critical")
    both = zip(alerts(stack), alerts(scaled(stack, rule, 2.0)), strict=True)

    assert [old.name for old, new in both if old.expr != new.expr] == ["HostDiskFull"]


@pytest.mark.parametrize(
    ("alert", "service", "limits"),
    [
        ("HighErrorRate", None, ["0.5%", "0.75%", "1%", "1.5%", "2%"]),
        ("HighErrorRate", "shop", ["2%", "3%", "4%", "6%", "8%"]),
        ("HighLatencyP95", "api", ["400ms", "600ms", "800ms", "1s200ms", "1s600ms"]),
        ("ConsecutiveErrors", None, ["5", "8", "10", "15", "20"]),
        ("HostHighCpu", None, ["40%", "60%", "70%", "80%", "85%"]),
    ],
)
def test_limits_are_told_as_the_spec_writes_them(alert: str, service: str | None, limits: list[str]) -> None:
    """Percent, seconds and counts, of the stack or of the service that is asked for; a share never passes 100 %."""
    stack = stack_of(SPEC)

    assert [rung.limit for rung in ladder(stack, rule_of(stack, alert), FACTORS, service)] == limits


def test_explain_knows_what_is_turned_off() -> None:
    """And what was meant."""
    stack = stack_of({**SPEC, "alerting": {"disable": ["HighErrorRate"]}})
    with pytest.raises(KeyError, match=r"alerting\.disable turns it off"):
        [*explain(stack, "HighErrorRate")]
    with pytest.raises(KeyError, match="did you mean HighLatencyP95"):
        [*explain_fire(stack, "HighLatency95")]


def test_the_command_prints_both(capsys: pytest.CaptureFixture[str]) -> None:
    """One at a time."""
    assert main(["explain", "ServiceDown", "--spec", str(FULL)]) == OK
    assert "severity: critical" in capsys.readouterr().out
    assert main(["explain", "--fire", "ServiceDown", "--spec", str(FULL)]) == OK
    assert "stays silent" in capsys.readouterr().out
    assert main(["explain", "--fire", "Nothing", "--spec", str(FULL)]) == BAD
    assert "no alert is named Nothing" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["explain", "--fire", "--backtest", "ServiceDown", "--spec", str(FULL)])
