"""Panel makers: what every panel of a kind has in common. Pages say title, query and unit; nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from generator import names

DATASOURCE = {"type": "prometheus", "uid": names.DATASOURCE_PROMETHEUS}
WIDTH = 24
GREEN, YELLOW, ORANGE, RED = "green", "yellow", "orange", "red"
NOTHING = "–"
Steps = tuple[tuple[str, float | None], ...]
OF_LIMIT: Steps = ((GREEN, None), (YELLOW, 0.5), (RED, 1))
"""Colours of a share of a limit: each service and route is judged by the limit in force for itself."""


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

    def sized(self, width: int) -> Panel:
        """The same panel, wider or narrower."""
        return replace(self, width=width)


def query(expr: str, ref: str = "A", **more: Any) -> dict[str, Any]:
    """A query as Grafana's Prometheus plugin writes it."""
    return {"refId": ref, "datasource": DATASOURCE, "editorMode": "code", "expr": expr, **more}


def letter(index: int) -> str:
    """The refId of a panel's nth query."""
    return chr(ord("A") + index)


def thresholds(steps: Steps) -> dict[str, Any]:
    """Colours from a value on; the first has no value."""
    return {"mode": "absolute", "steps": [{"color": color, "value": value} for color, value in steps]}


def body(kind: str, title: str, description: str, targets: list[dict[str, Any]]) -> dict[str, Any]:
    """What every panel with queries has."""
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "targets": targets,
    }


def _now(queries: tuple[Query, ...]) -> list[dict[str, Any]]:
    """Queries for the value of this moment."""
    return [
        query(each.expr, letter(index), instant=True, range=False, legendFormat=each.legend or "__auto")
        for index, each in enumerate(queries)
    ]


def _over_time(queries: tuple[Query, ...]) -> list[dict[str, Any]]:
    return [
        query(
            each.expr,
            letter(index),
            instant=False,
            range=True,
            legendFormat=each.legend or "__auto",
            exemplar=each.exemplar,
        )
        for index, each in enumerate(queries)
    ]


def _last() -> dict[str, Any]:
    return {"calcs": ["lastNotNull"], "fields": "", "values": False}


def stat(
    title: str, description: str, unit: str, *queries: Query, steps: Steps = ((GREEN, None),), trend: bool = False
) -> Panel:
    """One number for each series, coloured by thresholds; with a `trend` behind it where its past matters."""
    made = body("stat", title, description, _over_time(queries) if trend else _now(queries))
    made["fieldConfig"] = {
        "defaults": {
            "unit": unit,
            "noValue": NOTHING,
            "color": {"mode": "thresholds"},
            "thresholds": thresholds(steps),
        },
        "overrides": [],
    }
    made["options"] = {
        "reduceOptions": _last(),
        "colorMode": "value",
        "graphMode": "area" if trend else "none",
        "textMode": "auto",
        "orientation": "auto",
        "justifyMode": "auto",
        "wideLayout": True,
        "showPercentChange": False,
        "percentChangeColorMode": "standard",
    }
    return Panel(made, 4, 4)


def timeseries(
    title: str,
    description: str,
    unit: str,
    *queries: Query,
    styles: tuple[dict[str, Any], ...] = (),
    steps: Steps = (),
) -> Panel:
    """Lines over time. `styles` are of `limit_style` and `coloured`; `steps` are drawn as dashed lines."""
    made = body("timeseries", title, description, _over_time(queries))
    custom = {
        "drawStyle": "line",
        "lineInterpolation": "linear",
        "lineWidth": 1,
        "fillOpacity": 8,
        "showPoints": "never",
        "spanNulls": False,
        "thresholdsStyle": {"mode": "dashed" if steps else "off"},
    }
    made["fieldConfig"] = {
        "defaults": {
            "unit": unit,
            "min": 0,
            "color": {"mode": "palette-classic"},
            "thresholds": thresholds(steps or ((GREEN, None),)),
            "custom": custom,
        },
        "overrides": [*styles],
    }
    made["options"] = {
        "legend": {
            "displayMode": "table",
            "placement": "bottom",
            "showLegend": True,
            "calcs": ["lastNotNull", "max"],
            "sortBy": "Max",
            "sortDesc": True,
        },
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return Panel(made, 12, 9)


def limit_style(suffix: str) -> dict[str, Any]:
    """Series whose name ends so are limits in force: red, dashed, nothing below them."""
    properties = [
        {"id": "color", "value": {"mode": "fixed", "fixedColor": RED}},
        {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [10, 10]}},
        {"id": "custom.fillOpacity", "value": 0},
    ]
    return {"matcher": {"id": "byRegexp", "options": f"/{suffix}$/"}, "properties": properties}


def coloured(suffix: str, color: str) -> dict[str, Any]:
    """Series whose name ends so have the shades of one colour, whoever's they are."""
    return {
        "matcher": {"id": "byRegexp", "options": f"/{suffix}$/"},
        "properties": [{"id": "color", "value": {"mode": "shades", "fixedColor": color}}],
    }


def bars(title: str, description: str, unit: str, shown: Query) -> Panel:
    """The largest few, as horizontal bars."""
    made = body("bargauge", title, description, _now((shown,)))
    made["fieldConfig"] = {
        "defaults": {"unit": unit, "min": 0, "noValue": NOTHING, "color": {"mode": "continuous-BlYlRd"}},
        "overrides": [],
    }
    made["options"] = {
        "displayMode": "gradient",
        "orientation": "horizontal",
        "valueMode": "text",
        "namePlacement": "auto",
        "sizing": "auto",
        "minVizWidth": 8,
        "minVizHeight": 16,
        "maxVizHeight": 40,
        "showUnfilled": True,
        "reduceOptions": _last(),
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []},
    }
    return Panel(made, 12, 9)


def row(title: str) -> Panel:
    """A heading over the panels that follow."""
    return Panel({"type": "row", "title": title, "collapsed": False, "panels": []}, WIDTH, 1)
