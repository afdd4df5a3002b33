"""Objects -> YAML or JSON text, the same for the same objects. The only place that writes YAML."""

from __future__ import annotations

import json
from typing import Any

import yaml

_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_DUMPER):  # type: ignore[misc]
    """Writes every object in full: an alias would surprise whoever reads the file."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: Any, text: str) -> Any:
    """Text of several lines as a block, as a person would write it."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def to_yaml(value: Any, header: str) -> str:
    """A YAML document under a comment that says where it comes from."""
    return f"{comment(header)}{plain_yaml(value)}"


def plain_yaml(value: Any) -> str:
    """A YAML document, keys in the order that they were put in."""
    text: str = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000, default_flow_style=False
    )
    return text


def to_json(value: Any) -> str:
    """A JSON document with two spaces of indentation."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def comment(text: str, mark: str = "# ") -> str:
    """The header of a generated file."""
    lines = ["Generated from the spec by `make generate`; edit spec.yaml instead.", text]
    return "".join(f"{mark}{line}\n" for line in lines)
