"""The user's own rules: carried along as they are, judged by the real server's code, and routed like the others."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.explain import explain
from generator.pipeline import generate, read
from tests.proof import find
from tests.rules.promtool import SPEC, Rules

OWN: list[dict[str, Any]] = [
    {"record": "shop:stock:min", "expr": "min by (shop) (stock)"},
    {
        "alert": "StockLow",
        "expr": "shop:stock:min < 5",
        "for": "2m",
        "labels": {"severity": "critical", "team": "shop", "service": "api"},
        "annotations": {"summary": "{{ $labels.shop }} has {{ $value }}"},
    },
]
WITH_OWN: dict[str, Any] = {
    **SPEC,
    "alerting": {
        "receivers": [
            {"name": "all", "webhook": {"url": "http://all/"}},
            {"name": "pager", "webhook": {"url": "http://pager/"}},
            {"name": "shopkeeper", "webhook": {"url": "http://shop/"}},
        ],
        "default": "all",
        "routes": [
            {"match": {"team": "shop"}, "receiver": "shopkeeper", "continue": True},
            {"match": {"severity": "critical"}, "receiver": "pager"},
        ],
        "rules": OWN,
    },
}


def test_they_stand_as_they_were_written() -> None:
    """In a file of their own, in their order."""
    text = generate(yaml.safe_dump(WITH_OWN)).files()["prometheus/rules/own.yml"]

    assert yaml.safe_load(text) == {"groups": [{"name": "own", "rules": OWN}]}


@pytest.mark.server("promtool")
def test_they_fire_beside_the_others(tmp_path: Path) -> None:
    """After their own `for`, with their own labels."""
    rules = Rules(tmp_path, WITH_OWN)
    series = {'stock{shop="a"}': "10x20 4x40"}

    assert not rules.fires(series, "StockLow", "6m30s")
    assert rules.fires(series, "StockLow", "7m30s", shop="a", severity="critical", team="shop")


@pytest.mark.server("amtool")
@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        (OWN[1]["labels"], "shopkeeper,pager"),
        ({"severity": "warning", "team": "shop"}, "shopkeeper"),
        ({"severity": "critical", "team": "ml"}, "pager"),
        ({"team": "ml"}, "all"),
    ],
)
def test_they_are_routed_by_their_labels(tmp_path: Path, labels: dict[str, str], receivers: str) -> None:
    """By team and severity as the routes say; what no route knows goes to the default."""
    amtool = find("amtool")
    assert amtool
    config = tmp_path / "alertmanager.yml"
    config.write_text(generate(yaml.safe_dump(WITH_OWN)).files()["alertmanager/alertmanager.yml"])
    asked = [f"{name}={value}" for name, value in {"alertname": "StockLow", **labels}.items()]
    command = [amtool.where, "config", "routes", "test", f"--config.file={config}", *asked]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == receivers


def test_they_can_be_explained() -> None:
    """Also what the stack did not make has an expression."""
    lines = [*explain(read(yaml.safe_dump(WITH_OWN).encode(), "compose").stack, "StockLow")]

    assert lines[:2] == ["StockLow", "An alert of alerting.rules."]
    assert "  shop:stock:min < 5" in lines
