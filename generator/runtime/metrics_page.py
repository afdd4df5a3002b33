"""One live /metrics page, for `init --from`."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlsplit

MAX_BYTES = 16 * 1024 * 1024


class PageError(Exception):
    """The page cannot be had; the text is for the user."""


@dataclass(frozen=True, slots=True)
class Page:
    """The page's text, and the address and path to scrape it at; `name` is a service name made from the host's."""

    text: str
    target: str
    path: str
    name: str


def fetch(url: str, timeout: float = 10.0) -> Page:
    """GETs the page; raises PageError that says what is wrong."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise PageError(f"is no URL: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise PageError("is no URL; write one such as http://localhost:8000/metrics")
    path = parts.path if parts.path not in ("", "/") else "/metrics"
    query = f"?{parts.query}" if parts.query else ""
    text = _get(f"{parts.scheme}://{parts.netloc}{path}{query}", timeout)
    name = re.sub(r"[^a-z0-9_-]+", "-", parts.hostname.lower()).strip("-")
    return Page(text, f"{parts.hostname}:{port}", path, name if re.match(r"[a-z]", name) else "my-service")


def _get(url: str, timeout: float) -> str:
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:  # noqa: S310 - http and https only, checked above
            return str(answer.read(MAX_BYTES).decode("utf-8", errors="replace"))
    except urllib.error.HTTPError as error:
        raise PageError(f"answers {error.code} {error.reason}") from None
    except (OSError, ValueError) as error:
        raise PageError(f"does not answer: {getattr(error, 'reason', error)}") from None
