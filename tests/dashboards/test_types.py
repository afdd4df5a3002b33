"""Every generated dashboard is what Grafana's own types say a dashboard is; a broken one is refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from generator.dashboards import dashboards
from generator.pipeline import read
from tests.dashboards.node import refusals
from tests.proof import ROOT

pytestmark = pytest.mark.server("node")
Page = dict[str, Any]
SPEC = """
version: 1
stack: {name: types, locale: LOCALE, timezone: Asia/Seoul}
services: [{name: api, kind: KIND, targets: ["api:8000"]}]
MORE
"""
MORE = """
databases: [{name: main, kind: postgres, targets: ["exporter:9187"]}]
probes: [{name: home, kind: http, target: "http://api:8000/"}]
"""
VARIANTS = {
    "korean": ("ko", "fastapi", MORE),
    "few-parts": ("en", "fastapi", ""),
    "mean-alone": ("en", "triton", MORE),
}


def committed() -> dict[str, Page]:
    """The dashboards of the tree, by uid."""
    return {
        path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "grafana" / "dashboards").glob("*.json"))
    }


def rendered() -> dict[str, Page]:
    """Dashboards of other stacks: another language, fewer parts, no percentiles."""
    found: dict[str, Page] = {}
    for name, (locale, kind, more) in VARIANTS.items():
        text = SPEC.replace("LOCALE", locale).replace("KIND", kind).replace("MORE", more)
        found |= {f"{name}-{page['uid']}": page for page in dashboards(read(text.encode(), "compose").stack)}
    return found


def test_dashboards_are_what_grafana_types_say() -> None:
    """No unknown property, no missing one, no wrong type, in any page."""
    pages = committed() | rendered()

    assert len(pages) >= 1 + len(VARIANTS)
    assert refusals(pages) == {name: [] for name in pages}


def first(page: Page, kind: str) -> Page:
    """The first panel of a kind."""
    found: Page = next(panel for panel in page["panels"] if panel["type"] == kind)
    return found


def put(kind: str, *path: str | int, value: Any) -> Callable[[Page], None]:
    """A fault: a value put somewhere into the first panel of a kind."""

    def break_it(page: Page) -> None:
        place: Any = first(page, kind)
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return break_it


def on_page(key: str, value: Any) -> Callable[[Page], None]:
    """A fault: a value put onto the page itself."""

    def break_it(page: Page) -> None:
        page[key] = value

    return break_it


def without(kind: str, option: str) -> Callable[[Page], None]:
    """A fault: an option that the plugin needs is gone."""
    return lambda page: first(page, kind)["options"].pop(option)


def an_override(page: Page) -> None:
    """A fault: an override of a property that does not exist."""
    panel = first(page, "timeseries")
    properties = [{"id": "custom.lineColour", "value": "red"}]
    panel["fieldConfig"]["overrides"].append({"matcher": {"id": "byName", "options": "x"}, "properties": properties})


def a_kind(page: Page) -> None:
    """A fault: a panel that Grafana does not have."""
    page["panels"][1]["type"] = "timeserie"


FAULTS: dict[str, Callable[[Page], None]] = {
    "unknown-option": put("timeseries", "options", "legends", value={}),
    "unknown-nested-option": put("timeseries", "options", "legend", "colour", value="red"),
    "unknown-custom-field": put("timeseries", "fieldConfig", "defaults", "custom", "lineColour", value="red"),
    "unknown-default": put("stat", "fieldConfig", "defaults", "units", value="s"),
    "unknown-query-field": put("stat", "targets", 0, "expression", value="up"),
    "unknown-panel-field": put("table", "transformation", value=[]),
    "unknown-page-field": on_page("schema_version", 42),
    "unknown-override": an_override,
    "unknown-kind": a_kind,
    "wrong-type": put("timeseries", "fieldConfig", "defaults", "custom", "lineWidth", value="1"),
    "wrong-type-of-a-switch": put("stat", "options", "showPercentChange", value="false"),
    "wrong-type-on-the-page": on_page("schemaVersion", "42"),
    "wrong-time-zone": on_page("timezone", 9),
    "wrong-enum": put("timeseries", "options", "tooltip", "mode", value="all"),
    "wrong-custom-enum": put("timeseries", "fieldConfig", "defaults", "custom", "drawStyle", value="lines"),
    "wrong-thresholds-mode": put("stat", "fieldConfig", "defaults", "thresholds", "mode", value="relative"),
    "wrong-cursor": on_page("graphTooltip", 3),
    "wrong-reducer": put("stat", "options", "reduceOptions", "calcs", value=["lastNonNull"]),
    "wrong-cell": put("table", "options", "cellHeight", value="huge"),
    "missing-option": without("stat", "colorMode"),
    "missing-description": lambda page: first(page, "stat").pop("description"),
}


def test_broken_dashboards_are_refused() -> None:
    """Each copy with one fault is refused, and for that fault alone."""
    good = next(iter(committed().values()))
    broken = {name: copy.deepcopy(good) for name in FAULTS}
    for name, page in broken.items():
        FAULTS[name](page)
    found = refusals(broken)

    assert {name for name, said in found.items() if not said} == set()
    assert {name: said for name, said in found.items() if len(said) > 1} == {}
