"""`services[].inference` and `services[].llm`: what is expected of models, with every default filled in. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from generator import defaults, spec
from generator.model import Limit
from generator.profiles.base import Duration
from generator.profiles.inference import measured_by
from generator.spec_models import InferenceSpec, LlmSpec

BARE = ("accuracy_floor", "daily_budget")
"""What has no default: without a number there is no alert."""


def model_limits(typed: spec.ServiceSpec, key: str) -> Iterator[tuple[str, Limit]]:
    """The limits of a service's models, of its calls of language models, and of its caches."""
    if _caches_count(typed):
        yield "cache_hit_ratio", _limit(typed.inference, "cache_hit_ratio", f"{key}.inference", "cache_hit_ratio")
    for section in ("inference", "llm"):
        written = getattr(typed, section)
        if written is None:
            continue
        for field in type(written).model_fields:
            quantity = f"{section}.{field}"
            if quantity in defaults.MODEL_LIMITS or (field in BARE and getattr(written, field) is not None):
                yield quantity, _limit(written, field, f"{key}.{section}", quantity)


def _limit(written: InferenceSpec | LlmSpec | None, field: str, key: str, quantity: str) -> Limit:
    value: float | None = getattr(written, field, None)
    return defaults.MODEL_LIMITS[quantity] if value is None else Limit(float(value), f"{key}.{field}")


def _caches_count(typed: spec.ServiceSpec) -> bool:
    """Where a low ratio is no fault by itself, somebody must say that it is."""
    cache = measured_by(typed.kind).cache
    return typed.inference is not None or typed.llm is not None or (cache is not None and cache.expected)


def model_bounds(typed: spec.ServiceSpec) -> Iterator[tuple[str, tuple[float, ...]]]:
    """The bounds of each histogram; a server without one has none, whatever is written."""
    measured = measured_by(typed.kind)
    for quantity, section, timed in (
        ("inference.latency_p95", typed.inference, measured.inference),
        ("inference.queue_wait", typed.inference, measured.wait),
        ("llm.latency_p95", typed.llm, measured.call_time),
    ):
        if section is not None and isinstance(timed, Duration):
            yield quantity, tuple(sorted(set(section.buckets))) if section.buckets else timed.bounds
