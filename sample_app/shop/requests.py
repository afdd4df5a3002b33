"""What clients send, checked before anything is done with it."""

from __future__ import annotations

import json
import re
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, UnreadablePostError

from .settings import BODY_BYTES

LARGEST_ID = 2**63 - 1


class Invalid(Exception):
    """The request cannot be understood; the text tells the client why."""


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object that was sent. Raises Invalid."""
    try:
        body = json.loads(request.body)
    except RequestDataTooBig:
        raise Invalid(f"the body must be at most {BODY_BYTES} bytes") from None
    except (ValueError, RecursionError, UnreadablePostError):
        raise Invalid("the body must be a JSON object") from None
    if not isinstance(body, dict):
        raise Invalid("the body must be a JSON object")
    return body


def text(body: dict[str, Any], name: str, longest: int) -> str:
    """A text of 1 to `longest` characters that PostgreSQL can keep. Raises Invalid."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise Invalid(f"{name} must be a text of 1 to {longest} characters")
    if "\0" in value or not _is_unicode(value):
        raise Invalid(f"{name} must be a text without NUL and lone surrogates")
    return value


def whole(body: dict[str, Any], name: str, lowest: int = 1, highest: int = LARGEST_ID) -> int:
    """A whole number within these limits. Raises Invalid."""
    value = body.get(name)
    if type(value) is not int or not lowest <= value <= highest:
        raise Invalid(f"{name} must be a whole number from {lowest} to {highest}")
    return value


def queried(request: HttpRequest, name: str, highest: int = LARGEST_ID) -> int | None:
    """A whole number from 1 in the query string; None where it is left out. Raises Invalid."""
    value = request.GET.get(name)
    if value is None:
        return None
    if not re.fullmatch("[0-9]{1,19}", value) or not 1 <= int(value) <= highest:
        raise Invalid(f"{name} must be a whole number from 1 to {highest}")
    return int(value)


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
