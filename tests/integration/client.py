"""Small HTTP calls to the running servers, and waiting with a reason."""

from __future__ import annotations

import base64
import json
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


def get(url: str) -> Any:
    """The JSON that a URL answers with."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.loads(answer.read())


def put(url: str, body: dict[str, Any]) -> None:
    """PUTs JSON; raises when it is refused."""
    data = json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method="PUT")
    with urllib.request.urlopen(request, timeout=10):
        pass


def query(prometheus: str, expression: str) -> list[dict[str, Any]]:
    """The instant vector of an expression."""
    answer = get(f"{prometheus}/api/v1/query?{urllib.parse.urlencode({'query': expression})}")
    return list(answer["data"]["result"])


def wait(what: str, ask: Callable[[], T | None], seconds: float) -> T:
    """Asks until there is an answer; fails with what was waited for."""
    end = time.monotonic() + seconds
    while True:
        try:
            if (answer := ask()) is not None:
                return answer
        except (OSError, urllib.error.URLError):
            pass
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(1)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Grafana:
    """Grafana's API as its admin, with the password that `up` made in the stack's folder."""

    def __init__(self, url: str, folder: Path) -> None:
        password = (folder / "secrets" / "grafana_admin_password").read_text().strip()
        self._url = url
        self._key = base64.b64encode(f"admin:{password}".encode()).decode()

    def get(self, path: str) -> Any:
        """The JSON of a path."""
        return self._ask(urllib.request.Request(self._url + path))

    def rows(self, expression: str) -> int:
        """How many series Grafana's own query of an expression returns."""
        query = {"refId": "A", "expr": expression, "instant": True, "datasource": {"uid": "prometheus"}}
        body = json.dumps({"queries": [query], "from": "now-5m", "to": "now"}).encode()
        headers = {"Content-Type": "application/json"}
        answer = self._ask(urllib.request.Request(f"{self._url}/api/ds/query", body, headers))
        return sum(bool(frame["data"]["values"]) for frame in answer["results"]["A"]["frames"])

    def _ask(self, request: urllib.request.Request) -> Any:
        request.add_header("Authorization", f"Basic {self._key}")
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())
