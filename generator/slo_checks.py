"""What an SLO needs that no single field can show: buckets that can tell, samples kept long enough, alerts in reach."""

from __future__ import annotations

from collections.abc import Iterator

from generator.model import Objective, Service, Stack
from generator.problems import Problem, Severity
from generator.rules.slo import between, out_of_reach
from generator.units import bound, duration, percent


def slos(stack: Stack) -> Iterator[Problem]:
    """Every problem of every objective."""
    for service in stack.services:
        if service.slo is None:
            continue
        yield from _kept(stack, service)
        for objective in service.slo.objectives:
            yield from _reachable(service, objective)
            if objective.kind == "latency":
                yield from _measured(service, f"{service.slo.key}.latency.below", objective.below)


def _kept(stack: Stack, service: Service) -> Iterator[Problem]:
    if service.slo and stack.retention.metrics < service.slo.window:
        yield Problem(
            "slo-retention",
            f"a window of {duration(service.slo.window)} is longer than metrics are kept, "
            f"{duration(stack.retention.metrics)}: what is older is forgotten",
            key=f"{service.slo.key}.window",
            hint=f"write `retention: {{metrics: {duration(service.slo.window)}}}` in `stack`, or a shorter window",
            severity=Severity.WARNING,
        )


def _reachable(service: Service, objective: Objective) -> Iterator[Problem]:
    if service.slo and out_of_reach(service.slo, objective.budget):
        yield Problem(
            "slo-out-of-reach",
            f"an objective of {percent(objective.share.value)} leaves so much that nothing burns it fast: the critical "
            "alert can never fire",
            key=objective.share.origin,
            hint="write a higher objective; the warning works",
            severity=Severity.WARNING,
        )


def _measured(service: Service, key: str, below: float) -> Iterator[Problem]:
    """Refused where nothing could ever be measured; warned of where it cannot be measured exactly."""
    library, bounds = service.profile.title, service.bounds
    hint = f"give the library a bucket at {bound(below)} and write its bounds as `buckets: […]`"
    if not service.profile.service_durations:
        yield Problem(
            "slo-no-histogram",
            f"{library} has no histogram of durations: how many requests take at most {bound(below)} is not known",
            key=key,
            hint="remove `latency`; availability can be measured",
        )
    elif not bounds:
        yield Problem(
            "slo-unknown-buckets",
            f"the bucket bounds of {service.name} are not known: without one at {bound(below)} nothing is measured",
            key=key,
            hint=hint,
            severity=Severity.WARNING,
        )
    elif below > bounds[-1]:
        yield Problem(
            "slo-above-buckets",
            f"{bound(below)} is above the highest bucket bound {bound(bounds[-1])} of {library}: "
            "which requests are faster is not known",
            key=key,
            hint=hint,
        )
    elif place := between(service, below):
        low, high = place
        yield Problem(
            "slo-between-buckets",
            f"{bound(below)} is no bucket bound of {library}: the share of requests below it is guessed from those "
            f"at {bound(low) if low else '0'} and {bound(high)}",
            key=key,
            hint=hint,
            severity=Severity.WARNING,
        )
