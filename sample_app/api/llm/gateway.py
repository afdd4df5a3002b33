"""One chat request after the other: cache, budget, model, bookkeeping."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sample_app.telemetry import chat, tell_usage

from .cache import PromptCache
from .chat import Backend, ChatRequest, Completion, Refused, prompt_of
from .ledger import Ledger
from .metrics import LLM, LlmMetrics
from .settings import LlmSettings
from .tiny import TinyBackend
from .upstream import Upstream


@dataclass(frozen=True, slots=True)
class Answer:
    """A completion, and whether it came from the cache."""

    completion: Completion
    cached: bool


class Gateway:
    """Answers chat requests and counts what they cost. Belongs to the event loop that first uses it.

    cache: keeps answers at temperature 0 and the spend of all hosts; None keeps no answers. clock: the Unix time.
    Raises OSError when the text of the built-in model cannot be read.
    """

    def __init__(
        self,
        settings: LlmSettings,
        metrics: LlmMetrics,
        cache: PromptCache | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._cache = cache
        self._ledger = Ledger(settings.spend_file, cache, clock)
        self._backend = _backend(settings)
        self._server = _server(settings)
        metrics.declare(settings.prices, settings.daily_budget_usd)

    @classmethod
    def of(cls, settings: LlmSettings, metrics: LlmMetrics) -> Gateway:
        """A gateway with the cache that its settings name. Raises ValueError for a URL that is none."""
        url = settings.cache_url
        return cls(settings, metrics, PromptCache(url, settings.cache_seconds, metrics) if url else None)

    async def chat(self, asked: ChatRequest) -> Answer:
        """An answer from the cache, which costs nothing, or from the model.

        Requests that run at the same moment may together pass the budget by what they cost. Raises Refused: 400 for a
        stream, 429 when the day's budget is used up, 503 when the spend cannot be read or the upstream is down, 502
        when nobody can read its answer, or the upstream's own 4xx.
        """
        model = asked.model or self._settings.model
        label = self._settings.label(model)
        series = self._metrics.of(label)
        start = time.perf_counter()
        try:
            if asked.stream:
                raise Refused(400, "stream: true is not supported; ask for the whole answer", "rejected")
            prompt = {"upstream": self._settings.upstream, **prompt_of(model, asked)}
            kept = await self._kept(prompt)
            if kept is not None:
                series.outcomes["cached"].inc()
                return Answer(kept, cached=True)
            await self._check_budget()
            completion = await self._ask(model, asked)
        except Refused as refused:
            series.failed(refused.outcome, time.perf_counter() - start)
            raise
        usd = self._settings.cost_usd(label, completion.input_tokens, completion.output_tokens)
        series.answered(completion, usd, time.perf_counter() - start)
        await self._ledger.book_usd(usd)
        if self._cache is not None and asked.temperature == 0:
            await self._cache.put(prompt, completion)
        return Answer(completion, cached=False)

    async def close(self) -> None:
        """Closes the connections to the upstream and the cache."""
        await self._backend.close()
        if self._cache is not None:
            await self._cache.close()

    async def _kept(self, prompt: dict[str, Any]) -> Completion | None:
        if self._cache is None or prompt["temperature"] != 0:
            return None
        return await self._cache.get(prompt)

    async def _check_budget(self) -> None:
        try:
            spent = await self._ledger.spent_usd()
        except OSError as error:
            raise Refused(503, f"the day's spend cannot be read: {error.strerror or error}") from error
        budget = self._settings.daily_budget_usd
        if spent >= budget:
            reason = f"the day's budget of {budget:g} USD is used up; a new one begins at midnight UTC"
            raise Refused(429, reason, "rejected", {"Retry-After": str(self._ledger.seconds_left())})

    async def _ask(self, model: str, asked: ChatRequest) -> Completion:
        named = self._settings.named(model)
        with chat(named, *self._server) as call:
            try:
                completion = await self._backend.complete(model, asked)
            except Refused as refused:
                self._metrics.report(LLM, up=refused.outcome == "rejected")
                call.failed(str(refused.status))
                call.end()
                raise
            answered = named if completion.model == model else completion.model
            tell_usage(call, answered, completion.input_tokens, completion.output_tokens)
        self._metrics.report(LLM, up=True)
        return completion


def _server(settings: LlmSettings) -> tuple[str, str, int]:
    """Who answers, as OpenTelemetry names it, and where."""
    if settings.upstream is None:
        return "builtin", "", 0
    parts = urlsplit(settings.upstream)
    return "openai", parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _backend(settings: LlmSettings) -> Backend:
    if settings.upstream is None:
        return TinyBackend()
    return Upstream(settings.upstream, settings.api_key_file, settings.timeout_seconds)
