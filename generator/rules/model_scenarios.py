"""Input series for the unit tests of models' alerts: inference, calls, costs and lookups as a server counts them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from generator import names
from generator.model import Limit, Service, Severity, Stack
from generator.profiles import Duration, Mean
from generator.profiles.inference import ModelMetrics, measured_by
from generator.promql import WINDOW_SECONDS
from generator.rules.base import Pairs, Run, Scenario, Series
from generator.rules.models import Recorded, limit_on
from generator.rules.scenarios import RATE, SETTLE, held, target_labels
from generator.rules.vocabulary import identity
from generator.units import number

MINUTES = 60.0
MODEL = "test"


def meant(stack: Stack, quantity: str) -> Iterator[tuple[Service, ModelMetrics, Limit]]:
    """One service for each server of models and each limit in force, with both."""
    seen = set()
    for service in stack.services:
        limit, server = limit_on(service, quantity), measured_by(service.profile.name)
        if limit is not None and (kind := (server.name, service.push, limit.value)) not in seen:
            seen.add(kind)
            yield service, server, limit


def known(stack: Stack, service: Service) -> tuple[Series, ...]:
    """What the rules of services record: that the service exists, and its guards."""
    team = ((names.SERVICE, service.name), (names.TEAM, service.team))
    guards = (("min_requests", service.limits.min_requests), ("min_errors", service.limits.min_errors))
    info = Series(names.SERVICE_INFO, tuple(sorted(identity(stack, service))), start=1)
    return (info, *(Series(names.limit(guard), team, start=limit.value) for guard, limit in guards))


def around(
    stack: Stack,
    alert: str,
    default: float,
    service: Service,
    above: tuple[Series, ...],
    below: tuple[Series, ...],
    *,
    begins: float = 0,
    sign: tuple[str, str] | None = None,
) -> Iterator[Scenario]:
    """Above its limit an alert fires after `for` and not before; below it does not, and without data it does not."""
    base, name = known(stack, service), service.name
    who = ((names.SERVICE, name), *((sign,) if sign else ()))
    hold = held(stack, alert, default, service)
    late = begins + hold + SETTLE + 4 * (stack.scrape_interval + stack.evaluation_interval)
    early = begins + hold * 0.75
    yield Scenario(f"{name}: above the limit fires after for", (*base, *above), late, True, who)
    if hold >= 4 * stack.evaluation_interval:
        yield Scenario(f"{name}: above the limit is silent before for", (*base, *above), early, False, who)
    yield Scenario(f"{name}: below the limit is silent", (*base, *below), late, False, who)
    yield Scenario(f"{name}: no data is silent", base, late, False, who)


def labels(stack: Stack, service: Service, server: ModelMetrics, **more: str) -> Pairs:
    """The labels of a series of one model."""
    return tuple(sorted({**dict(target_labels(stack, service)), server.model: MODEL, **more}.items()))


def _volume(service: Service) -> float:
    """So many per second that the minimum in the window is passed."""
    return max(RATE, 2 * service.limits.min_requests.value / WINDOW_SECONDS)


def slow(
    stack: Stack,
    alert: str,
    recorded: Recorded,
    pick: Callable[[ModelMetrics], Duration | Mean | None],
    sign: tuple[str, str] | None = None,
) -> Iterator[Scenario]:
    """Durations just above and just below a limit, as far as the server's buckets can tell them apart."""
    for service, server, limit in meant(stack, recorded.quantity):
        timed, rate = pick(server), _volume(service)
        if isinstance(timed, Duration):
            bounds = dict(service.model_bounds)[recorded.quantity]
            beyond = next((b for b in bounds if b > limit.value), None)
            within = limit.value if limit.value in bounds else max((b for b in bounds if b < limit.value), default=None)
            if beyond is None or within is None:
                continue
            exact = within == limit.value
            pairs = labels(stack, service, server)
            above = _histogram(stack, timed, pairs, bounds, (rate, 0.06 if exact else 1.0, within, beyond))
            below = _histogram(stack, timed, pairs, bounds, (rate, 0.04 if exact else 0.0, within, beyond))
            few = 0.5 * service.limits.min_requests.value / WINDOW_SECONDS
            rare = _histogram(stack, timed, pairs, bounds, (few, 1.0, within, beyond))
        elif timed is not None:
            above = _mean(stack, service, server, timed, rate, limit.value * 1.1)
            below = _mean(stack, service, server, timed, rate, limit.value * 0.9)
            rare = ()
        else:
            continue
        yield from around(stack, alert, 300, service, above, below, sign=sign)
        if rare and service.limits.min_requests.value >= 2:
            yield _rare(stack, service, rare, sign)


def _rare(stack: Stack, service: Service, series: tuple[Series, ...], sign: tuple[str, str] | None = None) -> Scenario:
    who = ((names.SERVICE, service.name), *((sign,) if sign else ()))
    late = 900 + SETTLE + 4 * (stack.scrape_interval + stack.evaluation_interval)
    return Scenario(f"{service.name}: too few are silent", (*known(stack, service), *series), late, False, who)


def _histogram(
    stack: Stack, timed: Duration, pairs: Pairs, bounds: tuple[float, ...], how: tuple[float, float, float, float]
) -> tuple[Series, ...]:
    """So many per second, of which a share takes as long as `at` and the rest as long as `base`."""
    rate, share, base, at = how
    step = rate * stack.scrape_interval
    found = []
    for bound in (*bounds, float("inf")):
        within = 1.0 if bound >= at else (1 - share if bound >= base else 0.0)
        le = "+Inf" if bound == float("inf") else number(bound)
        found.append(Series(f"{timed.metric}_bucket", tuple(sorted((*pairs, ("le", le)))), step=step * within))
    return (*found, Series(f"{timed.metric}_count", pairs, step=step))


def _mean(
    stack: Stack, service: Service, server: ModelMetrics, timed: Mean, rate: float, mean: float
) -> tuple[Series, ...]:
    pairs, step = labels(stack, service, server), rate * stack.scrape_interval
    return (Series(timed.counts[0], pairs, step=step), Series(timed.total, pairs, step=step * mean / timed.unit))


def growing(stack: Stack) -> Iterator[Scenario]:
    """A queue that grows, one that stays, one that shrinks."""
    for service, server, _ in meant(stack, "inference.queue_wait"):
        if server.queue is None:
            continue
        pairs, sign = labels(stack, service, server), ("reason", "growth")
        up, same, down = (
            (Series(server.queue, pairs, start=9000, step=step),) for step in (stack.scrape_interval / 5, 0, -1)
        )
        yield from around(stack, "QueueBacklog", 300, service, up, same, begins=10 * MINUTES, sign=sign)
        late = 900 + SETTLE + 4 * (stack.scrape_interval + stack.evaluation_interval)
        who = ((names.SERVICE, service.name), sign)
        yield Scenario(
            f"{service.name}: a queue that shrinks is silent", (*known(stack, service), *down), late, False, who
        )


def cold_start(stack: Stack) -> Iterator[Scenario]:
    """A model that was loaded while somebody looked is told for ten minutes, in whatever time it was loaded before."""
    for service, server, limit in meant(stack, "inference.cold_start"):
        if server.cold_start is None:
            continue
        hold = held(stack, "ColdStartSlow", 0, service)
        pairs, who = labels(stack, service, server), ((names.SERVICE, service.name),)
        base, begin = known(stack, service), 20 * MINUTES
        slow, quick = (
            (*base, Series(server.cold_start, pairs, start=limit.value * factor, earlier=(Run(begin),)))
            for factor in (1.1, 0.9)
        )
        old = (*base, Series(server.cold_start, pairs, start=limit.value * 1.1))
        if hold <= 4 * MINUTES:
            at = begin + hold + 2 * (stack.scrape_interval + stack.evaluation_interval)
            yield Scenario(f"{service.name}: a slow cold start fires", slow, at, True, who)
            yield Scenario(f"{service.name}: a quick cold start is silent", quick, at, False, who)
        yield Scenario(f"{service.name}: ten minutes later it is silent", slow, begin + 13 * MINUTES, False, who)
        yield Scenario(f"{service.name}: one from before the first look is silent", old, 12 * MINUTES, False, who)


def inaccurate(stack: Stack) -> Iterator[Scenario]:
    """Accuracy just below and just above its floor."""
    for service, server, floor in meant(stack, "inference.accuracy_floor"):
        if server.accuracy:
            pairs = labels(stack, service, server)
            low, high = (
                (Series(server.accuracy, pairs, start=round(value, 9)),)
                for value in (floor.value * 0.98, min(1, floor.value * 1.02))
            )
            yield from around(stack, "ModelAccuracyLow", 900, service, low, high)


def failing(stack: Stack) -> Iterator[Scenario]:
    """A share of failed calls just above and just below the limit, and too few of them."""
    for service, server, limit in meant(stack, "llm.error_ratio"):
        if server.calls is None:
            continue
        least = max(service.limits.min_errors.value, 1)
        volume = max(_volume(service), 2 * least / WINDOW_SECONDS / limit.value)
        above = _outcomes(stack, service, server, volume, min(1.0, limit.value * 1.1))
        below = _outcomes(stack, service, server, volume, limit.value * 0.85)
        if limit.value < 1:
            yield from around(stack, "LlmErrorRate", 300, service, above, below)
        if least >= 2:
            yield _rare(stack, service, _outcomes(stack, service, server, 0.5 * least / 3600, 1.0))


def _outcomes(stack: Stack, service: Service, server: ModelMetrics, volume: float, share: float) -> tuple[Series, ...]:
    calls = server.calls
    if calls is None:
        return ()
    parts = ((calls.answered, 1 - share), (calls.failed[0], share), (calls.left_out[0], 1.0))
    return tuple(
        Series(
            calls.metric,
            labels(stack, service, server, **{calls.label: outcome}),
            step=part * volume * stack.scrape_interval,
        )
        for outcome, part in parts
    )


def costly(stack: Stack, severity: Severity, share: float) -> Iterator[Scenario]:
    """Half an hour's cost just above and just below a share of the day's budget."""
    alert = "LlmCostBudget"
    for service, server, budget in meant(stack, "llm.daily_budget"):
        if server.cost is None:
            continue
        hold = held(stack, alert, 0, service)
        pairs, base, late = labels(stack, service, server), known(stack, service), 30 * MINUTES + hold
        who = ((names.SERVICE, service.name), (names.SEVERITY, severity.value))
        for factor, what, fires in ((1.05, "above", True), (0.95, "below", False)):
            spent = budget.value * share * factor
            series = Series(server.cost, pairs, start=7, step=spent / (30 * MINUTES) * stack.scrape_interval)
            if fires or hold == 0:
                end = "fires" if fires else "is silent"
                sentence = f"{service.name}: {number(share * 100)} % of the budget, just {what}, {end}"
                yield Scenario(sentence, (*base, series), late, fires, who)
        yield Scenario(f"{service.name}: no cost is silent", base, late, False, who)


def missing(stack: Stack) -> Iterator[Scenario]:
    """Hits just below and just above the limit, and too few lookups."""
    for service, server, limit in meant(stack, "cache_hit_ratio"):
        rate = _volume(service)
        low, high = (_lookups(stack, service, server, rate, min(1.0, limit.value * f)) for f in (0.95, 1.05))
        if low and high:
            yield from around(stack, "CacheHitRatioLow", 900, service, low, high)
        least = service.limits.min_requests.value
        if low and least >= 2:
            yield _rare(stack, service, _lookups(stack, service, server, 0.5 * least / WINDOW_SECONDS, 0.0))


def _lookups(stack: Stack, service: Service, server: ModelMetrics, rate: float, ratio: float) -> tuple[Series, ...]:
    """Lookups of one cache; where the same counter tells hits from misses by a label, both of its series."""
    cache = server.cache
    if cache is None:
        return ()
    of = {cache.label: "test"} if cache.label else {}
    step = rate * stack.scrape_interval
    hits, lookups = cache.hits[0], {metric for metric, _ in cache.all}
    apart = {"result": "hit"} if lookups == {hits} else {}
    found = [Series(hits, labels(stack, service, server, **of, **apart), step=step * ratio)]
    if apart:
        found.append(Series(hits, labels(stack, service, server, **of, result="miss"), step=step * (1 - ratio)))
    for metric in sorted(lookups - {hits}):
        share = 1 - ratio if hits in lookups else 1.0
        found.append(Series(metric, labels(stack, service, server, **of), step=step * share))
    return tuple(found)
