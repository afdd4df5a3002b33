"""One live /metrics page, for `init --from`."""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

MAX_BYTES = 16 * 1024 * 1024


class PageError(Exception):
    """The page cannot be had; the text is for the user."""


@dataclass(frozen=True, slots=True)
class Page:
    """The page's text, and the address, path and scheme to scrape it at, after redirects: a scrape that is redirected
    every time would be counted as two requests. `name` is a service name made from the host's."""

    text: str
    target: str
    path: str
    name: str
    scheme: str = "http"


def fetch(url: str, timeout: float = 10.0) -> Page:
    """GETs the page; raises PageError that says what is wrong."""
    parts = _split(url if "://" in url else f"http://{url}")
    path = parts.path if parts.path not in ("", "/") else "/metrics"
    text, final = _get(parts._replace(path=path, fragment="").geturl(), timeout)
    parts = _split(final)
    name = re.sub(r"[^a-z0-9_-]+", "-", str(parts.hostname).lower()).strip("-")
    return Page(text, _target(parts), parts.path, name if re.match(r"[a-z]", name) else "my-service", parts.scheme)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise PageError(f"is no URL: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise PageError("is no URL; write one such as http://localhost:8000/metrics")
    if parts.username is not None or parts.password is not None:
        raise PageError("holds a user or password; write it without: they would not be part of the entry")
    return parts


def _target(parts: SplitResult) -> str:
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
    return f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def _get(url: str, timeout: float) -> tuple[str, str]:
    """The text, and the address it came from in the end."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:  # noqa: S310 - http and https only, checked above
            return str(answer.read(MAX_BYTES).decode("utf-8", errors="replace")), str(answer.url)
    except urllib.error.HTTPError as error:
        raise PageError(f"answers {error.code} {error.reason}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise PageError(f"does not answer: {getattr(error, 'reason', None) or error}") from None
