"""spec.schema.json for editors and docs/spec-reference.md for people, both from the models of `spec.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from generator import names, schema
from generator.bundle import Artifact
from generator.model import Stack
from generator.render import comment, to_json

REFERENCE = "docs/spec-reference.md"


def build(stack: Stack) -> Iterable[Artifact]:
    """The same for every spec; rendered with the Compose target alone."""
    if stack.target != "compose":
        return
    document = schema.schema()
    yield Artifact(names.SCHEMA_FILE, to_json(document))
    yield Artifact(REFERENCE, _reference(document))


def _reference(document: dict[str, Any]) -> str:
    lines = [f"<!-- {comment('', '').strip()} -->", "# The fields of spec.yaml", ""]
    for title, part in (("(top level)", document), *document["$defs"].items()):
        lines += [f"## {title}", ""]
        if part.get("description"):
            lines += [part["description"], ""]
        if part.get("properties"):
            lines += ["| field | type | what it says |", "|---|---|---|", *_rows(part), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _rows(part: dict[str, Any]) -> Iterator[str]:
    required = part.get("required", [])
    for name, field in part["properties"].items():
        needed = " (required)" if name in required else ""
        kind = _type(field).replace("|", "\\|")
        yield f"| `{name}`{needed} | {kind} | {field.get('description', '')} |"


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rsplit("/", 1)[1]
    if "anyOf" in field:
        return " or ".join(_type(f) for f in field["anyOf"] if f.get("type") != "null")
    if "enum" in field:
        return ", ".join(f"`{v}`" for v in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}"
    if field.get("examples"):
        return f"such as `{field['examples'][0]}`"
    return str(field.get("type", "mapping"))
