"""Who calls: requests by the name of the API key that they carry. Counts alone; nobody is let in or turned away."""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter

from sample_app.telemetry.asgi import ASGIApp, Receive, Scope, Send

HEADER = b"x-api-key"
NONE, UNKNOWN = "none", "unknown"
MOST_NAMES = 100
"""Names that a process counts under, over all changes of the file; keys of further names count as "unknown"."""

MOST_BYTES = 64 * 1024
_LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,62}):([0-9a-fA-F]{64})")
_Stamp = tuple[int, int, int] | None

_log = logging.getLogger(__name__)


def parse_keys(text: str) -> dict[str, str]:
    """Names by the SHA-256 (lower-case hex) of their keys, from lines `name:sha256-of-key`.

    Empty lines and lines that begin with # are left out. A name may have several keys. Raises ValueError with the
    number of the first line that is wrong, and nothing of what it says.
    """
    names: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = _LINE.fullmatch(stripped)
        if match is None or match[1] in (NONE, UNKNOWN):
            raise ValueError(f'line {number} is not name:sha256-of-key, or its name is "{NONE}" or "{UNKNOWN}"')
        digest = match[2].lower()
        if names.setdefault(digest, match[1]) != match[1]:
            raise ValueError(f"line {number} gives a key of another name")
    return names


class ApiKeyMetrics:
    """api_key_requests_total{key} of one registry: the key's name, "none" without a key, "unknown" for any other."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "api_key_requests_total", "Requests by the name of their API key.", ("key",), registry=registry
        )
        self._of = {name: self._requests.labels(name) for name in (NONE, UNKNOWN)}

    def declare(self, names: Mapping[str, str]) -> None:
        """Makes the series of further names at 0, up to 100 in the life of the process."""
        for name in sorted(set(names.values()) - self._of.keys()):
            if len(self._of) - 2 >= MOST_NAMES:
                _log.warning("more than %d names of API keys; the rest count as %r", MOST_NAMES, UNKNOWN)
                return
            self._of[name] = self._requests.labels(name)

    def count(self, name: str) -> None:
        """One more request."""
        self._of.get(name, self._of[UNKNOWN]).inc()


class ApiKeys:
    """The names of keys, from a file that is read again when it changes; None knows no key.

    While the file is missing no key is known; while it is broken what it said before holds. Raises ValueError when it
    is broken at the start.
    """

    def __init__(self, path: Path | None, metrics: ApiKeyMetrics) -> None:
        self._path = path
        self._metrics = metrics
        self._stamp: _Stamp = None
        self._names: dict[str, str] = {}
        if path is not None:
            self._load(path, _stamp(path))

    def seen(self, key: bytes) -> None:
        """Counts a request with this key; empty for none."""
        self._refresh()
        if key:
            self._metrics.count(self._names.get(hashlib.sha256(key).hexdigest(), UNKNOWN))
        else:
            self._metrics.count(NONE)

    def _refresh(self) -> None:
        if self._path is None or (stamp := _stamp(self._path)) == self._stamp:
            return
        try:
            self._load(self._path, stamp)
        except ValueError as error:
            _log.warning("the file of API keys has changed and is not used: %s", error)

    def _load(self, path: Path, stamp: _Stamp) -> None:
        self._stamp = stamp
        try:
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except OSError as error:
            _log.warning("the file of API keys cannot be read: %s", error.strerror)
            self._names = {}
            return
        if len(data) > MOST_BYTES:
            raise ValueError(f"it is longer than {MOST_BYTES} bytes")
        self._names = parse_keys(_text(data))
        self._metrics.declare(self._names)


class ApiKeyMiddleware:
    """Counts every HTTP request by the name of its X-API-Key, except those whose path is in `exclude`."""

    def __init__(self, app: ASGIApp, keys: ApiKeys, exclude: frozenset[str] = frozenset()) -> None:
        self._app = app
        self._keys = keys
        self._exclude = exclude

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI connection."""
        if scope["type"] == "http" and scope["path"].removeprefix(scope.get("root_path", "")) not in self._exclude:
            self._keys.seen(next((value for name, value in scope["headers"] if name == HEADER), b""))
        await self._app(scope, receive, send)


def _stamp(path: Path) -> _Stamp:
    """What changes whenever the file or its permissions do; None while there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116  (asked at every request: half the time of Path.stat)
    except OSError:
        return None
    return status.st_ctime_ns, status.st_size, status.st_ino


def _text(data: bytes) -> str:
    try:
        return data.decode("ascii")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is not ASCII") from None
