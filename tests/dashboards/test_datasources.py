"""The data sources that Grafana provisions are what the plugins' settings are; a broken one is refused."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from generator.names import GRAFANA_DATASOURCES
from generator.pipeline import generate
from tests.dashboards.node import literal, refusals
from tests.proof import ROOT

pytestmark = pytest.mark.server("node")
File = dict[str, Any]
SPEC: dict[str, Any] = yaml.safe_load((ROOT / "spec.yaml").read_text())


def rendered(**more: Any) -> File:
    """The file of the demo's spec, and what a variant changes."""
    found: File = yaml.safe_load(generate(yaml.safe_dump({**SPEC, **more})).files()[GRAFANA_DATASOURCES])
    return found


def source(file: File) -> str:
    """A file as TypeScript."""
    return f"import type {{ File }} from '../datasources';\nexport const file: File = {literal(file)};\n"


def of(file: File, uid: str) -> dict[str, Any]:
    """One data source's settings."""
    found: dict[str, Any] = next(each for each in file["datasources"] if each["uid"] == uid)["jsonData"]
    return found


def test_data_sources_are_what_the_plugins_expect() -> None:
    """With everything, and with each part off."""
    files = {"all": rendered(), "ko": rendered(stack={**SPEC["stack"], "locale": "ko"})}
    files |= {off: rendered(**{off: "off"}) for off in ("logs", "traces")}

    assert refusals(files, source) == {name: [] for name in files}


FAULTS: dict[str, Callable[[File], object]] = {
    "unknown-property": lambda file: of(file, "tempo").update(tracesToLogs={}),
    "unknown-kind": lambda file: file["datasources"][2].update(type="lokki"),
    "a-number-of-lines": lambda file: of(file, "loki").update(maxLines=1000),
    "a-single-dollar": lambda file: of(file, "loki")["derivedFields"][0].update(url="${__value.raw}"),
    "a-tag-without-its-label": lambda file: of(file, "tempo")["tracesToMetrics"]["tags"][0].pop("value"),
    "a-query-without-tags": lambda file: of(file, "tempo")["tracesToMetrics"]["queries"][0].update(query="up"),
    "a-query-that-is-not-used": lambda file: of(file, "tempo")["tracesToLogsV2"].update(customQuery=False),
    "nobody-s-uid": lambda file: of(file, "prometheus")["exemplarTraceIdDestinations"][0].update(datasourceUid="x"),
    "a-shift-without-unit": lambda file: of(file, "tempo")["traceQuery"].update(spanStartTimeShift="-1"),
}


def test_broken_data_sources_are_refused() -> None:
    """Each copy with one fault."""
    good = rendered()
    broken = {name: copy.deepcopy(good) for name in FAULTS}
    for name, file in broken.items():
        FAULTS[name](file)

    assert {name for name, said in refusals(broken, source).items() if not said} == set()
