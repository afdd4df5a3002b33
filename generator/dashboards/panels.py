"""Panel makers: what every panel of a kind has in common. Pages say title, query and unit; nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from generator import names

DATASOURCE = {"type": "prometheus", "uid": names.DATASOURCE_PROMETHEUS}
WIDTH = 24
GREEN, YELLOW, RED = "green", "yellow", "red"


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL expression and how its series are named in the legend."""

    expr: str
    legend: str = ""
    exemplar: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel and its size on the grid of 24 columns; the page decides where it stands."""

    body: dict[str, Any]
    width: int
    height: int


def _targets(queries: tuple[Query, ...], *, instant: bool) -> list[dict[str, Any]]:
    return [
        {
            "refId": chr(ord("A") + index),
            "datasource": DATASOURCE,
            "expr": query.expr,
            "legendFormat": query.legend or "__auto",
            "instant": instant,
            "range": not instant,
            **({"exemplar": True} if query.exemplar else {}),
            **({"format": "table"} if instant and not query.legend else {}),
        }
        for index, query in enumerate(queries)
    ]


def _body(kind: str, title: str, description: str, queries: tuple[Query, ...], *, instant: bool) -> dict[str, Any]:
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "targets": _targets(queries, instant=instant),
    }


def stat(
    title: str, description: str, unit: str, *queries: Query, steps: tuple[tuple[str, float | None], ...] = ()
) -> Panel:
    """One number for each series, coloured by thresholds."""
    body = _body("stat", title, description, queries, instant=True)
    thresholds = [{"color": color, "value": value} for color, value in steps or ((GREEN, None),)]
    body["fieldConfig"] = {
        "defaults": {"unit": unit, "thresholds": {"mode": "absolute", "steps": thresholds}},
        "overrides": [],
    }
    body["options"] = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "value",
        "graphMode": "none",
        "textMode": "auto",
        "orientation": "auto",
        "justifyMode": "auto",
    }
    return Panel(body, 6, 4)


def timeseries(title: str, description: str, unit: str, *queries: Query, limit: str = "", width: int = 12) -> Panel:
    """Lines over time; series whose name ends with `limit` are drawn as the limit in force: red and dashed."""
    body = _body("timeseries", title, description, queries, instant=False)
    overrides = [_limit_style(limit)] if limit else []
    body["fieldConfig"] = {
        "defaults": {
            "unit": unit,
            "min": 0,
            "custom": {
                "drawStyle": "line",
                "lineWidth": 1,
                "fillOpacity": 8,
                "showPoints": "never",
                "spanNulls": False,
            },
        },
        "overrides": overrides,
    }
    body["options"] = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return Panel(body, width, 8)


def _limit_style(suffix: str) -> dict[str, Any]:
    return {
        "matcher": {"id": "byRegexp", "options": f"/{suffix}$/"},
        "properties": [
            {"id": "color", "value": {"mode": "fixed", "fixedColor": RED}},
            {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [10, 10]}},
            {"id": "custom.fillOpacity", "value": 0},
        ],
    }


def bars(title: str, description: str, unit: str, query: Query) -> Panel:
    """The largest few, as horizontal bars."""
    body = _body("bargauge", title, description, (query,), instant=True)
    body["fieldConfig"] = {"defaults": {"unit": unit, "min": 0}, "overrides": []}
    body["options"] = {
        "displayMode": "gradient",
        "orientation": "horizontal",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "showUnfilled": True,
    }
    return Panel(body, 8, 8)


def alert_list(title: str, description: str) -> Panel:
    """What fires now, as Prometheus' rules say."""
    body: dict[str, Any] = {"type": "alertlist", "title": title, "description": description}
    body["options"] = {
        "viewMode": "list",
        "groupMode": "default",
        "groupBy": [],
        "maxItems": 20,
        "sortOrder": 3,
        "dashboardAlerts": False,
        "alertName": "",
        "alertInstanceLabelFilter": "",
        "datasource": "Prometheus",
        "stateFilter": {"firing": True, "pending": True, "noData": False, "normal": False, "error": True},
    }
    return Panel(body, 12, 8)


def row(title: str) -> Panel:
    """A heading over the panels that follow."""
    return Panel({"type": "row", "title": title, "collapsed": False, "panels": []}, WIDTH, 1)
