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
        scrape = family.step or stack.scrape_interval
        evaluate = family.tested_every or family.step or stack.evaluation_interval
        tests = [_test(alert, s, scrape, evaluate) for alert in family.alerts for s in alert.scenarios]
        if tests:
            yield _file(family, tests, evaluate)


def _file(family: Family, tests: list[dict[str, Any]], evaluate: float) -> Artifact:
    files = (*family.reads, family.name)
    content = {
        "rule_files": [f"../rules/{name}.yml" for name in files],
        "evaluation_interval": duration(evaluate),
        **({"group_eval_order": list(files)} if family.reads else {}),
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
        "input_series": [_series(series, samples, step) for series in scenario.series],
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


def _series(series: Series, samples: int, interval: float) -> dict[str, str]:
    name = select(series.metric, *(equals(label, value) for label, value in series.labels))
    if series.values:
        return {"series": name, "values": series.values}
    if series.restarts:
        lives = math.ceil((samples + 1) / series.restarts)
        return {"series": name, "values": " ".join([_run(series.start, series.step, series.restarts - 1)] * lives)}
    lengths = [max(1, round(run.seconds / interval)) for run in series.earlier]
    parts = [_run(run.start, run.step, length - 1) for run, length in zip(series.earlier, lengths, strict=True)]
    last = _run(series.start, series.step, max(samples - sum(lengths), 0))
    return {"series": name, "values": " ".join([*parts, last])}


def _run(start: float | None, step: float, times: int) -> str:
    """A run of `times` + 1 samples as promtool writes it."""
    if start is None:
        return f"_x{times + 1}"
    grows = number(round(step, 9))
    return f"{number(round(start, 6))}{'' if grows.startswith('-') else '+'}{grows}x{times}"
