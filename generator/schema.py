"""The JSON Schema of the spec, for editors."""

from __future__ import annotations

from typing import Any

from generator.spec import StackSpec


def schema() -> dict[str, Any]:
    """Draft 2020-12. Fields that may be left out may not be null in the schema's eyes; the loader is kinder."""
    found = StackSpec.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "spec.yaml", **_tidy(found)}


def _tidy(part: Any) -> Any:
    """Without the titles that repeat a field's name, and without the null that means `left out`."""
    if isinstance(part, list):
        return [_tidy(item) for item in part]
    if not isinstance(part, dict):
        return part
    made = {k: _tidy(v) for k, v in part.items() if not (k == "title" and isinstance(v, str))}
    if made.get("default", ...) is None:
        del made["default"]
    choices = made.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        rest = [c for c in choices if c != {"type": "null"}]
        del made["anyOf"]
        made = {**(rest[0] if len(rest) == 1 else {"anyOf": rest}), **made}
    return made
