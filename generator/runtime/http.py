"""Short questions to servers of this host, never by way of a proxy."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said; `status` is 0 when it did not answer, and `body` then says why."""

    status: int
    body: str

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def data(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def ask(url: str, *, method: str = "GET", timeout: float = 3.0, body: Any = None) -> Answer:
    """One request, with `body` as JSON if there is one; never raises for what the server or the network does."""
    data = None if body is None else json.dumps(body).encode()
    headers = {} if body is None else {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - built from addresses of the stack
    try:
        with _OPENER.open(request, timeout=timeout) as reply:
            return Answer(reply.status, reply.read().decode("utf-8", errors="replace"))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read().decode("utf-8", errors="replace").strip()[:300])
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        return Answer(0, str(getattr(reason, "strerror", None) or reason))
