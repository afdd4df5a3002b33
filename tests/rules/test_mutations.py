"""The generated unit tests are themselves tested: a rule that is changed for the worse fails one of them."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.pipeline import generate
from tests.rules.promtool import run

pytestmark = pytest.mark.server("promtool")
SPEC: dict[str, Any] = {
    "version": 1,
    "stack": {"name": "test"},
    "services": [
        {
            "name": "api",
            "kind": "fastapi",
            "targets": ["api:8000"],
            "buckets": ["500ms", "800ms", "1s", "3s", "5s", "9s"],
            "inference": {"accuracy_floor": 0.3},
            "llm": {"daily_budget": 50},
        }
    ],
    "hosts": {"targets": ["node:9100"]},
    "databases": [
        {"name": "main", "kind": "postgres", "targets": ["postgres:9187"]},
        {"name": "cache", "kind": "redis", "targets": ["redis:9121"]},
    ],
    "probes": [{"name": "home", "kind": "http", "target": "https://example.com/"}],
}
FILES = generate(yaml.safe_dump(SPEC)).files()
LIMIT_SERIES = re.compile(r"\b(service:\w+:limit|database:\w+:limit)\b")
NUMBER = re.compile(r"(?<=[<>=] )(\d+(?:\.\d+)?)$")
FAMILIES = sorted(
    path.removeprefix("prometheus/rules/").removesuffix(".yml")
    for path in FILES
    if path.startswith("prometheus/rules/")
)
Rule = dict[str, Any]


def loaded(kind: str, family: str) -> dict[str, Any]:
    """A family's rules or tests as they are generated."""
    name = f"prometheus/{kind}/{family}{'_test' if kind == 'tests' else ''}.yml"
    found: dict[str, Any] = yaml.safe_load(FILES[name])
    return found


def alerts(family: str) -> list[Rule]:
    """The family's alerts."""
    return [rule for rule in loaded("rules", family)["groups"][0]["rules"] if "alert" in rule]


def mutants(family: str, wanted: Rule) -> Iterator[tuple[str, dict[str, Any]]]:
    """The family's rules, each time with one alert made worse."""

    def changed(**values: Any) -> dict[str, Any]:
        rules = loaded("rules", family)
        for rule in rules["groups"][0]["rules"]:
            if rule == wanted:
                rule.update(values)
        return rules

    yield "never fires", changed(expr=f"({wanted['expr']}) and vector(1) > 2")
    if wanted["alert"] != "Watchdog":
        yield "always fires", changed(expr="vector(1)")
        other = "warning" if wanted["labels"]["severity"] == "info" else "info"
        yield "is not severe", changed(labels={**wanted["labels"], "severity": other})
    if wanted.get("for"):
        yield "waits a day", changed(**{"for": "1d"})
        yield "does not wait", changed(**{"for": "0s"})
    yield from _limits(family, wanted, changed)


def _limits(family: str, wanted: Rule, changed: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for factor, what in ((3.0, "a limit three times as high"), (1 / 3, "a third of the limit")):
        number = NUMBER.search(wanted["expr"])
        if number and "\n" not in wanted["expr"] and float(number[1]) > 0:
            yield what, changed(expr=f"{wanted['expr'][: number.start()]}{float(number[1]) * factor}")
            continue
        series = LIMIT_SERIES.findall(wanted["expr"])
        if series:
            rules = copy.deepcopy(loaded("rules", family))
            for rule in rules["groups"][0]["rules"]:
                if rule.get("record") == series[0]:
                    rule["expr"] = f"({rule['expr']}) * {factor}"
            yield what, rules


CASES = [
    pytest.param(
        family, rules, rule["alert"], id=f"{rule['alert']}-{rule['labels']['severity']}-{what}".replace(" ", "-")
    )
    for family in FAMILIES
    for rule in alerts(family)
    for what, rules in mutants(family, rule)
]


@pytest.mark.parametrize(("family", "rules", "alert"), CASES)
def test_a_worse_rule_fails_its_tests(family: str, rules: dict[str, Any], alert: str, tmp_path: Path) -> None:
    """promtool refuses the mutant with the tests that were generated for the alert."""
    tests = loaded("tests", family)
    mine = [test for test in tests["tests"] if test["name"].startswith(f"{alert}:")]
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump(rules))

    assert mine
    assert run(tmp_path, {**tests, "rule_files": [str(path)], "tests": mine}) != ""


@pytest.mark.parametrize("family", FAMILIES)
def test_the_rules_as_generated_pass(family: str, tmp_path: Path) -> None:
    """What the mutants are compared with; every alert has a case that fires and, but for the Watchdog, silent ones."""
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump(loaded("rules", family)))
    tests = loaded("tests", family)

    assert run(tmp_path, {**tests, "rule_files": [str(path)]}) == ""
    for alert in {rule["alert"] for rule in alerts(family)} - {"Watchdog"}:
        said = [test["name"] for test in tests["tests"] if test["name"].startswith(f"{alert}:")]
        assert any("fires" in name for name in said), alert
        assert any("silent" in name for name in said), alert
