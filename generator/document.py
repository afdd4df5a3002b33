"""YAML text -> a tree of nodes that remember line and column.

Built on PyYAML's event stream, so nothing is constructed, nothing recurses in C, and depth, size and the growth
through aliases are limited before memory is spent. Plain scalars follow YAML 1.2's core schema: `no` and `on` are
text, `12:30` is no number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from generator.problems import Problem, SpecError

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 40
MAX_NODES = 1_000_000

_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_CORE_TAGS = {"!", "tag:yaml.org,2002:str"}
_LOADER = getattr(yaml, "CLoader", yaml.Loader)


@dataclass(slots=True, eq=False)
class Node:
    """A scalar, list or mapping of the document; `line` and `column` count from 1."""

    line: int
    column: int
    value: Any = None
    items: list[Node] | None = None
    entries: dict[str, tuple[Node, Node]] | None = None
    size: int = 1
    height: int = 0  # levels of lists and mappings, its own included
    open: bool = field(default=True)

    def plain(self) -> Any:
        """The node as dict, list, str, int, float, bool or None."""
        if self.entries is not None:
            return {key: value.plain() for key, (_, value) in self.entries.items()}
        if self.items is not None:
            return [item.plain() for item in self.items]
        return self.value


def parse(raw: bytes) -> Node:
    """The document's root node; raises SpecError for anything that is no single, small, plain YAML document."""
    if len(raw) > MAX_BYTES:
        size = f"{len(raw) / 2**20:.0f} MiB"
        raise _fail("too-large", f"the file has {size}", hint=f"a spec has at most {MAX_BYTES // 2**20} MiB")
    return _Composer().compose(_decode(raw))


def locate(root: Node, path: tuple[str | int, ...]) -> tuple[int, int]:
    """Line and column of the deepest part of `path` that exists: a key's own place if its value is the culprit."""
    node, place = root, (root.line, root.column)
    for step in path:
        if node.entries is not None and step in node.entries:
            _, node = node.entries[str(step)]
        elif node.items is not None and isinstance(step, int) and 0 <= step < len(node.items):
            node = node.items[step]
        else:
            break
        place = (node.line, node.column)
    return place


def locate_key(root: Node, path: tuple[str | int, ...]) -> tuple[int, int]:
    """Line and column of the last key of `path` itself, or of the nearest part that exists."""
    node = root
    for step in path[:-1]:
        if node.entries is not None and step in node.entries:
            _, node = node.entries[str(step)]
        elif node.items is not None and isinstance(step, int) and 0 <= step < len(node.items):
            node = node.items[step]
    if node.entries is not None and path and path[-1] in node.entries:
        key, _ = node.entries[str(path[-1])]
        return key.line, key.column
    return locate(root, path)


def _decode(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line, column = before.count(b"\n") + 1, len(before.rpartition(b"\n")[2].decode(errors="replace")) + 1
        byte = f"byte 0x{raw[error.start]:02x}"
        raise _fail("not-utf8", f"{byte} is not valid UTF-8", line, column, "save the file as UTF-8") from None
    for number, row in enumerate(text.split("\n"), start=1):
        bad = re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]", row)
        if bad:
            raise _fail(
                "control-character", f"control character U+{ord(bad[0]):04X}", number, bad.start() + 1, "remove it"
            )
    return text


def _fail(code: str, message: str, line: int = 0, column: int = 0, hint: str = "") -> SpecError:
    return SpecError([Problem(code, message, line=line, column=column, hint=hint)])


class _Composer:
    """Turns the events of one document into nodes, with an explicit stack instead of recursion."""

    def __init__(self) -> None:
        self.anchors: dict[str, Node] = {}
        self.stack: list[tuple[Node, Node | None]] = []
        self.root: Node | None = None
        self.problems: list[Problem] = []

    def compose(self, text: str) -> Node:
        documents = 0
        for event in self._events(text):
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._at("many-documents", "a second document starts here", event, "keep one document")
            else:
                self._take(event)
        if self.problems:
            raise SpecError(self.problems)
        if self.root is None or (self.root.entries is None and self.root.value is None and self.root.items is None):
            raise _fail("empty", "the file is empty", hint="start with `python -m generator init`")
        if self.root.entries is None:
            raise _fail(
                "not-a-mapping",
                "the file must hold keys and values",
                self.root.line,
                self.root.column,
                "for example `version: 1`",
            )
        return self.root

    def _events(self, text: str) -> Iterator[Any]:
        try:
            yield from yaml.parse(text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
            reason = error.problem or "cannot be read"
            raise _fail("yaml", f"not valid YAML: {reason}", line, column, "check indentation and quotes") from None
        except yaml.YAMLError as error:
            raise _fail("yaml", f"not valid YAML: {str(error).splitlines()[0]}") from None

    def _take(self, event: Any) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._place(self._scalar(event), event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._open(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._close()

    def _scalar(self, event: Any) -> Node:
        if event.tag is not None and event.tag not in _CORE_TAGS:
            raise self._at("tag", f"the tag {event.tag} is not allowed", event, "write plain values")
        plain = bool(event.implicit[0])
        value = _resolve(event.value) if plain else event.value
        return Node(event.start_mark.line + 1, event.start_mark.column + 1, value=value, open=False)

    def _alias(self, event: Any) -> None:
        node = self.anchors.get(event.anchor)
        if node is None:
            raise self._at("alias", f"no anchor &{event.anchor} before this", event, "define it first")
        if node.open:
            raise self._at("alias", f"*{event.anchor} lies inside itself", event, "remove the cycle")
        if len(self.stack) + node.height > MAX_DEPTH:
            raise self._at("too-deep", f"nested deeper than {MAX_DEPTH} levels through aliases", event, "flatten it")
        self._place(node, event)

    def _open(self, event: Any) -> None:
        if event.tag is not None:
            raise self._at("tag", f"the tag {event.tag} is not allowed", event, "write plain values")
        if len(self.stack) >= MAX_DEPTH:
            raise self._at("too-deep", f"nested deeper than {MAX_DEPTH} levels", event, "flatten it")
        node = Node(event.start_mark.line + 1, event.start_mark.column + 1, height=1)
        if isinstance(event, yaml.MappingStartEvent):
            node.entries = {}
        else:
            node.items = []
        if event.anchor:
            self.anchors[event.anchor] = node
        self.stack.append((node, None))

    def _close(self) -> None:
        node, _ = self.stack.pop()
        node.open = False
        if node.entries is not None and "<<" in node.entries:
            _merge(node, self.problems)
        self._place(node, None)

    def _place(self, node: Node, event: Any) -> None:
        if event is not None and getattr(event, "anchor", None) and not isinstance(event, yaml.AliasEvent):
            self.anchors[event.anchor] = node
        if not self.stack:
            self.root = node
            return
        parent, key = self.stack[-1]
        parent.size += node.size
        parent.height = max(parent.height, node.height + 1)
        if parent.size > MAX_NODES:
            raise _fail(
                "too-many-nodes",
                f"the document grows past {MAX_NODES:,} values through its aliases",
                node.line,
                node.column,
                "write values out instead of aliasing aliases",
            )
        if parent.items is not None:
            parent.items.append(node)
        elif key is None:
            self.stack[-1] = (parent, self._key(node))
        else:
            self.stack[-1] = (parent, None)
            self._entry(parent, key, node)

    def _key(self, node: Node) -> Node:
        if node.entries is not None or node.items is not None:
            raise _fail("key", "a key must be a word", node.line, node.column, "quote it")
        text = node.value if isinstance(node.value, str) else _key_text(node.value)
        return Node(node.line, node.column, value=text, open=False)

    def _entry(self, parent: Node, key: Node, value: Node) -> None:
        entries = parent.entries
        if entries is None:
            return
        if key.value in entries:
            first = entries[key.value][0]
            self.problems.append(
                Problem(
                    "duplicate-key",
                    f"the key {key.value!r} stands twice",
                    line=key.line,
                    column=key.column,
                    hint=f"it is already set in line {first.line}; keep one",
                )
            )
            return
        entries[key.value] = (key, value)

    def _at(self, code: str, message: str, event: Any, hint: str) -> SpecError:
        return _fail(code, message, event.start_mark.line + 1, event.start_mark.column + 1, hint)


def _key_text(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _resolve(text: str) -> Any:
    if text.lower() in _WORDS and text in (text.lower(), text.capitalize(), text.upper()):
        return _WORDS[text.lower()]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and len(text) < 40 and math.isfinite(float(text)):
        return float(text)
    return text


def _merge(node: Node, problems: list[Problem]) -> None:
    """YAML's merge key: `<<: *defaults` brings in the entries that the mapping does not set itself."""
    assert node.entries is not None  # noqa: S101 - only mappings come here
    key, value = node.entries.pop("<<")
    sources = value.items if value.items is not None else [value]
    for source in sources:
        if source.entries is None:
            problems.append(
                Problem(
                    "merge", "<< needs a mapping", line=key.line, column=key.column, hint="for example `<<: *defaults`"
                )
            )
            continue
        for name, entry in source.entries.items():
            node.entries.setdefault(name, entry)
