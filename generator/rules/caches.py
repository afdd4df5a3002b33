"""Caches of services: how many of the lookups find something. For every service that counts its lookups."""

from __future__ import annotations

from collections.abc import Iterator

from generator import names
from generator.model import Severity, Stack
from generator.profiles.inference import Labels, Lookups, ModelMetrics
from generator.promql import quote, rename
from generator.rules import model_scenarios as scenarios
from generator.rules.base import AlertRule, Family, RecordingRule
from generator.rules.models import Models, enough, in_force, limit_in_force, limit_series
from generator.rules.notation import RATIO, VALUE

QUANTITY = "cache_hit_ratio"
PER_CACHE = "service, cache"


def caches(stack: Stack) -> Family:
    """The family of caches."""
    models = Models(stack.services)
    alerts = (_low(stack),) if any(in_force(stack, QUANTITY)) else ()
    return Family("caches", tuple(_recordings(stack, models)) if alerts else (), alerts)


def _recordings(stack: Stack, models: Models) -> Iterator[RecordingRule]:
    yield from limit_series(stack, QUANTITY)
    for server in models.servers:
        if server.cache:
            lookups = (_rate(models, server, server.cache, *part) for part in server.cache.all)
            yield RecordingRule(names.LOOKUPS, " + ".join(lookups))
            yield RecordingRule(names.HITS, _rate(models, server, server.cache, *server.cache.hits))
    yield RecordingRule(names.HIT_RATIO, f"({names.HITS} or {names.LOOKUPS} * 0) / ({names.LOOKUPS} > 0)")


def _rate(models: Models, server: ModelMetrics, cache: Lookups, metric: str, labels: Labels) -> str:
    picked = (f"{label}=~{quote(pattern)}" for label, pattern in labels)
    if cache.label:
        found = models.total(server, metric, (names.SERVICE, cache.label), *picked)
        return rename(found, names.CACHE, cache.label)
    found = models.total(server, metric, (names.SERVICE,), *picked)
    return f'label_replace({found}, "{names.CACHE}", "{cache.name}", "", "")'


def _low(stack: Stack) -> AlertRule:
    low = f"({names.HIT_RATIO} < on (service) group_left (team) {names.limit(QUANTITY)})"
    return AlertRule(
        name="CacheHitRatioLow",
        expr=f"{low} {enough(names.LOOKUPS, by=PER_CACHE)}",
        hold=900,
        severity=Severity.WARNING,
        value=RATIO(VALUE),
        limit=limit_in_force(RATIO, QUANTITY),
        subject="{{ $labels.service }}{{ with $labels.cache }} {{ . }}{{ end }}",
        limits=(*in_force(stack, QUANTITY), ("min_requests", stack.limits.min_requests)),
        scenarios=tuple(scenarios.missing(stack)),
    )
