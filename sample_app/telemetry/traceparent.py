"""The W3C `traceparent` header (https://www.w3.org/TR/trace-context/, section 3.2). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_FORM = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]([0-9a-f])(-.*)?")
_ODD = b"13579bdf"
_NO_TRACE, _NO_SPAN = b"0" * 32, b"0" * 16


class Parent(NamedTuple):
    """The span that a request comes from: its ids in hex, and whether its sender keeps the trace."""

    trace_id: str
    span_id: str
    sampled: bool


def parent_of(value: bytes) -> Parent | None:
    """What a header's value says; None when it is malformed. Never raises."""
    match = _matched(value)
    if match is None:
        return None
    return Parent(match[2].decode("ascii"), match[3].decode("ascii"), match[4] in _ODD)


def trace_id_of(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The 32 hex digits of a sampled trace, or None without a header, with a malformed one, or when not sampled.

    `headers` are ASGI headers: pairs of bytes with lower-case names. Never raises.
    """
    for name, value in headers:
        if name == b"traceparent":
            match = _matched(value)
            return match[2].decode("ascii") if match is not None and match[4] in _ODD else None
    return None


def _matched(value: bytes) -> re.Match[bytes] | None:
    match = _FORM.fullmatch(value)
    if match is None:
        return None
    version, trace, span, _flags, rest = match.groups()
    if trace == _NO_TRACE or span == _NO_SPAN or version == b"ff" or (rest and version == b"00"):
        return None
    return match
