"""A connection to Redis or Valkey that never holds a request up for long."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from sample_app.telemetry import cache

CALL_SECONDS = 0.5
PAUSE_SECONDS = 5.0
"""After a call that failed nobody asks for so long; then one call finds out whether the server is back."""

MOST_CONNECTIONS = 32
T = TypeVar("T")

_log = logging.getLogger(__name__)


class CacheDown(Exception):
    """The cache was not asked, or did not answer."""


class CacheLink:
    """One server at `url` (redis://host:6379/0). `report` is told after each call whether it worked.

    A link belongs to the event loop that first uses it. Raises ValueError for a URL that is none.
    """

    def __init__(self, url: str, report: Callable[[bool], None], clock: Callable[[], float] = time.monotonic) -> None:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=MOST_CONNECTIONS,
            timeout=CALL_SECONDS,
            socket_timeout=CALL_SECONDS,
            socket_connect_timeout=CALL_SECONDS,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        self._client = Redis.from_pool(pool)
        parts = urlsplit(url)
        self._where = (parts.hostname or "", parts.port or 6379)
        self._report = report
        self._clock = clock
        self._down = False
        self._next_try = 0.0

    async def call(self, operation: str, work: Callable[[Redis], Awaitable[T]]) -> T:
        """What `work` gives, within half a second. Raises CacheDown, at once while the server is known to be down.

        operation: the name of its span.
        """
        if self._down:
            if self._clock() < self._next_try:
                raise CacheDown("the cache is down")
            self._next_try = self._clock() + PAUSE_SECONDS
        try:
            with cache(operation, *self._where):
                async with asyncio.timeout(CALL_SECONDS):
                    result = await work(self._client)
        except (RedisError, OSError, TimeoutError) as error:
            self._fail(error)
            raise CacheDown("the cache is down") from error
        self._down = False
        self._report(True)
        return result

    async def close(self) -> None:
        """Closes all connections."""
        await self._client.aclose(close_connection_pool=True)

    def _fail(self, error: Exception) -> None:
        if not self._down:
            _log.warning("the cache is down (%s); it is tried again every %g s", type(error).__name__, PAUSE_SECONDS)
        self._down, self._next_try = True, self._clock() + PAUSE_SECONDS
        self._report(False)
