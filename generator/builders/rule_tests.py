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
        scrape, evaluate = (family.step or every for every in (stack.scrape_interval, stack.evaluation_interval))
        tests = [_test(alert, s, scrape, evaluate) for alert in family.alerts for s in alert.scenarios]
        if tests:
            yield _file(family, tests, evaluate)


def _file(family: Family, tests: list[dict[str, Any]], evaluate: float) -> Artifact:
    order = [*family.reads, family.name]
    content = {
        "rule_files": [f"../rules/{name}.yml" for name in order],
        "evaluation_interval": duration(evaluate),
        **({"group_eval_order": order} if family.reads else {}),
        "tests": tests,
    }
    what = f"Unit tests of the rules of {family.name}: promtool test rules {names.tests_file(family.name)}"
    return Artifact(names.tests_file(family.name), to_yaml(content, what))


def _test(alert: AlertRule, scenario: Scenario, step: float, evaluate: float) -> dict[str, Any]:
    samples = math.ceil(scenario.at / step) + 2
    matchers = [equals("alertname", alert.name), equals("alertstate", "firing")]
    matchers += [equals(label, value) for label, value in scenario.subject]
    if "severity" not in dict(scenario.subject):
        matchers.append(equals("severity", alert.severity.value))
    return {
        "name": f"{alert.name}: {scenario.sentence}",
        "interval": duration(step),
        "input_series": [_series(series, samples) for series in scenario.series],
        "promql_expr_test": [
            {
                "expr": f"count({select('ALERTS', *matchers)}) > bool 0 or vector(0)",
                "eval_time": duration(_round_up(scenario.at, evaluate)),
                "exp_samples": [{"labels": "{}", "value": 1 if scenario.fires else 0}],
            }
        ],
    }


def _round_up(seconds: float, step: float) -> float:
    return math.ceil(seconds / step) * step


def _series(series: Series, samples: int) -> dict[str, str]:
    start, step = number(series.start), number(round(series.step, 9))
    name = select(series.metric, *(equals(label, value) for label, value in series.labels))
    return {"series": name, "values": f"{start}+{step}x{samples}"}
