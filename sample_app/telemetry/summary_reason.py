"""Why a request failed, in a few words that its client was told too. Pure."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

_LONGEST_BODY = 8192
_CLIENT_LEFT = 499


def reason_of(status: int, told: object) -> str:
    """The message of an error.

    `told` is the first bytes of the answer's body, the exception that no handler took, or neither. A body is read when
    it is JSON with a `detail`, `message` or `error`; of an exception only the type is named, for its text was not meant
    for clients. Else the status says it. Never raises.
    """
    if isinstance(told, BaseException) and status != _CLIENT_LEFT:
        return type(told).__name__
    if isinstance(told, bytes | bytearray | memoryview) and len(told) <= _LONGEST_BODY and (text := _told(bytes(told))):
        return text
    if status == _CLIENT_LEFT:
        return "the client left before the answer"
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"status {status}"


def _told(body: bytes) -> str:
    try:
        data = json.loads(body) if body[:1] == b"{" else None
    except (ValueError, RecursionError):
        return ""
    if not isinstance(data, dict):
        return ""
    return next((text for name in ("detail", "message", "error") if (text := _text(data.get(name)))), "")


def _text(value: Any) -> str:
    """A text itself, an object's `message` (OpenAI's form), or the first of FastAPI's list of validation errors."""
    if isinstance(value, list) and value:
        value = value[0]
        if isinstance(value, dict) and isinstance(value.get("msg"), str):
            place = value.get("loc")
            return f"{'.'.join(map(str, place))}: {value['msg']}" if isinstance(place, list) else value["msg"]
    if isinstance(value, dict):
        value = value.get("message")
    return value if isinstance(value, str) else ""
