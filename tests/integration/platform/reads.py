"""What rules and panels read: every metric, and the labels that they ask of it, as a PromQL parser tells."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import yaml

Reads = dict[str, set[str]]
"""Metric -> labels that a matcher or a grouping around it names."""


def expressions(tree: Path) -> Iterator[tuple[str, str]]:
    """Where it stands, and the expression: of every rule and every panel of a generated tree."""
    for path in sorted((tree / "prometheus" / "rules").glob("*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            for rule in group["rules"]:
                yield f"{path.name}: {rule.get('record') or rule['alert']}", rule["expr"]
    for path in sorted((tree / "grafana" / "dashboards").glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", []):
                yield f"{path.name}: {panel['title']}", target["expr"].replace("$service", ".+")


def panels(tree: Path) -> list[tuple[str, str]]:
    """Where it stands, and the expression: of every panel alone."""
    return [(place, expression) for place, expression in expressions(tree) if ".json" in place]


def recorded(tree: Path) -> set[str]:
    """The series that the tree's own rules make."""
    files = (tree / "prometheus" / "rules").glob("*.yml")
    groups = (group for path in files for group in yaml.safe_load(path.read_text())["groups"])
    return {rule["record"] for group in groups for rule in group["rules"] if "record" in rule}


def reads(tree: Path) -> Reads:
    """Everything that the tree reads of what others expose."""
    found: Reads = defaultdict(set)
    for _, expression in expressions(tree):
        for metric, labels in _selectors(promql_parser.parse(expression), frozenset()):
            found[metric] |= labels
    own = recorded(tree) | {"ALERTS", "ALERTS_FOR_STATE"}
    return {metric: labels - {"__name__"} for metric, labels in found.items() if metric not in own}


def _selectors(node: Any, grouped: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    match node:
        case promql_parser.VectorSelector():
            if node.name is not None:  # else it takes whatever has the labels
                yield node.name, grouped | {matcher.name for matcher in node.matchers.matchers if _asks(matcher)}
        case promql_parser.MatrixSelector():
            yield from _selectors(node.vector_selector, grouped)
        case promql_parser.AggregateExpr():
            modifier = node.modifier
            by = modifier is not None and modifier.type == promql_parser.AggModifierType.By
            yield from _selectors(node.expr, frozenset(modifier.labels) if modifier and by else grouped)
        case promql_parser.BinaryExpr():
            yield from _selectors(node.lhs, grouped)
            yield from _selectors(node.rhs, grouped)
        case promql_parser.Call():
            made = frozenset({node.args[1].val} if node.func.name == "label_replace" else ())
            for argument in node.args:
                yield from _selectors(argument, grouped - made)
        case promql_parser.ParenExpr() | promql_parser.UnaryExpr() | promql_parser.SubqueryExpr():
            yield from _selectors(node.expr, grouped)


def _asks(matcher: Any) -> bool:
    """Whether a matcher needs the label to be there: one that takes the empty value does not."""
    return not (matcher.op == promql_parser.MatchOp.NotEqual and matcher.value)
