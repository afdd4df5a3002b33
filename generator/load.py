"""YAML bytes -> StackSpec, or every problem at once with its line and column. The only place that sees pydantic."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from generator import document, references
from generator.document import Node
from generator.problems import Problem, SpecError
from generator.spec import StackSpec

Path = tuple[str | int, ...]

LATER = {
    "business": "business metrics",
    "remote_write": "remote write",
}
SECRETS = {"webhook_url", "api_url", "bot_token", "routing_key", "auth_password", "password", "token", "api_key"}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A valid spec with the document that it came from, for the places of later problems."""

    spec: StackSpec
    root: Node

    def problem(self, code: str, key: str, message: str, hint: str = "", **more: Any) -> Problem:
        """A problem at a key written as `services[0].routes[1].route`."""
        line, column = document.locate(self.root, parse_key(key))
        return Problem(code, message, key=key, line=line, column=column, hint=hint, **more)


def load(raw: bytes) -> Loaded:
    """The spec in `raw`; raises SpecError that holds every problem found in one run."""
    root = document.parse(raw)
    data = root.plain()
    problems = [
        Problem(found.code, found.message, key=show_key(found.path), hint=found.hint, line=line, column=column)
        for found in references.check(data)
        for line, column in [document.locate(root, found.path)]
    ]
    try:
        spec = StackSpec.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        wrong = tuple(_translate(error, root))
        told = {problem.key for problem in wrong}
        untold = (p for p in problems if p.code != references.EMPTY or p.key not in told)
        raise SpecError([*untold, *wrong]) from None
    if problems:
        raise SpecError(problems)
    return Loaded(spec, root)


def show_key(path: Path) -> str:
    """("services", 0, "name") -> `services[0].name`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def parse_key(key: str) -> Path:
    """`services[0].name` -> ("services", 0, "name"); the inverse of `show_key` for keys without dots."""
    steps: list[str | int] = []
    for part in key.replace("[", ".[").split("."):
        if part.startswith("["):
            steps.append(int(part[1:-1]))
        elif part:
            steps.append(part)
    return tuple(steps)


def _translate(error: ValidationError, root: Node) -> Iterator[Problem]:
    for detail in error.errors(include_url=False):
        path = _real_path(detail["loc"])
        kind, context = detail["type"], detail.get("ctx", {})
        if kind == "extra_forbidden":
            yield _unknown_key(path, root)
        elif kind == "missing":
            yield _missing(path, root)
        else:
            line, column = document.locate(root, path)
            message, hint = _words(kind, context, detail)
            yield Problem(kind, message, key=show_key(path), line=line, column=column, hint=hint)


def _real_path(loc: Iterable[int | str]) -> Path:
    """Pydantic's place without its own mark of a key, which the document does not have."""
    path: list[str | int] = []
    for step in loc:
        if step == "[key]":
            break
        path.append(step)
    return tuple(path)


def _unknown_key(path: Path, root: Node) -> Problem:
    line, column = document.locate_key(root, path)
    name = str(path[-1])
    allowed = sorted(_fields_at(path[:-1]))
    if name in LATER and name not in allowed:
        message, hint = f"unknown key {name!r}", f"this version does not render {LATER[name]} yet; remove it"
    elif name in SECRETS or name.removesuffix("_file") in SECRETS:
        message = f"unknown key {name!r}: a secret is never written into the spec"
        near = [a for a in allowed if a.endswith("_file")]
        hint = f"put it into a file and name the file: {near[0]}" if near else f"known keys: {', '.join(allowed)}"
    else:
        near = difflib.get_close_matches(name, allowed, n=1, cutoff=0.6)
        message = f"unknown key {name!r}"
        hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(allowed)}"
    return Problem("unknown-key", message, key=show_key(path), line=line, column=column, hint=hint)


def _fields_at(path: Path) -> set[str]:
    model: Any = StackSpec
    for step in path:
        if isinstance(step, int):
            continue
        field = _field(model, step) if isinstance(model, type) and issubclass(model, BaseModel) else None
        found = _model_in(field.annotation) if field else None
        if found is None:
            return set()
        model = found
    return {field.alias or name for name, field in model.model_fields.items()}


def _field(model: type[BaseModel], name: str) -> Any:
    return next((f for n, f in model.model_fields.items() if (f.alias or n) == name), None)


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _model_in(arg)) is not None), None)


def _missing(path: Path, root: Node) -> Problem:
    line, column = document.locate(root, path[:-1])
    return Problem("missing", "is required", key=show_key(path), line=line, column=column, hint=f"write `{path[-1]}:`")


_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping of keys and values",
    "model_type": "a mapping of keys and values",
    "model_attributes_type": "a mapping of keys and values",
}
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


def _words(kind: str, context: dict[str, Any], detail: Any) -> tuple[str, str]:
    """What is wrong and what would be right, in the house's words."""
    given = _given(detail.get("input"))
    if kind in _TYPES:
        quoted = " (quote it)" if kind == "string_type" and isinstance(detail.get("input"), int | float) else ""
        return f"{given} is not {_TYPES[kind]}", f"write {_TYPES[kind]}{quoted}"
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return f"{given} is out of range", f"write {words} {context[name]}"
    if kind == "literal_error":
        expected = str(context.get("expected", "")).replace("'", "")
        near = difflib.get_close_matches(str(detail.get("input")), expected.replace(" or ", ", ").split(", "), n=1)
        return f"{given} is not allowed", f"write {expected}" + (f"; did you mean {near[0]!r}?" if near else "")
    if kind == "too_short":
        return "the list is empty", "list at least one"
    if kind in ("string_too_short", "string_too_long"):
        return f"{given} has a wrong length", f"write {context.get('min_length', context.get('max_length'))} characters"
    if kind == "value_error":
        message = str(context.get("error", detail["msg"]))
        wrong, _, right = message.partition("; ")
        return wrong, right
    return str(detail["msg"])[:200], ""


def _given(value: Any) -> str:
    if value is None:
        return "an empty value"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "a mapping"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
