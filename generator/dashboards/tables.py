"""Tables: one line for each set of labels, one column for each query, with links on the labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from generator.dashboards.panels import NOTHING, WIDTH, Panel, Steps, body, letter, query, thresholds

HEIGHT = 9


@dataclass(frozen=True, slots=True)
class Label:
    """A column that shows a label; `links` lead on from its cells."""

    name: str
    title: str
    links: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of numbers: a query whose series have the table's labels. `steps` colour the cells."""

    title: str
    expr: str
    unit: str
    steps: Steps = ()


def link(title: str, url: str, *, new_tab: bool = True) -> dict[str, Any]:
    """A link of a cell; the URL may name the line's other cells with `cell`."""
    return {"title": title, "url": url, "targetBlank": new_tab}


def cell(label: str) -> str:
    """The value of a label in the line of a link, fit for a URL."""
    return f"${{__data.fields.{label}:percentencode}}"


def table(
    title: str,
    description: str,
    labels: tuple[Label, ...],
    columns: tuple[Column, ...],
) -> Panel:
    """Instant queries, merged into lines by their labels, the first column of numbers sorted downwards."""
    targets = [
        query(column.expr, letter(index), instant=True, range=False, format="table", legendFormat="__auto")
        for index, column in enumerate(columns)
    ]
    made = body("table", title, description, targets)
    values = [f"Value #{letter(index)}" if len(columns) > 1 else "Value" for index in range(len(columns))]
    order = [*(label.name for label in labels), *values]
    made["transformations"] = [
        {"id": "merge", "options": {}},
        {
            "id": "organize",
            "options": {
                "excludeByName": {"Time": True},
                "indexByName": {name: place for place, name in enumerate(order)},
                "renameByName": {},
            },
        },
    ]
    named = [_label(label) for label in labels]
    counted = [_column(value, column) for value, column in zip(values, columns, strict=True)]
    made["fieldConfig"] = {"defaults": _defaults(), "overrides": named + counted}
    made["options"] = {
        "cellHeight": "sm",
        "enablePagination": True,
        "frameIndex": 0,
        "showHeader": True,
        "sortBy": [{"displayName": columns[0].title, "desc": True}],
    }
    return Panel(made, WIDTH, HEIGHT)


def _defaults() -> dict[str, Any]:
    custom = {"align": "auto", "cellOptions": {"type": "auto"}, "filterable": True, "inspect": False}
    return {"noValue": NOTHING, "custom": custom}


def _label(label: Label) -> dict[str, Any]:
    properties: list[dict[str, Any]] = [{"id": "displayName", "value": label.title}]
    if label.links:
        properties.append({"id": "links", "value": [*label.links]})
    return {"matcher": {"id": "byName", "options": label.name}, "properties": properties}


def _column(value: str, column: Column) -> dict[str, Any]:
    properties: list[dict[str, Any]] = [
        {"id": "displayName", "value": column.title},
        {"id": "unit", "value": column.unit},
    ]
    if column.steps:
        properties += [
            {"id": "color", "value": {"mode": "thresholds"}},
            {"id": "thresholds", "value": thresholds(column.steps)},
            {"id": "custom.cellOptions", "value": {"type": "color-text"}},
        ]
    return {"matcher": {"id": "byName", "options": value}, "properties": properties}
