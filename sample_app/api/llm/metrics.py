"""What is measured of the gateway."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from .chat import Completion

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0)
"""Upper bounds of the time of a request, in seconds."""

LLM, CACHE = "llm", "cache"


@dataclass(frozen=True, slots=True)
class LlmSeries:
    """The series of one model."""

    outcomes: dict[str, Counter]
    duration: Histogram
    input_tokens: Counter
    output_tokens: Counter
    cost: Counter

    def answered(self, completion: Completion, cost_usd: float, seconds: float) -> None:
        """An answer that a model made: its tokens, cost and time."""
        self.outcomes["ok"].inc()
        self.duration.observe(seconds)
        self.input_tokens.inc(completion.input_tokens)
        self.output_tokens.inc(completion.output_tokens)
        self.cost.inc(cost_usd)

    def failed(self, outcome: str, seconds: float) -> None:
        """A request without an answer; the time of a request that was rejected is not kept."""
        self.outcomes[outcome].inc()
        if outcome == "error":
            self.duration.observe(seconds)


class LlmMetrics:
    """The gateway's metrics of one registry; those of the models begin at 0 with `declare`.

    llm_requests_total{model,outcome}: ok; cached (answered from the cache); rejected (refused by the budget or the
        upstream, or not supported); error.
    llm_request_duration_seconds{model}: of requests that ended ok or error, from the gateway's start to the answer.
    llm_tokens_total{model,type}: input and output tokens of answers that a model made; a cached answer has none.
    llm_cost_usd_total{model}: tokens times price.
    llm_budget_usd: what a UTC day may cost.
    cache_lookups_total{cache,result}: hit or miss; a lookup that the cache could not answer counts as neither.
    dependency_up{dependency}: 1 after the last call worked, 0 after it failed; absent before the first.

    Attributes: lookups and up are the whole families, for the app's other caches and dependencies.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=registry)

        self._requests = counter("llm_requests_total", "Requests to a language model.", "model", "outcome")
        self._tokens = counter("llm_tokens_total", "Tokens read and written.", "model", "type")
        self._cost = counter("llm_cost_usd_total", "Tokens times price, in USD.", "model")
        self._durations = Histogram(
            "llm_request_duration_seconds", "Time to an answer.", ("model",), buckets=SECONDS, registry=registry
        )
        self._budget = Gauge(
            "llm_budget_usd", "What a day may cost, in USD.", multiprocess_mode="mostrecent", registry=registry
        )
        self.lookups = counter("cache_lookups_total", "Lookups in a cache by result.", "cache", "result")
        self.up = Gauge(
            "dependency_up",
            "1 after the last call of a dependency worked, 0 after it failed.",
            ("dependency",),
            multiprocess_mode="mostrecent",
            registry=registry,
        )
        self.hits, self.misses = self.lookups.labels("prompt", "hit"), self.lookups.labels("prompt", "miss")
        self._of: dict[str, LlmSeries] = {}

    def declare(self, models: Iterable[str], budget_usd: float) -> None:
        """Makes the series of these models at 0, and says what a day may cost."""
        self._budget.set(budget_usd)
        self._of = {model: self._series(model) for model in models}

    def of(self, model: str) -> LlmSeries:
        """The series of a model that was declared. Raises KeyError for another."""
        return self._of[model]

    def report(self, dependency: str, *, up: bool) -> None:
        """The last call of "llm" or "cache" worked or failed."""
        self.up.labels(dependency).set(1 if up else 0)

    def _series(self, model: str) -> LlmSeries:
        outcomes = ("ok", "error", "rejected", "cached")
        return LlmSeries(
            outcomes={outcome: self._requests.labels(model, outcome) for outcome in outcomes},
            duration=self._durations.labels(model),
            input_tokens=self._tokens.labels(model, "input"),
            output_tokens=self._tokens.labels(model, "output"),
            cost=self._cost.labels(model),
        )
