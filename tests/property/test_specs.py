"""Every valid spec renders, the same way whatever its order, into files that parse, and no text changes a query."""

from __future__ import annotations

import copy
import json
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from hypothesis import HealthCheck, Phase, example, given, settings

from generator.bundle import OWNED, OWNED_FILES
from generator.checkers import Checked, Verdict, check_tree
from generator.needs import needs
from generator.pipeline import generate, read
from generator.problems import SpecError
from tests.proof import STATE
from tests.property.specs import WORST, Spec, harmless, specs

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
MANY, FEW, UNIT_TESTED = (1000, 60, 20) if THOROUGH else (50, 15, 1)
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, *((Phase.shrink,) if THOROUGH else ()))
common = settings(
    deadline=None,
    derandomize=not THOROUGH,
    phases=PHASES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where PyYAML has it


def parsed(text: str) -> Any:
    """A YAML document read back."""
    return yaml.load(text, LOADER)  # noqa: S506 - both are safe loaders


def rendered(spec: Spec, target: str = "compose") -> dict[str, str]:
    """The files of a spec; a mistake of the generator's own strategy shows as SpecError."""
    return generate(yaml.safe_dump(spec, allow_unicode=True), target=target).files()


@settings(common, max_examples=MANY)
@given(specs())
def test_any_valid_spec_renders(spec: Spec) -> None:
    """For both targets, into owned paths, and YAML that reads back."""
    for target in ("compose", "native"):
        files = rendered(spec, target)
        for path, text in files.items():
            assert path in OWNED_FILES or path.startswith(tuple(f"{folder}/" for folder in OWNED))
            if path.endswith(".yml"):
                assert isinstance(parsed(text), dict)
            elif path.endswith(".json"):
                json.loads(text)


@settings(common, max_examples=MANY // 2)
@given(specs())
def test_the_order_of_a_spec_changes_nothing(spec: Spec) -> None:
    """Services, targets, routes, receivers and keys may stand in any order."""
    turned = copy.deepcopy(spec)
    turned["services"].reverse()
    for service in turned["services"]:
        service.get("targets", []).reverse()
        service.get("routes", []).reverse()
    for section in ("databases", "probes"):
        turned.get(section, []).reverse()
    turned = dict(reversed(turned.items()))

    files = rendered(spec)
    assert rendered(spec) == files
    assert rendered(turned) == files


@settings(common, max_examples=MANY)
@given(specs())
def test_no_text_changes_a_query(spec: Spec) -> None:
    """Every expression has the shape that it has with harmless texts: only what stands in quotes differs."""
    hostile, tame = (list(queries(rendered(each))) for each in (spec, harmless(spec)))

    assert len(hostile) == len(tame)
    for mine, theirs in zip(hostile, tame, strict=True):
        assert shape(mine) == shape(theirs), f"{mine}\n\n{theirs}"


def queries(files: dict[str, str]) -> Iterator[str]:
    """Every PromQL expression of rules and dashboards."""
    for path, text in sorted(files.items()):
        if path.startswith("prometheus/rules/"):
            for group in parsed(text)["groups"]:
                yield from (rule["expr"] for rule in group["rules"])
        elif path.startswith("grafana/dashboards/"):
            yield from panel_queries(json.loads(text)["panels"])


def panel_queries(panels: list[Any]) -> Iterator[str]:
    """Those of panels, and of the panels that a folded row holds."""
    for panel in panels:
        yield from (target["expr"] for target in panel.get("targets", []))
        yield from panel_queries(panel.get("panels", []))


STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def shape(query: str) -> str:
    """The parsed expression with its strings blanked; fails where it does not parse."""
    filled = query.replace("$__rate_interval", "5m").replace("$__range", "1h").replace("$service", "x")
    return "".join(STRING.sub('""', promql_parser.parse(filled).prettify()).split())


def not_accepted(spec: Spec, *, unit_tests: bool) -> list[Checked]:
    """What a checker of this machine does not accept; the mark names those that must be here."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in rendered(spec).items():
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_text(text)
        for name in ("prometheus/targets", "secrets", ".run/secrets"):
            (Path(folder) / name).mkdir(parents=True, exist_ok=True)
        needed = needs(read(yaml.safe_dump(spec, allow_unicode=True).encode(), "compose").stack)
        found = list(check_tree(Path(folder), STATE, unit_tests=unit_tests, needed=needed))
    found = [checked for checked in found if "too old" not in checked.detail]
    return [checked for checked in found if checked.verdict is Verdict.REFUSED] or [
        checked for checked in found if checked.what.startswith(NAMED) and checked.verdict is not Verdict.ACCEPTED
    ]


NAMED = ("promtool", "amtool", "docker compose")


@pytest.mark.server("promtool", "amtool", "docker compose")
@settings(common, max_examples=FEW)
@example(WORST)
@given(specs())
def test_every_checker_accepts_any_spec(spec: Spec) -> None:
    """promtool (configuration and rules), amtool, and Compose."""
    assert not_accepted(spec, unit_tests=False) == []


@pytest.mark.server("promtool", "amtool", "docker compose")
@settings(common, max_examples=UNIT_TESTED)
@example(WORST)
@given(specs())
def test_the_unit_tests_of_any_spec_pass(spec: Spec) -> None:
    """Those that are generated with the rules, which take promtool seconds for each spec."""
    assert not_accepted(spec, unit_tests=True) == []


def test_harmless_texts_differ_from_hostile_ones() -> None:
    """The comparison above compares something."""
    spec: Any = {
        "version": 1,
        "stack": {"name": "a", "team": 'x"} or up{a="'},
        "services": [{"name": "a", "kind": "fastapi", "targets": ["a:1"]}],
    }

    assert harmless(spec)["stack"]["team"] == "text000"
    assert shape('up{a="b\\"c"}') == shape('up{a="d"}') != shape('up{a="b"} or up{a="c"}')
    with pytest.raises(SpecError):
        rendered({**spec, "services": []})


def test_a_stack_without_durations_has_queries_that_parse() -> None:
    """No service measures how long a request takes, so nothing is left to compare with a latency limit."""
    custom = {"name": "a", "kind": "custom", "targets": ["a:1"], "metrics": {"requests": {"name": "my_total"}}}
    found = [shape(query) for query in queries(rendered({"version": 1, "stack": {"name": "a"}, "services": [custom]}))]

    assert len(found) > 50
