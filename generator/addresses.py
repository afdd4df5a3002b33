"""Addresses as a spec writes them: host:port, a host, a URL. Text in, the same text or ValueError out."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

HOST = r"(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?)"


def parse_target(value: str) -> str:
    """`value` if it is host:port; raises ValueError that says what would be right."""
    if re.match(r"[a-z]+://", value):
        raise ValueError(f"{value[:60]!r} has a scheme; write host:port, and `scheme: https` beside it if needed")
    match = re.fullmatch(rf"{HOST}:([0-9]{{1,5}})", value)
    if not match:
        raise ValueError(f"{value[:60]!r} is no address; write host:port, for example ml-api:8000")
    if not 1 <= int(match[3]) <= 65535:
        raise ValueError(f"port {match[3]} is out of range; write 1 to 65535")
    return value


def parse_url(value: str) -> str:
    """`value` if it is an http or https URL without credentials; raises ValueError that says what would be right."""
    bad = re.search(r"[\x00-\x20\x7f\"'<>\\^`{|}$]", value)
    try:
        parts = urlsplit(value)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and not bad and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid:
        raise ValueError(f"{value[:60]!r} is no URL; write one such as http://host:8080/path")
    if parts.password is not None or parts.username is not None:
        raise ValueError("a URL with a user or password in it would be written into generated files; name a file")
    return value


def parse_host(value: str) -> str:
    """`value` if it is a host name or address; raises ValueError that says what would be right."""
    if not re.fullmatch(HOST, value):
        raise ValueError(f"{value[:60]!r} is no host; write a name or an address")
    return value
