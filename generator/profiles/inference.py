"""What measures models: how a server names inference time, queue, cold start, accuracy, LLM calls, cost and cache.

Data, as the profiles are. A server that knows nothing of a quantity has None there: no rule is made of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from generator.profiles.base import Duration, Mean
from generator.profiles.vllm import BOUNDS as VLLM_BOUNDS

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """A counter of calls; `label` holds what became of each. `failed` are errors, `left_out` no calls of the model."""

    metric: str
    label: str
    failed: tuple[str, ...]
    left_out: tuple[str, ...]
    answered: str


@dataclass(frozen=True, slots=True)
class Lookups:
    """Counters of a cache: those of `hits` among those of `all`, each with the labels (label, regex) that pick them.

    `label` names the cache; without one all lookups are of the cache `name`. `expected` is False where a low ratio is
    no fault by itself: then a limit exists only for a service that declares its models."""

    hits: tuple[str, Labels]
    all: tuple[tuple[str, Labels], ...]
    label: str | None = None
    name: str = ""
    expected: bool = True


@dataclass(frozen=True, slots=True)
class ModelMetrics:
    """One server's names. `model` is the label that names the model; gauges and counters by their metric names."""

    name: str
    title: str
    model: str
    inference: Duration | Mean | None = None
    wait: Duration | Mean | None = None
    queue: str | None = None
    cold_start: str | None = None
    accuracy: str | None = None
    calls: Outcomes | None = None
    call_time: Duration | None = None
    cost: str | None = None
    cache: Lookups | None = None

    def measures(self, quantity: str) -> object:
        """What holds a quantity of the spec such as `llm.error_ratio`; None where nothing does."""
        return {
            "inference.latency_p95": self.inference,
            "inference.queue_wait": self.wait,
            "inference.cold_start": self.cold_start,
            "inference.accuracy_floor": self.accuracy,
            "llm.latency_p95": self.call_time,
            "llm.error_ratio": self.calls,
            "llm.daily_budget": self.cost,
            "cache_hit_ratio": self.cache,
        }[quantity]


COMMON = ModelMetrics(
    name="common",
    title="the sample API",
    model="model",
    inference=Duration(
        "inference_duration_seconds",
        (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    ),
    wait=Duration(
        "inference_queue_wait_seconds",
        (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    ),
    queue="inference_queue_length",
    cold_start="inference_cold_start_seconds",
    accuracy="model_accuracy_ratio",
    calls=Outcomes("llm_requests_total", "outcome", failed=("error",), left_out=("cached", "rejected"), answered="ok"),
    call_time=Duration(
        "llm_request_duration_seconds", (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60)
    ),
    cost="llm_cost_usd_total",
    cache=Lookups(
        hits=("cache_lookups_total", (("result", "hit"),)),
        all=(("cache_lookups_total", (("result", "hit|miss"),)),),
        label="cache",
    ),
)
"""Any service that counts its models as the sample API does, whatever measures its HTTP requests."""

VLLM_MODELS = ModelMetrics(
    name="vllm",
    title="vLLM",
    model="model_name",
    inference=Duration("vllm:request_inference_time_seconds", VLLM_BOUNDS),
    wait=Duration("vllm:request_queue_time_seconds", VLLM_BOUNDS),
    queue="vllm:num_requests_waiting",
    calls=Outcomes(
        "vllm:request_success_total", "finished_reason", failed=("error",), left_out=("abort",), answered="stop"
    ),
    call_time=Duration("vllm:e2e_request_latency_seconds", VLLM_BOUNDS),
    cache=Lookups(
        hits=("vllm:prefix_cache_hits_total", ()),
        all=(("vllm:prefix_cache_queries_total", ()),),
        name="prefix",
        expected=False,
    ),
)
"""vLLM's V1 engine. Its cache looks up tokens of prompts, and prompts that share nothing are no fault."""

_SUCCESSES = ("nv_inference_request_success",)
TRITON_MODELS = ModelMetrics(
    name="triton",
    title="Triton Inference Server",
    model="model",
    inference=Mean("nv_inference_compute_infer_duration_us", _SUCCESSES, unit=1e-6),
    wait=Mean("nv_inference_queue_duration_us", _SUCCESSES, unit=1e-6),
    queue="nv_inference_pending_request_count",
    cache=Lookups(
        hits=("nv_cache_num_hits_per_model", ()),
        all=(("nv_cache_num_hits_per_model", ()), ("nv_cache_num_misses_per_model", ())),
        name="response",
    ),
)
"""Triton adds durations up by default, so only means are known. It counts them for requests that succeed."""

MODELS = {each.name: each for each in (COMMON, TRITON_MODELS, VLLM_MODELS)}


def measured_by(kind: str) -> ModelMetrics:
    """What measures the models of a service of this kind."""
    return MODELS.get(kind, COMMON)
