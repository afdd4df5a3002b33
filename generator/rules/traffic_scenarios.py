"""Input series for the unit tests of what is unusual: hours as ever, then something else."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from generator.model import Service, Stack
from generator.profiles import Duration
from generator.promql import WINDOW_SECONDS
from generator.rules.base import Run, Scenario, Series
from generator.rules.scenarios import RATE, held, requests, target_labels
from generator.units import number

STEP = 300.0  # how often the rules are evaluated in these tests
USUAL = 22200.0  # how long a service has been as ever when it changes: it is judged after its first six hours
USUAL_LATENCY = 2 * 3600.0
HOLD = 600.0
NEAR = 0.1


def differing(stack: Stack, *quantities: str) -> Iterator[Service]:
    """One service for each set of limits in force: to rules that read the vocabulary all libraries are alike."""
    found: dict[tuple[float, ...], Service] = {}
    for service in stack.services:
        if service.profile.requests[0].status is not None or service.profile.requests[0].code == "2xx":
            found.setdefault(tuple(getattr(service.limits, q).value for q in quantities), service)
    yield from found.values()


def capacity(stack: Stack) -> Iterator[Scenario]:
    """Just above and just below the share of the capacity that a service may take."""
    tried: set[tuple[float, float]] = set()
    for service in stack.services:
        if not service.capacity or (service.capacity.value, service.limits.capacity_share.value) in tried:
            continue
        share, full = service.limits.capacity_share.value, service.capacity.value
        tried.add((full, share))
        above, below = (_steady(stack, service, full * share * factor) for factor in (1.05, 0.95))
        wait = held(stack, "ThroughputNearCapacity", HOLD, service)
        yield from _three(stack, service, wait, 0.0, above, below, "traffic near the capacity")


def surge(stack: Stack) -> Iterator[Scenario]:
    """Traffic that grows beyond its band, and not quite."""
    for index, service in enumerate(differing(stack, "traffic_factor", "traffic_minimum")):
        usual, factor = _usual(service), service.limits.traffic_factor.value
        above = _changing(stack, service, usual, usual * factor * (1 + NEAR))
        below = _changing(stack, service, usual, usual * (1 + (factor - 1) * (1 - NEAR)))
        wait = held(stack, "TrafficSurge", HOLD, service)
        yield from _three(stack, service, wait, USUAL, above, below, "traffic above the band", brief=index > 0)
        if index:
            continue
        least = service.limits.traffic_minimum.value
        if least > 0:
            night = _changing(stack, service, NEAR * least / factor, (1 - NEAR) * least)
            yield _silent(stack, service, wait, USUAL, night, "a handful of requests at night is silent")


def drop(stack: Stack) -> Iterator[Scenario]:
    """Traffic that falls below its band, and not quite; that stops; and a restart."""
    for index, service in enumerate(differing(stack, "traffic_factor", "traffic_minimum")):
        usual, factor = _usual(service), service.limits.traffic_factor.value
        low = usual / factor
        above = _changing(stack, service, usual, low * (1 - NEAR))
        below = _changing(stack, service, usual, low + (usual - low) * NEAR)
        wait = held(stack, "TrafficDrop", HOLD, service)
        yield from _three(stack, service, wait, USUAL, above, below, "traffic below the band", brief=index > 0)
        if index:
            continue
        restart = _changing(stack, service, usual, usual, reset=True)
        yield _silent(stack, service, wait, USUAL, restart, "counters that begin again at 0 are silent")
        least = service.limits.traffic_minimum.value
        if least > 0:
            night = _changing(stack, service, (1 - NEAR) * least, 0.0)
            yield _silent(stack, service, wait, USUAL, night, "too little traffic to fall is silent")


def latency(stack: Stack) -> Iterator[Scenario]:
    """A p95 that becomes a multiple of its own mean, and not quite; that stays below the floor; of too few requests."""
    for service in differing(stack, "latency_factor", "latency_floor", "min_requests"):
        if not service.profile.service_durations or not service.bounds:
            continue
        factor, floor = service.limits.latency_factor.value, service.limits.latency_floor.value
        wait, least = held(stack, "LatencyAnomaly", HOLD, service), service.limits.min_requests.value
        rate = max(RATE, 2 * least / WINDOW_SECONDS)
        slow = _slower(service.bounds, factor, floor, math.inf)
        if slow:
            above, below = (_timed(stack, service, rate, slow[0], now) for now in slow[1:])
            yield from _three(stack, service, wait, USUAL_LATENCY, above, below, "p95 above its own mean")
            if least >= 2:
                few = _timed(stack, service, least / 2 / WINDOW_SECONDS, slow[0], slow[1])
                yield _silent(stack, service, wait, USUAL_LATENCY, few, "too few requests are silent")
        quick = _slower(service.bounds, factor, 0.0, floor)
        if quick:
            fast = _timed(stack, service, rate, quick[0], quick[1])
            yield _silent(stack, service, wait, USUAL_LATENCY, fast, "p95 below the floor is silent")


def _usual(service: Service) -> float:
    """So much traffic that the factor decides and not the minimum."""
    factor = service.limits.traffic_factor.value
    return max(RATE, 2 * service.limits.traffic_minimum.value * factor / (factor - 1))


def _steady(stack: Stack, service: Service, rate: float) -> tuple[Series, ...]:
    return tuple(requests(stack, service, "2xx", rate))


def _changing(
    stack: Stack, service: Service, before: float, after: float, *, reset: bool = False
) -> tuple[Series, ...]:
    return tuple(
        _bent(stack, series, USUAL, series.step * after / before, reset=reset)
        for series in _steady(stack, service, before)
    )


def _bent(stack: Stack, series: Series, at: float, step: float, *, reset: bool = False) -> Series:
    """A counter that grows by another step from `at` seconds on, or begins again at 0 then."""
    times = round(at / stack.scrape_interval)
    before = Run((times + 1) * stack.scrape_interval, series.start, series.step)
    return replace(
        series, start=0.0 if reset else series.start + series.step * times + step, step=step, earlier=(before,)
    )


def _late(since: float, wait: float) -> float:
    """When an alert fires that waits: a window after the change its rate is the new one."""
    return since + math.ceil((WINDOW_SECONDS + wait) / STEP) * STEP


def _three(
    stack: Stack,
    service: Service,
    wait: float,
    since: float,
    above: tuple[Series, ...],
    below: tuple[Series, ...],
    what: str,
    *,
    brief: bool = False,
) -> Iterator[Scenario]:
    """Beyond its limit an alert fires after `for` and not before; within it does not, and without data it does not.

    `brief` leaves out what differs from service to service by nothing but the time it takes.
    """
    up, who, name = _up(stack, service), (("service", service.name),), service.name
    late = _late(since, wait)
    yield Scenario(f"{name}: {what} fires after for", (*up, *above), late, True, who)
    if wait >= 2 * STEP and not brief:
        yield Scenario(f"{name}: {what} is silent before for", (*up, *above), late - STEP, False, who)
    yield Scenario(f"{name}: {what}, but not by enough, is silent", (*up, *below), late, False, who)
    if not brief:
        yield Scenario(f"{name}: no traffic is silent", up, _late(0, wait), False, who)


def _silent(
    stack: Stack, service: Service, wait: float, since: float, series: tuple[Series, ...], what: str
) -> Scenario:
    who = (("service", service.name),)
    return Scenario(
        f"{service.name}: {what}", (*_up(stack, service), *series), _late(since, wait), fires=False, subject=who
    )


def _up(stack: Stack, service: Service) -> tuple[Series, ...]:
    return () if service.push else (Series("up", target_labels(stack, service), start=1),)


Shape = tuple[float, float]
"""The upper bound of the bucket that a p95 lies in, and the share of the requests that are below that bucket."""


def _slower(bounds: tuple[float, ...], factor: float, least: float, most: float) -> tuple[Shape, Shape, Shape] | None:
    """A usual p95 and two others, just above and just below so many times it, which these buckets can show."""
    for index in range(1, len(bounds)):
        for place in (0.8, 0.5, 0.2):
            above = bounds[index - 1] + place * (bounds[index] - bounds[index - 1])
            usual = above / factor / (1 + NEAR)
            below = usual * (1 + (factor - 1) * (1 - NEAR))
            shapes = [shape for p95 in (usual, above, below) if (shape := _shape(bounds, p95))]
            if len(shapes) == 3 and below > least and above < most:
                return shapes[0], shapes[1], shapes[2]
    return None


def _shape(bounds: tuple[float, ...], p95: float) -> Shape | None:
    for low, high in pairwise(bounds):
        within = (p95 - low) / (high - low)
        if 0 < within <= 0.95:
            return high, (0.95 - within) / (1 - within)
    return None


def _timed(stack: Stack, service: Service, rate: float, before: Shape, after: Shape) -> tuple[Series, ...]:
    """Requests whose p95 changes from one shape to another."""
    timer = service.profile.service_durations[0]
    step = rate * stack.scrape_interval
    series = (
        _bent(
            stack,
            Series(
                f"{timer.metric}_bucket",
                tuple(sorted({**_labels(stack, service, timer), "le": _le(bound, timer)}.items())),
                step=step * _share(before, bound),
            ),
            USUAL_LATENCY,
            step * _share(after, bound),
        )
        for bound in (*service.bounds, math.inf)
    )
    return (*_steady(stack, service, rate), *series)


def _labels(stack: Stack, service: Service, timer: Duration) -> dict[str, str]:
    labels = dict(target_labels(stack, service))
    labels |= {timer.route: "/test"} if timer.route else {}
    return labels | ({timer.method: "GET"} if timer.method else {})


def _le(bound: float, timer: Duration) -> str:
    return "+Inf" if bound == math.inf else number(bound / timer.unit)


def _share(shape: Shape, bound: float) -> float:
    high, below = shape
    return 1.0 if bound >= high else below
