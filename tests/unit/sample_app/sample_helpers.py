"""What the tests of sample_app share: requests to an app in process, and scrapes as plain dicts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any, TypeVar

import httpx
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from sample_app.telemetry import Metrics, MetricsSettings, instrument

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
T = TypeVar("T")
Message = MutableMapping[str, Any]
App = Callable[..., Awaitable[None]]
Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def instrumented(app: FastAPI, settings: MetricsSettings | None = None) -> Metrics:
    """Instruments an app with a registry of its own."""
    return instrument(app, settings, CollectorRegistry())


def run(work: Callable[[httpx.AsyncClient], Coroutine[Any, Any, T]], app: App) -> T:
    """Runs `work` with a client of `app`; exceptions of the app become answers, as with a server."""

    async def inside() -> T:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            return await work(client)

    return asyncio.run(inside())


def ask(app: App, *requests: tuple[str, str], headers: dict[str, str] | None = None) -> list[httpx.Response]:
    """Sends (method, path) requests one after the other."""

    async def work(client: httpx.AsyncClient) -> list[httpx.Response]:
        return [await client.request(method, path, headers=headers) for method, path in requests]

    return run(work, app)


def scraped(app: App) -> list[Sample]:
    """All samples of a scrape in OpenMetrics."""
    return parsed(ask(app, ("GET", "/metrics"), headers={"accept": OPENMETRICS})[0].text)


def parsed(text: str) -> list[Sample]:
    """All samples of a page in OpenMetrics."""
    families = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    return [sample for family in families for sample in family.samples]


def series(samples: list[Sample]) -> Series:
    """Values by name and labels."""
    return {(sample.name, tuple(sorted(sample.labels.items()))): float(sample.value) for sample in samples}


def requests_total(app: App, **labels: str) -> float:
    """The requests counted with exactly these labels among others; 0 when there is no such series."""
    wanted = labels.items()
    found = [s.value for s in scraped(app) if s.name == "http_requests_total" and wanted <= s.labels.items()]
    return sum(found)


async def asgi(app: App, scope: Message, *incoming: Message) -> list[Message]:
    """Runs one ASGI connection by hand and returns what was sent; after `incoming` the client is gone."""
    waiting, sent = list(incoming), []

    async def receive() -> Message:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


def http_scope(method: str = "GET", path: str = "/", headers: tuple[tuple[bytes, bytes], ...] = ()) -> Message:
    """The scope of one request."""
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": list(headers),
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
