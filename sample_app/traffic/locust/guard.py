"""Switches faults off when the program that switched them on is gone, even by SIGKILL.

Runs as a program of its own with the standard library alone: `python guard.py`. Each line on its standard input is
`+URL` (a fault is on there) or `-URL` (it is off again). At the end of its input, which comes when the other program
ends in whatever way, it puts an empty `{}` to every URL that is still on.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

TRIES = 5
PAUSE_SECONDS = 1.0
_OPENER = build_opener(ProxyHandler({}))


def call(method: str, url: str, body: Mapping[str, Any] | None = None, seconds: float = 5.0) -> tuple[int, str]:
    """Sends one JSON request past any proxy; the status and the text of the answer. Raises OSError without one."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"Content-Type": "application/json"}, method=method)  # noqa: S310 - http(s) alone
    try:
        with _OPENER.open(request, timeout=seconds) as answer:
            return answer.status, answer.read().decode(errors="replace")
    except HTTPError as error:
        with error:
            return error.code, error.read().decode(errors="replace")
    except HTTPException as error:
        raise OSError(f"what answers is no HTTP: {error}") from error


def switch(url: str, faults: Mapping[str, Any], tries: int = 1) -> str:
    """Puts `faults` to `url`; returns "" or, after so many tries, why it did not work."""
    problem = ""
    for number in range(tries):
        time.sleep(PAUSE_SECONDS if number else 0)
        try:
            status, text = call("PUT", url, faults)
        except OSError as error:
            problem = silent(url, error)
        else:
            if status < 300:
                return ""
            problem = f"{url} answers {status}: {text[:200]}"
    return problem


def silent(url: str, error: OSError) -> str:
    """A line that says why nothing answers at `url`."""
    reason = getattr(error, "reason", error)
    return f"{url} does not answer: {getattr(reason, 'strerror', None) or reason}"


def main(lines: Iterable[str]) -> int:
    """Reads the lines to their end; exit status 1 when a fault could not be switched off."""
    on: dict[str, None] = {}
    for line in lines:
        url = line.strip()[1:]
        on.pop(url, None)
        if line.startswith("+"):
            on[url] = None
    return 1 if [url for url in on if switch(url, {}, TRIES)] else 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(main(sys.stdin))
