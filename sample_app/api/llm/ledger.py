"""What the current UTC day has cost, so that all workers stop at the same budget.

The workers of one host share a small file. Where there is a cache, the workers of all hosts share a number in it too,
and the larger of the two counts: a cache that is down or was emptied does not give the budget back.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import math
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from .cache import PromptCache
from .link import CacheDown

LOCK_SECONDS = 0.5
DAY_SECONDS = 24 * 3600
_LONGEST = 64

_log = logging.getLogger(__name__)


class Ledger:
    """The day's spend in USD. `clock` gives the Unix time."""

    def __init__(self, path: Path, cache: PromptCache | None, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._cache = cache
        self._clock = clock
        self._owed: dict[str, float] = {}

    async def spent_usd(self) -> float:
        """What has been booked today. Raises OSError when the file cannot be used within half a second."""
        day = self._day()
        here = await self._change(day, 0.0) + self._owed.get(day, 0.0)
        if self._cache is None:
            return here
        try:
            return max(here, await self._cache.spent_usd(day))
        except CacheDown:
            return here

    async def book_usd(self, usd: float) -> None:
        """Adds to today's spend. What the file cannot take now this worker keeps in mind and books the next time."""
        day = self._day()
        owed = usd + self._owed.pop(day, 0.0)
        try:
            await self._change(day, owed)
        except OSError as error:
            _log.warning("the day's spend cannot be written: %s", error.strerror or error)
            self._owed = {day: owed + self._owed.get(day, 0.0)}
        if self._cache is not None:
            try:
                await self._cache.book_usd(day, usd)
            except CacheDown:
                return

    def seconds_left(self) -> int:
        """Seconds until the next day begins, at least 1."""
        return max(1, math.ceil(DAY_SECONDS - self._clock() % DAY_SECONDS))

    def _day(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).date().isoformat()

    async def _change(self, day: str, usd: float) -> float:
        """Adds to the file's sum of a day and gives the new sum. A kill at any moment leaves the old sum or the new."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            await _lock(descriptor)
            total = _parsed(os.pread(descriptor, _LONGEST, 0), day) + usd
            if usd:
                os.pwrite(descriptor, f"{day} {total:024.12f}\n".encode("ascii"), 0)
            return total
        finally:
            os.close(descriptor)


async def _lock(descriptor: int) -> None:
    give_up = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > give_up:
                raise
        await asyncio.sleep(0.002)


def _parsed(record: bytes, day: str) -> float:
    """The sum of `day` in the first line; 0 for one of another day or that is none. What stands below is not read."""
    try:
        written, number = record.partition(b"\n")[0].decode("ascii").split()
        usd = float(number)
    except ValueError:
        return 0.0
    return usd if written == day and 0 <= usd < math.inf else 0.0
