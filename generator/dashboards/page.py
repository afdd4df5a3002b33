"""A page of panels -> a dashboard: ids, places on the grid, and the house's rules, once for all pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from generator.dashboards.panels import DATASOURCE, WIDTH, Panel, query
from generator.model import Stack

SCHEMA_VERSION = 42
"""The last one of classic dashboards; Grafana 12.1 and later migrate nothing."""
SHARED_TOOLTIP = 2
ON_TIME_RANGE_CHANGE = 2
ALPHABETICAL = 1


def dashboard(
    stack: Stack,
    uid: str,
    title: str,
    description: str,
    panels: Iterable[Panel],
    *,
    variables: Iterable[dict[str, Any]] = (),
    annotations: Iterable[dict[str, Any]] = (),
    links: Iterable[dict[str, Any]] = (),
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
        "graphTooltip": SHARED_TOOLTIP,
        "timezone": stack.timezone,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [*variables]},
        "annotations": {"list": [*annotations]},
        "links": [*links],
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


def variable(name: str, label: str, values: str) -> dict[str, Any]:
    """A drop-down filled from label values, several at once or all."""
    return {
        "type": "query",
        "name": name,
        "label": label,
        "datasource": DATASOURCE,
        "query": {"query": values, "refId": name},
        "refresh": ON_TIME_RANGE_CHANGE,
        "sort": ALPHABETICAL,
        "multi": True,
        "includeAll": True,
        "allValue": ".+",
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def annotation(name: str, expr: str, title: str, text: str, tags: tuple[str, ...]) -> dict[str, Any]:
    """Marks on every graph for as long as an expression has series; `title` and `text` may name their labels."""
    return {
        "name": name,
        "enable": True,
        "hide": False,
        "iconColor": "red",
        "datasource": DATASOURCE,
        "target": query(expr, "Anno", range=True, instant=False),
        "titleFormat": title,
        "textFormat": text,
        "tagKeys": ",".join(tags),
    }


def page_link(title: str, url: str) -> dict[str, Any]:
    """A link at the top of the page, to another program."""
    return {
        "type": "link",
        "title": title,
        "url": url,
        "icon": "external link",
        "tooltip": "",
        "tags": [],
        "asDropdown": False,
        "includeVars": False,
        "keepTime": False,
        "targetBlank": True,
    }
