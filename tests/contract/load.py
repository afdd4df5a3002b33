"""A load of known size on one service: how many requests of each kind, and how long each takes."""

from __future__ import annotations

import asyncio
import time

import httpx

FAST_MS, SLOW_MS = 20, 400
FAST, SLOW, GONE, BROKEN = 240, 60, 25, 35
TOTAL = FAST + SLOW + GONE + BROKEN
AT_ONCE = 4
WARM_UP = (f"/items/0?ms={FAST_MS}", "/gone/0", "/broken/0")


def paths() -> list[str]:
    """Every request of the load; kinds are spread evenly by a fixed stride."""
    kinds = [f"/items/1?ms={FAST_MS}"] * FAST + [f"/items/1?ms={SLOW_MS}"] * SLOW + ["/gone/1"] * GONE
    kinds += ["/broken/1"] * BROKEN
    stride = 7  # has no factor in common with the total, so that each request comes once
    return [kinds[number * stride % TOTAL] for number in range(TOTAL)]


async def send(urls: list[str], requests: list[str]) -> None:
    """Sends the requests to every service at the same time, a few at once to each."""
    async with httpx.AsyncClient(timeout=20, limits=httpx.Limits(max_connections=200)) as client:
        await asyncio.gather(*(_send(client, url, requests) for url in urls))


async def _send(client: httpx.AsyncClient, url: str, requests: list[str]) -> None:
    waiting = iter(requests)

    async def work() -> None:
        for path in waiting:
            await client.get(url + path)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


def wait_for(url: str, seconds: float) -> None:
    """Waits until a service answers; fails with its address."""
    end = time.monotonic() + seconds
    while True:
        try:
            httpx.get(url, timeout=2)
            return
        except httpx.HTTPError as error:
            if time.monotonic() > end:
                raise AssertionError(f"{url} does not answer after {seconds:.0f} s: {error}") from error
        time.sleep(0.2)
