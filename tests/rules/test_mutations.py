"""The generated unit tests are themselves tested: a rule that is changed for the worse fails one of them."""

from __future__ import annotations

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
            "capacity": 100,
            "slo": {"availability": "99.9%", "latency": {"objective": "99%", "below": "800ms"}},
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
    path.removeprefix("prometheus/tests/").removesuffix("_test.yml")
    for path in FILES
    if path.startswith("prometheus/tests/")
)
Rule = dict[str, Any]


def loaded(kind: str, family: str) -> dict[str, Any]:
    """A family's rules or tests as they are generated."""
    name = f"prometheus/{kind}/{family}{'_test' if kind == 'tests' else ''}.yml"
    found: dict[str, Any] = yaml.safe_load(FILES[name])
    return found


def beside(family: str, folder: Path) -> list[str]:
    """The rules that a family's tests load beside its own, as they are generated, in a folder."""
    found = []
    for listed in loaded("tests", family)["rule_files"]:
        name = Path(listed).stem
        if name != family:
            (folder / f"{name}.yml").write_text(yaml.safe_dump(loaded("rules", name)))
            found.append(str(folder / f"{name}.yml"))
    return found


def alerts(family: str) -> list[Rule]:
    """The family's alerts."""
    return [rule for rule in loaded("rules", family)["groups"][0]["rules"] if "alert" in rule]


Changed = dict[str, dict[str, Any]]
"""The rules of some families, in place of those that are generated."""


def mutants(family: str, wanted: Rule) -> Iterator[tuple[str, Changed]]:
    """The rules, each time with one alert made worse."""

    def changed(**values: Any) -> Changed:
        rules = loaded("rules", family)
        for rule in rules["groups"][0]["rules"]:
            if rule == wanted:
                rule.update(values)
        return {family: rules}

    yield "never fires", changed(expr=f"({wanted['expr']}) and vector(1) > 2")
    if wanted["alert"] != "Watchdog":
        yield "always fires", changed(expr="vector(1)")
        other = "warning" if wanted["labels"]["severity"] == "info" else "info"
        yield "is not severe", changed(labels={**wanted["labels"], "severity": other})
    if wanted.get("for"):
        yield "waits a day", changed(**{"for": "1d"})
        yield "does not wait", changed(**{"for": "0s"})
    yield from _limits(family, wanted, changed)


def _limits(family: str, wanted: Rule, changed: Any) -> Iterator[tuple[str, Changed]]:
    for factor, what in ((3.0, "a limit three times as high"), (1 / 3, "a third of the limit")):
        number = NUMBER.search(wanted["expr"])
        if number and "\n" not in wanted["expr"] and float(number[1]) > 0:
            yield what, changed(expr=f"{wanted['expr'][: number.start()]}{float(number[1]) * factor}")
            continue
        series = LIMIT_SERIES.findall(_bands(family, wanted) + wanted["expr"])
        if series:
            rules = {name: loaded("rules", name) for name in read_by(family)}
            for rule in (rule for file in rules.values() for rule in file["groups"][0]["rules"]):
                if rule.get("record") == series[0]:
                    rule["expr"] = f"({rule['expr']}) * {factor}"
            yield what, rules


def _bands(family: str, wanted: Rule) -> str:
    """How the bands that an alert reads are made: the limit may stand there."""
    files = [loaded("rules", name) for name in read_by(family)]
    bands = (rule for file in files for rule in file["groups"][0]["rules"] if "band_" in rule.get("record", ""))
    return " ".join(rule["expr"] for rule in bands if rule["record"] in wanted["expr"])


def read_by(family: str) -> list[str]:
    """The families whose rules a family's tests evaluate, its own among them."""
    return [Path(file).stem for file in loaded("tests", family)["rule_files"]]


CASES = [
    pytest.param(
        family, rules, rule["alert"], id=f"{rule['alert']}-{rule['labels']['severity']}-{what}".replace(" ", "-")
    )
    for family in FAMILIES
    for rule in alerts(family)
    for what, rules in mutants(family, rule)
]


def written(family: str, rules: Changed, folder: Path) -> list[str]:
    """Files with the rules that a family's tests evaluate."""
    paths = [folder / f"{name}.yml" for name in read_by(family)]
    for path in paths:
        path.write_text(yaml.safe_dump(rules.get(path.stem) or loaded("rules", path.stem)))
    return [str(path) for path in paths]


@pytest.mark.parametrize(("family", "rules", "alert"), CASES)
def test_a_worse_rule_fails_its_tests(family: str, rules: Changed, alert: str, tmp_path: Path) -> None:
    """promtool refuses the mutant with the tests that were generated for the alert."""
    tests = loaded("tests", family)
    mine = [test for test in tests["tests"] if test["name"].startswith(f"{alert}:")]

    assert mine
    assert run(tmp_path, {**tests, "rule_files": written(family, rules, tmp_path), "tests": mine}) != ""


@pytest.mark.parametrize("family", FAMILIES)
def test_the_rules_as_generated_pass(family: str, tmp_path: Path) -> None:
    """What the mutants are compared with; every alert has a case that fires and, but for the Watchdog, silent ones."""
    tests = loaded("tests", family)

    assert run(tmp_path, {**tests, "rule_files": written(family, {}, tmp_path)}) == ""
    for alert in {rule["alert"] for rule in alerts(family)} - {"Watchdog"}:
        said = [test["name"] for test in tests["tests"] if test["name"].startswith(f"{alert}:")]
        assert any("fires" in name for name in said), alert
        assert any("silent" in name for name in said), alert
