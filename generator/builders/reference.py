"""spec.schema.json for editors and docs/spec-reference.md for people, both from the models of `spec.py`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from generator import names, schema
from generator.bundle import Artifact
from generator.model import Stack
from generator.render import comment, to_json

UNITS = {
    "1%": "percentage",
    "99.9%": "percentage",
    "30d": "duration",
    "800ms": "duration",
    "5m": "duration",
    "20GB": "size",
}
TYPES = {
    "object": "mapping",
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "`true`, `false`",
}
ESCAPED_BAR = "\\|"
REFERENCE = "docs/spec-reference.md"
INTRODUCTION = """\
Percentages are written `1%`, durations `800ms`, `15s`, `5m`, `4h` or `30d`, sizes `20GB`. Everything but `version`,
`stack.name` and one service may be left out. A list is marked with `[]`.
"""


def build(stack: Stack) -> Iterable[Artifact]:
    """The same for every spec; rendered with the Compose target alone."""
    if stack.target != "compose":
        return
    document = schema.schema()
    yield Artifact(names.SCHEMA_FILE, to_json(document))
    yield Artifact(REFERENCE, "\n".join(_reference(document)).rstrip("\n") + "\n")


def _reference(document: dict[str, Any]) -> Iterator[str]:
    yield from (f"<!-- {comment('', '').strip()} -->", "# The fields of spec.yaml", "", INTRODUCTION)
    for path, part in _parts("", document, document["$defs"]):
        yield from (f"## `{path}`" if path else "## The file", "")
        if part.get("description"):
            yield from (part["description"], "")
        yield from ("| Field | Type | Default | What it says |", "|---|---|---|---|", *_rows(path, part), "")


def _parts(path: str, part: dict[str, Any], known: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every mapping of the file by its path, each before what it holds."""
    yield path, part
    for name, field in part["properties"].items():
        mark, reference = ("[]", field.get("items", {})) if field.get("type") == "array" else ("", field)
        if reference := _reference_in(reference):
            inner = known[reference.rsplit("/", 1)[1]]
            yield from _parts(f"{path}.{name}{mark}".lstrip("."), inner, known)


def _reference_in(field: dict[str, Any]) -> str:
    """The mapping that a field holds, where it holds one: alone, or with the word `off` in its place."""
    return next((str(each["$ref"]) for each in (field, *field.get("anyOf", ())) if "$ref" in each), "")


def _rows(path: str, part: dict[str, Any]) -> Iterator[str]:
    required = part.get("required", [])
    for name, field in part["properties"].items():
        default = "required" if name in required else _default(field)
        cells = (f"`{name}`", _type(f"{path}.{name}".lstrip("."), field), default, field.get("description", ""))
        yield f"| {' | '.join(cell.replace('|', ESCAPED_BAR) for cell in cells)} |"


def _default(field: dict[str, Any]) -> str:
    if "default" not in field:
        return ""
    value = field["default"]
    shown = value if isinstance(value, str) else json.dumps(value).replace('"', "")
    return f"`{shown}`"


def _type(path: str, field: dict[str, Any]) -> str:
    if _reference_in(field):
        return f"[mapping](#{_anchor(path)}){', or `off`' if 'anyOf' in field else ''}"
    if "enum" in field:
        return ", ".join(f"`{v}`" for v in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    if field.get("type") == "array":
        inner = field["items"]
        return f"list of [mappings](#{_anchor(path)})" if "$ref" in inner else f"list of {_type(path, inner)}"
    example = field.get("examples", [None])[0]
    return UNITS.get(example) or TYPES[field["type"]]


def _anchor(path: str) -> str:
    """The anchor that Markdown viewers give a heading: letters, digits, _ and - alone."""
    return "".join(c for c in path if c.isalnum() or c in "_-").lower()
