"""Short questions to servers of this host, never by way of a proxy."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said; `status` is 0 when it did not answer, and `body` then says why. `cut`: there was more."""

    status: int
    body: str
    cut: bool = False

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def data(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def ask(
    url: str,
    *,
    method: str = "GET",
    timeout: float = 3.0,
    form: Mapping[str, str] | None = None,
    most: int | None = None,
) -> Answer:
    """One request; never raises for what the server or the network does. Of a long body it reads `most` bytes."""
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(url, data, method="POST" if data else method)  # noqa: S310 - addresses of the stack
    try:
        with _OPENER.open(request, timeout=timeout) as reply:
            body = reply.read() if most is None else reply.read(most + 1)
            cut = most is not None and len(body) > most
            return Answer(reply.status, body.decode("utf-8", errors="replace"), cut)
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read().decode("utf-8", errors="replace").strip()[:300])
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        return Answer(0, str(getattr(reason, "strerror", None) or reason))
