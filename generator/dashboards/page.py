"""A page of panels -> a dashboard: ids, places on the grid, and the house's rules, once for all pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from generator.dashboards.panels import DATASOURCE, WIDTH, Panel
from generator.model import Stack

SCHEMA_VERSION = 41


def dashboard(
    stack: Stack, uid: str, title: str, description: str, variables: Iterable[dict[str, Any]], panels: Iterable[Panel]
) -> dict[str, Any]:
    """The JSON of Grafana's classic schema; the uid comes from the page's name, so links survive."""
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": ["generated", stack.name],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "timezone": stack.timezone,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [*variables]},
        "annotations": {"list": []},
        "links": [],
        "panels": _placed(panels),
    }


def _placed(panels: Iterable[Panel]) -> list[dict[str, Any]]:
    """From left to right, then down, as words on a page."""
    placed: list[dict[str, Any]] = []
    x = y = tallest = 0
    for number, panel in enumerate(panels, start=1):
        if x + panel.width > WIDTH:
            x, y, tallest = 0, y + tallest, 0
        placed.append({"id": number, **panel.body, "gridPos": {"x": x, "y": y, "w": panel.width, "h": panel.height}})
        x, tallest = x + panel.width, max(tallest, panel.height)
    return placed


def variable(name: str, label: str, query: str) -> dict[str, Any]:
    """A drop-down filled from label values, with `all`."""
    return {
        "type": "query",
        "name": name,
        "label": label,
        "datasource": DATASOURCE,
        "query": {"query": query, "refId": name},
        "definition": query,
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".+",
        "current": {"text": ["All"], "value": ["$__all"]},
    }
