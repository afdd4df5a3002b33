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
    body: Any = None,
    most: int | None = None,
) -> Answer:
    """One request; never raises for what the server or the network does.

    It is a POST with the fields of a `form`, or has `body` as JSON. Of a long answer it reads `most` bytes.
    """
    data, headers = _sent(form, body)
    made = urllib.request.Request(url, data, headers, method="POST" if form else method)  # noqa: S310 - our own addresses
    try:
        with _OPENER.open(made, timeout=timeout) as reply:
            text = reply.read() if most is None else reply.read(most + 1)
            cut = most is not None and len(text) > most
            return Answer(reply.status, text.decode("utf-8", errors="replace"), cut)
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read().decode("utf-8", errors="replace").strip()[:300])
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        return Answer(0, str(getattr(reason, "strerror", None) or reason))


def _sent(form: Mapping[str, str] | None, body: Any) -> tuple[bytes | None, dict[str, str]]:
    if form is not None:
        return urllib.parse.urlencode(form).encode(), {}
    if body is not None:
        return json.dumps(body).encode(), {"Content-Type": "application/json"}
    return None, {}
