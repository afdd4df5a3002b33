"""Stands in for services: pages of metrics as each library writes them, growing with time.

`python -m bench.pages --routes 20 --codes 5` prints its port and answers until its input ends, so that it never
outlives who started it; then it ends the processes whose numbers it has read there. Names, labels and bounds are those
of the generator's profiles. Whatever else is asked, such as what Prometheus sends to Alertmanager, has an empty answer.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

from bench.generate import KINDS
from generator.profiles import PROFILES, Duration, Profile

CODES = ("200", "404", "500", "302", "101")
"""One of each class, the rarest at the end."""
SHARES = {"200": 0.95, "404": 0.02, "500": 0.001, "302": 0.02, "101": 0.009}
FAILING_SHARES = {**SHARES, "200": 0.85, "500": 0.101}
MEAN_SECONDS, FAILING_MEAN_SECONDS = 0.05, 1.0
REQUESTS_PER_SECOND = 4.0
"""Of each route."""
GROUPED = ("fastapi",)
"""Libraries that count by class of status, as `2xx`."""
TIMED_BY_STATUS = ("starlette", "flask", "opentelemetry")
"""Libraries whose histogram has the status too."""
BEGINNING = 10_000.0
"""Seconds that the counters have counted before the first page."""

Line = tuple[str, float]
"""A series as it is written, and by how much it grows a second."""


def page_of(kind: str, *, failing: bool) -> str:
    """How the path of a page begins. Services that fail are slow too, so that alerts fire."""
    return f"{kind}-failing" if failing else kind


def routes(count: int) -> tuple[str, ...]:
    """So many routes; one of them is the route that has a limit in the spec of `bench.generate`."""
    return ("/predict", *(f"/items/{number}/{{item}}" for number in range(count - 1)))


def lines(kind: str, paths: tuple[str, ...], codes: int, *, failing: bool) -> Iterator[Line]:
    """Every series of a service of this kind."""
    profile = PROFILES[kind]
    shares = FAILING_SHARES if failing else SHARES
    known = {code: shares[code] for code in CODES[:codes]}
    timed = {each.metric: each for each in (*profile.service_durations, *profile.route_durations)}
    for counter in profile.requests:
        if counter.metric.removesuffix("_count") in timed:
            continue
        for path in paths:
            for code, share in known.items():
                named = {counter.route: path, counter.method: "GET", counter.status: _status(kind, code)}
                yield _series(counter.metric, named), share * REQUESTS_PER_SECOND
    mean = FAILING_MEAN_SECONDS if failing else MEAN_SECONDS
    for duration in timed.values():
        for named, share in _observed(profile, duration, paths, known):
            yield from _histogram(duration, named, share * REQUESTS_PER_SECOND, mean)


def _observed(
    profile: Profile, duration: Duration, paths: tuple[str, ...], known: dict[str, float]
) -> Iterator[tuple[dict[str | None, str], float]]:
    """The labels of each histogram of this name, and its share of a route's requests."""
    everything = sum(known.values())
    if duration.route is None:
        yield {}, everything * len(paths)
    elif profile.name in TIMED_BY_STATUS:
        status = profile.requests[0].status
        for path in paths:
            for code, share in known.items():
                yield {duration.route: path, duration.method: "GET", status: code}, share
    else:
        for path in paths:
            yield {duration.route: path, duration.method: "GET"}, everything


def _histogram(duration: Duration, named: dict[str | None, str], rate: float, mean: float) -> Iterator[Line]:
    for bound in duration.bounds:
        within = 1 - math.exp(-bound / mean)
        yield _series(f"{duration.metric}_bucket", {**named, "le": str(float(bound))}), rate * within
    yield _series(f"{duration.metric}_bucket", {**named, "le": "+Inf"}), rate
    yield _series(f"{duration.metric}_count", named), rate
    yield _series(f"{duration.metric}_sum", named), rate * mean / duration.unit


def _status(kind: str, code: str) -> str:
    return f"{code[0]}xx" if kind in GROUPED else code


def _series(name: str, named: dict[str | None, str]) -> str:
    labels = ",".join(f'{label}="{value}"' for label, value in named.items() if label)
    return f"{name}{{{labels}}} " if labels else f"{name} "


class Page:
    """The text of a page, written once a second at most."""

    def __init__(self, found: Iterator[Line]) -> None:
        self._lines = [*found]
        self._at = 0.0
        self._text = b""

    def text(self) -> bytes:
        """The page as it is now."""
        now = time.monotonic()
        if now - self._at >= 1:
            self._at = now
            counted = now - BEGUN + BEGINNING
            self._text = "".join(f"{series}{rate * counted:.3f}\n" for series, rate in self._lines).encode()
        return self._text


BEGUN = time.monotonic()


async def serve(pages: dict[str, Page]) -> None:
    """Answers every request with the page that its path begins with, else with nothing, until the input ends."""
    server = await asyncio.start_server(partial(_answer, pages), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    for process in (await asyncio.to_thread(sys.stdin.read)).split():
        with suppress(ProcessLookupError):
            os.kill(int(process), signal.SIGTERM)


async def _answer(pages: dict[str, Page], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection: each request is read with its body."""
    try:
        while True:
            asked = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = asked.lower().partition("content-length:")[2].split(maxsplit=1)
            if length:
                await reader.readexactly(int(length[0]))
            page = pages.get(asked.split("/", 2)[1])
            body = page.text() if page else b""
            head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def main() -> None:
    """Serves one page for each kind of services, and one for those of the kind that fail."""
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--routes", type=int, required=True)
    parser.add_argument("--codes", type=int, required=True)
    options = parser.parse_args()
    paths = routes(options.routes)
    pages = {
        page_of(kind, failing=failing): Page(lines(kind, paths, options.codes, failing=failing))
        for kind in KINDS
        for failing in (False, True)
    }
    asyncio.run(serve(pages))


if __name__ == "__main__":
    main()
