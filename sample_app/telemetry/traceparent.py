"""The W3C `traceparent` header (https://www.w3.org/TR/trace-context/, section 3.2). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_FORM = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]([0-9a-f])(-.*)?")
_NO_TRACE, _NO_SPAN = b"0" * 32, b"0" * 16


class Parent(NamedTuple):
    """The span that a request comes from: its ids in hex, and whether its sender keeps the trace."""

    trace_id: str
    span_id: str
    sampled: bool


def parent_of(value: bytes) -> Parent | None:
    """What a header's value says; None when it is malformed. Never raises."""
    match = _FORM.fullmatch(value)
    if match is None:
        return None
    version, trace, span, flags, rest = match.groups()
    if trace == _NO_TRACE or span == _NO_SPAN or version == b"ff" or (rest and version == b"00"):
        return None
    return Parent(trace.decode("ascii"), span.decode("ascii"), flags in b"13579bdf")


def trace_id_of(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The 32 hex digits of a sampled trace, or None without a header, with a malformed one, or when not sampled.

    `headers` are ASGI headers: pairs of bytes with lower-case names. Never raises.
    """
    for name, value in headers:
        if name == b"traceparent":
            parent = parent_of(value)
            return parent.trace_id if parent and parent.sampled else None
    return None
