"""prometheus/tests/*_test.yml: every alert's scenarios, for `promtool test rules`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from generator import names
from generator.bundle import Artifact
from generator.model import Stack
from generator.promql import equals, select
from generator.render import to_yaml
from generator.rules import AlertRule, Family, Scenario, Series, families
from generator.units import duration, number


def build(stack: Stack) -> Iterable[Artifact]:
    """One file a family. A test asks for ALERTS, so it does not fix the texts."""
    for family in families(stack):
        tests = [_test(stack, alert, s) for alert in family.alerts for s in alert.scenarios]
        if tests:
            yield _file(stack, family, tests)


def _file(stack: Stack, family: Family, tests: list[dict[str, Any]]) -> Artifact:
    content = {
        "rule_files": [f"../rules/{family.name}.yml"],
        "evaluation_interval": duration(stack.evaluation_interval),
        "tests": tests,
    }
    what = f"Unit tests of the rules of {family.name}: promtool test rules {names.tests_file(family.name)}"
    return Artifact(names.tests_file(family.name), to_yaml(content, what))


def _test(stack: Stack, alert: AlertRule, scenario: Scenario) -> dict[str, Any]:
    step = stack.scrape_interval
    samples = math.ceil(scenario.at / step) + 2
    matchers = [equals("alertname", alert.name), equals("alertstate", "firing")]
    matchers += [equals(label, value) for label, value in scenario.subject]
    if "severity" not in dict(scenario.subject):
        matchers.append(equals("severity", alert.severity.value))
    return {
        "name": f"{alert.name}: {scenario.sentence}",
        "interval": duration(step),
        "input_series": [_series(series, samples, step) for series in scenario.series],
        "promql_expr_test": [
            {
                "expr": f"count({select('ALERTS', *matchers)}) > bool 0 or vector(0)",
                "eval_time": duration(_round_up(scenario.at, stack.evaluation_interval)),
                "exp_samples": [{"labels": "{}", "value": 1 if scenario.fires else 0}],
            }
        ],
    }


def _round_up(seconds: float, step: float) -> float:
    return math.ceil(seconds / step) * step


def _series(series: Series, samples: int, interval: float) -> dict[str, str]:
    start, step = number(series.start), round(series.step, 9)
    grows = f"+{number(step)}" if step >= 0 else number(step)
    name = select(series.metric, *(equals(label, value) for label, value in series.labels))
    absent = math.ceil(series.after / interval)
    missing = f"_x{absent} " if absent else ""
    return {"series": name, "values": f"{missing}{start}{grows}x{samples - absent}"}
