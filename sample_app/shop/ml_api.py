"""Calls of the API service. Each ends within a second, and none of them fails a request."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from sample_app.telemetry import outgoing

from .dependencies import Dependency, Unavailable
from .settings import API_SECONDS

ANSWER_BYTES = 1024 * 1024
SHOWN = 5
CHUNK = 2**16
_ERRORS = (OSError, HTTPException, ValueError, TypeError, KeyError, OverflowError)


@dataclass(frozen=True, slots=True)
class Recommendations:
    """Product ids, best first, and the id under which clients report what came of them."""

    items: tuple[int, ...] = ()
    id: str | None = None


class MlApi:
    """The API service at `url`. A call carries the trace of the request that it is made for."""

    def __init__(self, url: str, dependency: Dependency) -> None:
        parts = urlsplit(url)
        self._url = url.rstrip("/")
        self._connection = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._host, self._port, self._prefix = parts.hostname or "", parts.port, parts.path.rstrip("/")
        self._dependency = dependency

    def recommendations(self, user: int) -> Recommendations:
        """What the user may like; nothing when the service cannot say."""
        try:
            with self._dependency.call(*_ERRORS):
                answer = self._ask("GET", f"/recommendations?user={user}&limit={SHOWN}")
                items = tuple(int(item) for item in answer["items"])
                return Recommendations(items, str(answer["recommendation_id"]))
        except Unavailable:
            return Recommendations()

    def fraud_score(self, features: Sequence[float]) -> float | None:
        """0 (honest) to 1; None when the service cannot say."""
        try:
            with self._dependency.call(*_ERRORS):
                score = float(self._ask("POST", "/predict", {"features": list(features)})["score"])
                if not 0 <= score <= 1:
                    raise ValueError(f"a score of {score}")
                return score
        except Unavailable:
            return None

    def greet(self) -> None:
        """Finds out whether the service is there."""
        try:
            with self._dependency.call(*_ERRORS):
                self._ask("GET", "/healthz")
        except Unavailable:
            return

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        with outgoing(method, self._url + path, path.partition("?")[0]) as call:
            status, text = self._exchange(method, path, body, call.headers)
            call.answered(status)
        if status != 200:
            raise ValueError(f"{method} {path.partition('?')[0]} answered {status}")
        return json.loads(text)

    def _exchange(self, method: str, path: str, body: Any, trace: Mapping[str, str]) -> tuple[int, bytes]:
        give_up = time.monotonic() + API_SECONDS
        headers = {"Accept": "application/json", "Connection": "close", **trace}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection = self._connection(self._host, self._port, timeout=API_SECONDS)
        try:
            connection.connect()
            sock = connection.sock
            sock.settimeout(_left(give_up))
            connection.request(method, self._prefix + path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = b""
            while not answer.isclosed() and len(text) < ANSWER_BYTES:
                sock.settimeout(_left(give_up))
                if not (part := answer.read1(CHUNK)):
                    break
                text += part
        finally:
            connection.close()
        return answer.status, text


def _left(until: float) -> float:
    """Seconds that a socket may still wait; 0 would mean not at all."""
    return max(0.01, until - time.monotonic())
