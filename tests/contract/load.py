"""A load of known size and mix on one service: how many requests of each kind, and how long each takes."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import dataclass, field

import httpx

FAST_MS, SLOW_MS = 20, 300
AT_ONCE = 4
ALONE = {"Connection": "close"}  # some servers close the connection after an exception, others do not


@dataclass(frozen=True, slots=True)
class Kind:
    """Requests that a library should count alike: `route` is the name of the app's route, `nowhere` has none."""

    route: str
    code: str
    count: int
    milliseconds: int = 0
    method: str = "GET"

    @property
    def path(self) -> str:
        """The same path in the warm-up and in the load, so that raw paths make no new series either."""
        return f"/{self.route}/1" + (f"?ms={self.milliseconds}" if self.milliseconds else "")


CRASH, NOWHERE = "crash", "nowhere"
KINDS = (
    Kind("items", "2xx", 240, FAST_MS),
    Kind("items", "2xx", 60, SLOW_MS),
    Kind("items", "2xx", 20, FAST_MS, method="POST"),
    Kind("moved", "3xx", 10),
    Kind("gone", "4xx", 25),
    Kind("broken", "5xx", 25),
    Kind(CRASH, "5xx", 15),
    Kind(NOWHERE, "4xx", 15),
)


@dataclass(slots=True)
class Sent:
    """What one service was sent, as the client saw it."""

    seconds: dict[Kind, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})


def whole() -> list[Kind]:
    """Every request of the load; kinds are spread evenly by a fixed stride."""
    kinds = [kind for kind in KINDS for _ in range(kind.count)]
    stride = 7  # has no factor in common with the total, so that each request comes once
    return [kinds[number * stride % len(kinds)] for number in range(len(kinds))]


async def send(urls: list[str], requests: list[Kind]) -> list[Sent]:
    """Sends the requests to every service at the same time, a few at once to each."""
    async with httpx.AsyncClient(timeout=20, limits=httpx.Limits(max_connections=200)) as client:
        return await asyncio.gather(*(_send(client, url, requests) for url in urls))


async def _send(client: httpx.AsyncClient, url: str, requests: list[Kind]) -> Sent:
    waiting, sent = iter(requests), Sent()

    async def work() -> None:
        for kind in waiting:
            begun = time.perf_counter()
            answer = await client.request(kind.method, url + kind.path, headers=ALONE if kind.route == CRASH else None)
            sent.seconds[kind].append(time.perf_counter() - begun)
            assert f"{answer.status_code // 100}xx" == kind.code, f"{url}{kind.path} answered {answer.status_code}"

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return sent


def page(url: str, seconds: float) -> str:
    """The text of a page as soon as its server answers; fails with its address."""
    end = time.monotonic() + seconds
    while True:
        try:
            return httpx.get(url, timeout=5, follow_redirects=True).text
        except httpx.HTTPError as error:
            if time.monotonic() > end:
                raise AssertionError(f"{url} does not answer after {seconds:.0f} s: {error}") from error
        time.sleep(0.2)


def listening(port: int, seconds: float) -> None:
    """Waits until a server takes connections, without a request that it would count."""
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
            return
        except OSError as error:
            if time.monotonic() > end:
                raise AssertionError(f"nobody listens on {port} after {seconds:.0f} s: {error}") from error
        time.sleep(0.2)
