"""Answers that were given before, and what the day has cost, in Redis or Valkey."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from redis.asyncio import Redis

from .chat import Completion
from .link import CacheDown, CacheLink
from .metrics import CACHE, LlmMetrics

_ANSWER, _SPEND = "sample-app:llm:answer:", "sample-app:llm:spend:"
_SPEND_SECONDS = 2 * 24 * 3600


class PromptCache:
    """Shared by all workers, also of several hosts. A server that is down is passed over and tried again after 5 s."""

    def __init__(self, url: str, seconds: int, metrics: LlmMetrics) -> None:
        self._link = CacheLink(url, lambda up: metrics.report(CACHE, up=up))
        self._seconds = seconds
        self._hits, self._misses = metrics.hits, metrics.misses

    async def get(self, prompt: dict[str, Any]) -> Completion | None:
        """The answer that was kept for this prompt; None when there is none or the cache is down."""
        name = _ANSWER + fingerprint(prompt)

        async def read(redis: Redis) -> bytes | str | None:
            return await redis.get(name)

        try:
            value = await self._link.call("GET", read)
        except CacheDown:
            return None
        found = _completion(value) if value is not None else None
        (self._misses if found is None else self._hits).inc()
        return found

    async def put(self, prompt: dict[str, Any], completion: Completion) -> None:
        """Keeps an answer, unless the cache is down."""
        name, value = _ANSWER + fingerprint(prompt), _json(completion)

        async def write(redis: Redis) -> None:
            await redis.set(name, value, ex=self._seconds)

        try:
            await self._link.call("SET", write)
        except CacheDown:
            return

    async def spent_usd(self, day: str) -> float:
        """What the workers of all hosts have booked for a day. Raises CacheDown."""

        async def read(redis: Redis) -> float:
            return _usd(await redis.get(_SPEND + day))

        return await self._link.call("GET", read)

    async def book_usd(self, day: str, usd: float) -> None:
        """Adds to a day's spend. Raises CacheDown."""

        async def add(redis: Redis) -> None:
            pipeline = redis.pipeline(transaction=True)
            pipeline.incrbyfloat(_SPEND + day, usd)
            pipeline.expire(_SPEND + day, _SPEND_SECONDS)
            await pipeline.execute()

        await self._link.call("INCRBYFLOAT", add)

    async def close(self) -> None:
        """Closes all connections."""
        await self._link.close()


def fingerprint(prompt: dict[str, Any]) -> str:
    """SHA-256 of the prompt as canonical JSON, in hex."""
    text = json.dumps(prompt, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _json(completion: Completion) -> str:
    fields = ("text", "model", "input_tokens", "output_tokens", "finish_reason")
    return json.dumps({name: getattr(completion, name) for name in fields})


def _completion(value: bytes | str) -> Completion | None:
    """What was kept; None for what somebody else wrote there."""
    try:
        kept = Completion(**json.loads(value))
    except (ValueError, TypeError):
        return None
    texts, numbers = (kept.text, kept.model, kept.finish_reason), (kept.input_tokens, kept.output_tokens)
    sound = all(isinstance(text, str) for text in texts) and all(type(number) is int for number in numbers)
    return kept if sound else None


def _usd(value: bytes | str | None) -> float:
    try:
        return float(value or 0)
    except ValueError:
        return 0.0
