"""Alerts on lines as values: one rule for each team and `for`, and names that other parts must agree on."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from generator import names
from generator.cli import FOUND, OK, main
from generator.model import Stack
from generator.pipeline import generate, read
from generator.rules.base import AlertRule
from generator.rules.logged import log_alerts

SERVICE = {"kind": "fastapi", "buckets": ["800ms", "3s", "5s"]}
SERVICES = [
    {**SERVICE, "name": "api", "targets": ["api:1"], "team": "ml"},
    {**SERVICE, "name": "web", "targets": ["web:1"], "team": "ml"},
    {**SERVICE, "name": "batch", "targets": ["batch:1"], "team": "ml", "for": {"RepeatedException": "10m"}},
    {**SERVICE, "name": "shop", "targets": ["shop:1"], "team": 'a"b{{c}}'},
]
SPEC: dict[str, Any] = {"version": 1, "stack": {"name": "demo"}, "services": SERVICES}


def stack(**more: Any) -> Stack:
    """The stack of the spec, and what a test adds."""
    return read(yaml.safe_dump({**SPEC, **more}).encode(), "compose").stack


def told(rules: tuple[AlertRule, ...]) -> set[tuple[str, str, float]]:
    """Whose lines each rule reads, who is told, and after how long."""
    return {
        (rule.expr.partition('critical", ')[2].partition("}")[0], dict(rule.labels)["team"], rule.hold)
        for rule in rules
    }


def test_each_team_and_each_for_has_its_rule() -> None:
    """Lines of whoever is no service of the spec are the stack's own team's."""
    assert told(log_alerts(stack())) == {
        ('service=~"api|web"', "ml", 0),
        ('service="batch"', "ml", 600),
        ('service="shop"', 'a"b{{c}}', 0),
        ('service!~"api|batch|shop|web"', "ops", 0),
    }


def test_limit_and_for_of_the_spec_are_in_force() -> None:
    rules = log_alerts(stack(thresholds={"repeated_exceptions": 3}, alerting={"for": {"RepeatedException": "2m"}}))

    assert {rule.expr.rpartition(" >= ")[2] for rule in rules} == {"3"}
    assert sorted({rule.hold for rule in rules}) == [120, 600]
    assert rules[0].limits[0][1].origin == "thresholds.repeated_exceptions"


@pytest.mark.parametrize("more", [{"logs": "off"}, {"alerting": {"disable": ["RepeatedException"]}}])
def test_without_it_nothing_is_left(more: dict[str, Any]) -> None:
    """Neither a rule nor a page; Loki's folder of rules stays, since its configuration names it."""
    files = generate(yaml.safe_dump({**SPEC, **more})).files()
    groups = yaml.safe_load(files.get(names.LOKI_RULES, "groups: []"))["groups"]

    assert log_alerts(stack(**more)) == ()
    assert groups == []
    assert (names.LOKI_RULES in files) == ("logs" not in more)
    assert "RepeatedException" not in files["alertmanager/alertmanager.yml"]


def test_text_of_the_spec_stays_text() -> None:
    """The ruler expands templates of labels, so a team's braces are written as what they are."""
    rules = yaml.safe_load(generate(yaml.safe_dump(SPEC)).files()[names.LOKI_RULES])["groups"][0]["rules"]

    assert 'a"b{{ "{{" }}c}}' in {rule["labels"]["team"] for rule in rules}


def test_the_collector_s_exporters_have_the_names_that_rules_ask_for() -> None:
    """Both are read from its own metrics by LogsNotIngested and TracesNotIngested."""
    config = yaml.safe_load(generate(yaml.safe_dump(SPEC)).files()[names.COLLECTOR_CONFIG])

    assert {names.EXPORTER_LOKI, names.EXPORTER_TEMPO} <= config["exporters"].keys()
    assert "otlp" in config["receivers"]
    assert "tail_sampling" in config["processors"]


def test_explain_shows_logql(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """And says that there are neither series nor a history of lines."""
    path = tmp_path / "spec.yaml"
    path.write_text(yaml.safe_dump(SPEC))

    assert main(["explain", "RepeatedException", "--spec", str(path)]) == OK
    assert "count_over_time(" in (said := capsys.readouterr().out)
    assert "repeated_exceptions = 10, from default (ours)" in said
    assert main(["explain", "--fire", "RepeatedException", "--spec", str(path)]) == OK
    assert "Loki reads lines" in capsys.readouterr().out
    assert main(["explain", "--backtest", "RepeatedException", "--spec", str(path)]) == FOUND
    assert "keeps no history" in capsys.readouterr().err
