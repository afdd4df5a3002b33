"""Small functions that return PromQL. Every value that came from the spec goes through `quote` or `one_of`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from generator.units import number

WINDOW = "5m"
_TOKENS = re.compile(r"""\\.|["'`()]|\b(?:and|or|unless)\b""")
WINDOW_SECONDS = 300


def quote(value: str) -> str:
    """A PromQL string literal, whatever `value` holds."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def literal(value: str) -> str:
    """`value` as a regular expression (RE2) that matches it alone."""
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", value)


def equals(label: str, value: str) -> str:
    """The matcher label="value"."""
    return f"{label}={quote(value)}"


def differs(label: str, value: str) -> str:
    """The matcher label!="value"."""
    return f"{label}!={quote(value)}"


def one_of(label: str, values: Iterable[str]) -> str:
    """A matcher for any of the values."""
    found = sorted(set(values))
    return equals(label, found[0]) if len(found) == 1 else f"{label}=~{quote('|'.join(map(literal, found)))}"


def none_of(label: str, values: Iterable[str]) -> str:
    """A matcher for none of the values; empty when there are none."""
    found = sorted(set(values))
    if not found:
        return ""
    return differs(label, found[0]) if len(found) == 1 else f"{label}!~{quote('|'.join(map(literal, found)))}"


def select(metric: str, *matchers: str) -> str:
    """metric{matcher, …}"""
    inner = ", ".join(m for m in matchers if m)
    return f"{metric}{{{inner}}}" if inner else metric


def rate(metric: str, *matchers: str) -> str:
    """rate(metric{…}[5m])"""
    return f"rate({select(metric, *matchers)}[{WINDOW}])"


def sum_by(labels: Iterable[str], expression: str) -> str:
    """sum by (labels) (expression)"""
    return f"sum by ({', '.join(labels)}) ({expression})"


def rename(expression: str, new: str, old: str | None) -> str:
    """Copies the label `old` to `new`; nothing to do when they are one, or when there is none."""
    if old is None or old == new:
        return expression
    return f'label_replace({expression}, "{new}", "$1", "{old}", "(.+)")'


def status_class(expression: str, status: str | None, fixed: str) -> str:
    """Adds the label `code` (`2xx` … `5xx`) from a label that holds the status grouped or exact, else `fixed`."""
    if status is None:
        return f'label_replace({expression}, "code", "{fixed}", "", "")'
    return f'label_replace({expression}, "code", "${{1}}xx", "{status}", "([1-5])..")'


def bucket(seconds: float, unit: float) -> str:
    """A matcher for the bucket with this bound. Prometheus 3 writes `1.0` where 2 and the client write `1`, or not."""
    bound = round(seconds / unit, 9)
    if bound == int(bound):
        return f'le=~"{int(bound)}(\\\\.0)?"'
    return f'le="{number(bound)}"'


def first_present(expressions: Iterable[str], label: str) -> str:
    """Of several expressions the first that has anything for a value of `label`."""
    return f" or on ({label}) ".join(expressions)


def either(expressions: list[str]) -> str:
    """`a or b or …`, as a balanced tree when there are many: a chain would hash its own beginning at every step."""
    if len(expressions) == 1:
        return expressions[0]
    if len(expressions) <= 8:
        return " or ".join(f"({expression})" for expression in expressions)
    middle = len(expressions) // 2
    return f"({either(expressions[:middle])}) or ({either(expressions[middle:])})"


def pretty(expression: str, width: int = 110, deepest: int = 2) -> str:
    """The same expression with a line break before `and`, `or`, `unless` near its top, when it is long."""
    if len(expression) <= width:
        return expression
    lines, depth, quoted, start = [""], 0, "", 0
    for match in _TOKENS.finditer(expression):
        part = match[0]
        lines[-1] += expression[start : match.start()]
        start = match.end()
        if quoted or part in "\"'`":
            quoted = "" if part == quoted else quoted or part
        elif part in "()":
            depth += 1 if part == "(" else -1
        elif depth <= deepest and part.strip() in ("and", "or", "unless"):
            lines.append("  " * depth)
            part = part.lstrip()
        lines[-1] += part
    lines[-1] += expression[start:]
    return "\n".join(line.rstrip() for line in lines)
