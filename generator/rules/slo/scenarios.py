"""Input series that burn an error budget just above and just below an alert's limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import ceil, inf

from generator import names
from generator.model import Objective, Service, Stack
from generator.rules.base import Scenario, Series
from generator.rules.scenarios import RATE, countable, held, requests, target_labels
from generator.rules.slo.burn import SLOT, Pair
from generator.rules.slo.events import between, objectives
from generator.units import number

MOST = 0.95
"""The largest share of bad requests that a test makes."""
FIRST, LAST = 12, 144
"""Slots of five minutes until the budget is gone: at least an hour, and not so many that a test takes long."""
ABOVE, BELOW = 1.01, 0.97


def stride(stack: Stack) -> float:
    """Between two scrapes, and two evaluations, of these tests: their windows are long, and promtool is not fast."""
    return max(SLOT / 2, stack.scrape_interval, stack.evaluation_interval)


def burning(stack: Stack, kind: str, alert: str, pairs: tuple[Pair, ...], default: float) -> Iterator[Scenario]:
    """A service that is new: its budget is gone after so many slots, and the alert fires when it has held."""
    stack = replace(stack, scrape_interval=stride(stack), evaluation_interval=stride(stack))
    for service, objective, window in _representatives(stack, kind):
        found = _reached(objective.budget, pairs, window)
        if found:
            yield from _scenarios(stack, service, objective, held(stack, alert, default, service), *found)


def _representatives(stack: Stack, kind: str) -> Iterator[tuple[Service, Objective, float]]:
    """One service for each profile and promise over a window, as far as its library can show bad requests."""
    done = set()
    for service, objective in objectives(stack):
        name = service.profile.service or service.profile.name
        window = service.slo.window if service.slo else 0.0
        same = (name, service.push, objective.share.value, objective.below, service.bounds, window)
        if objective.kind != kind or same in done or not _shows(service, objective):
            continue
        done.add(same)
        yield service, objective, window


def _shows(service: Service, objective: Objective) -> bool:
    if objective.kind == "availability":
        return countable(service, "5xx")
    return bool(service.profile.service_durations) and not between(service, objective.below)


def _reached(budget: float, pairs: tuple[Pair, ...], window: float) -> tuple[int, float, float] | None:
    """After how many slots of how many a limit is reached, and the limit; None where that takes too long."""
    for pair in pairs:
        limit, slots = pair.rate(window) * budget, pair.long / SLOT
        needed = max(FIRST, ceil(ABOVE * limit * slots / MOST))
        if needed <= min(slots, LAST):
            return needed, slots, limit
    return None


def _scenarios(
    stack: Stack, service: Service, objective: Objective, hold: float, needed: int, slots: float, limit: float
) -> Iterator[Scenario]:
    who = ((names.SERVICE, service.name),)
    up = () if service.push else (Series("up", target_labels(stack, service), start=1),)
    begun = needed * SLOT
    late = begun + hold + 2 * stack.evaluation_interval
    above = _traffic(stack, service, objective, ABOVE * limit * slots / needed)
    below = _traffic(stack, service, objective, BELOW * limit * slots / min(slots, late // SLOT + 1))
    what = f"{service.name}: {objective.kind}"
    yield Scenario(f"{what} budget burned above the limit fires after for", (*up, *above), late, True, who)
    if hold > 0:
        early = begun + hold * 0.4 // stack.evaluation_interval * stack.evaluation_interval
        yield Scenario(f"{what} budget burned above the limit is silent before for", (*up, *above), early, False, who)
    yield Scenario(f"{what} budget burned below the limit is silent", (*up, *below), late, False, who)
    yield Scenario(f"{what} without traffic is silent", up, hold + SLOT, False, who)
    if service.limits.min_errors.value >= 2:
        few = _traffic(stack, service, objective, MOST, 0.5 * service.limits.min_errors.value / late)
        yield Scenario(f"{what} with too few bad requests is silent", (*up, *few), late, False, who)


def _traffic(
    stack: Stack, service: Service, objective: Objective, bad: float, rate: float | None = None
) -> tuple[Series, ...]:
    """Requests of which a share is bad, by default so many that both minimums are passed."""
    if rate is None:
        least = max(service.limits.min_requests.value, service.limits.min_errors.value / bad)
        rate = max(RATE, 2 * least / SLOT)
    if objective.kind == "availability":
        good = requests(stack, service, "2xx", rate * (1 - bad))
        return (*good, *requests(stack, service, "5xx", rate * bad))
    return (*requests(stack, service, "2xx", rate), *_timed(stack, service, objective.below, bad, rate))


def _timed(stack: Stack, service: Service, below: float, bad: float, rate: float) -> Iterator[Series]:
    """The buckets of requests that take exactly as long as they may, but a share that takes longer."""
    timed = service.profile.service_durations[0]
    labels = dict(target_labels(stack, service))
    labels |= {timed.route: "/test"} if timed.route else {}
    labels |= {timed.method: "GET"} if timed.method else {}
    for bound in (*(service.bounds or (below,)), inf):
        share = 0.0 if bound < below else 1 - bad if bound == below else 1.0
        le = "+Inf" if bound == inf else number(bound / timed.unit)
        pairs = tuple(sorted({**labels, "le": le}.items()))
        yield Series(f"{timed.metric}_bucket", pairs, step=rate * share * stack.scrape_interval)
