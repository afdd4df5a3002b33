"""The trace id in a W3C `traceparent` header (https://www.w3.org/TR/trace-context/, section 3.2). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SAMPLED = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f][13579bdf](-.*)?")
_NO_TRACE, _NO_SPAN = b"0" * 32, b"0" * 16


def trace_id_of(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The 32 hex digits of a sampled trace, or None without a header, with a malformed one, or when not sampled.

    `headers` are ASGI headers: pairs of bytes with lower-case names. Never raises.
    """
    for name, value in headers:
        if name == b"traceparent":
            return _sampled_trace_id(value)
    return None


def _sampled_trace_id(value: bytes) -> str | None:
    match = _SAMPLED.fullmatch(value)
    if match is None:
        return None
    version, trace, span, rest = match.groups()
    if trace == _NO_TRACE or span == _NO_SPAN or version == b"ff" or (rest and version == b"00"):
        return None
    return trace.decode("ascii")
