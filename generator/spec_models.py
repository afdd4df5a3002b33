"""What a person may type about models: `services[].inference` and `services[].llm`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from generator.fields import Bound, Duration, Part, Percent


class InferenceSpec(Part):
    """What is expected of a service's models. Alerts on models exist for services that have this."""

    latency_p95: Duration | None = Field(None, description="InferenceSlow: p95 of the time that a model takes")
    queue_wait: Duration | None = Field(None, description="QueueBacklog: p95 of the wait before the model")
    cold_start: Duration | None = Field(None, description="ColdStartSlow: loading a model up to its first answer")
    accuracy_floor: Annotated[float, Field(gt=0, le=1)] | None = Field(
        None, description="ModelAccuracyLow: 0 to 1; no such alert without it"
    )
    cache_hit_ratio: Percent | None = Field(None, description="CacheHitRatioLow: hits / lookups of each cache")
    buckets: list[Bound] | None = Field(None, description="the bounds of both histograms, if not the library's default")


class LlmSpec(Part):
    """What is expected of a service's calls of language models. Alerts on calls exist for services that have this."""

    latency_p95: Duration | None = Field(None, description="LlmLatencyHigh: p95 of a call")
    error_ratio: Percent | None = Field(None, description="LlmErrorRate: failed / all calls")
    daily_budget: Annotated[float, Field(gt=0, le=1_000_000_000, allow_inf_nan=False)] | None = Field(
        None, description="LlmCostBudget: what a day (UTC) may cost, in USD; no such alert without it"
    )
    buckets: list[Bound] | None = Field(None, description="the histogram's bounds, if not the library's default")
