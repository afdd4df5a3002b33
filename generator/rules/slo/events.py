"""What an SLO counts: requests and bad requests, for each objective of each service that has one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from generator import names
from generator.model import Objective, Service, Stack
from generator.promql import bucket, equals, one_of, select, sum_by
from generator.rules.base import RecordingRule
from generator.rules.slo.burn import SLOT
from generator.rules.slow import INFINITE
from generator.rules.vocabulary import Source, excluding, sources_of
from generator.units import duration, number

BELOW = names.limit("slo_latency_seconds")


def objectives(stack: Stack) -> Iterator[tuple[Service, Objective]]:
    """Every promise of every service."""
    for service in stack.services:
        for objective in service.slo.objectives if service.slo else ():
            yield service, objective


def promised(kind: str) -> str:
    """The series of the services that promise something of this kind."""
    return select(names.SLO_OBJECTIVE, equals(names.SLO, kind))


def promises(stack: Stack) -> Iterator[RecordingRule]:
    """The objectives as series, one rule for each value; what they leave; and what is fast enough."""
    shares: defaultdict[tuple[str, float, float], list[str]] = defaultdict(list)
    below: defaultdict[float, list[str]] = defaultdict(list)
    for service, objective in objectives(stack):
        window = service.slo.window if service.slo else 0.0
        shares[objective.kind, window, objective.share.value].append(service.name)
        if objective.kind == "latency":
            below[objective.below].append(service.name)
    for (kind, window, share), members in sorted(shares.items()):
        labels = ((names.SLO, kind), (names.WINDOW, duration(window)))
        yield RecordingRule(names.SLO_OBJECTIVE, _constant(members, share), labels)
    yield RecordingRule(names.SLO_BUDGET, f"1 - {names.SLO_OBJECTIVE}")
    for seconds, members in sorted(below.items()):
        yield RecordingRule(BELOW, _constant(members, seconds))


def _constant(services: list[str], value: float) -> str:
    info = select(names.SERVICE_INFO, one_of(names.SERVICE, services))
    return f"group by (service, team) ({info}) * {number(value)}"


def events(stack: Stack) -> Iterator[RecordingRule]:
    """Requests and bad requests a second, and how many there were in each five minutes."""
    kinds = {objective.kind for _, objective in objectives(stack)}
    if "availability" in kinds:
        labels = ((names.SLO, "availability"),)
        mine = f"and on (service) {promised('availability')}"
        yield RecordingRule(names.SLO_EVENTS, f"{names.REQUESTS} {mine}", labels)
        yield RecordingRule(names.SLO_ERRORS, f"{names.ERRORS} {mine}", labels)
    if "latency" in kinds:
        yield from _timed(stack)
    for record, rate in ((names.SLO_EVENTS_COUNT, names.SLO_EVENTS), (names.SLO_ERRORS_COUNT, names.SLO_ERRORS)):
        yield RecordingRule(record, f"{rate} * {number(SLOT)} and on () {_once_a_slot(stack)}")


def _once_a_slot(stack: Stack) -> str:
    """True at the first evaluation of every five minutes: windows of rates that touch and do not overlap."""
    return f"vector(time()) % {number(SLOT)} < {number(stack.evaluation_interval)}"


@dataclass(frozen=True, slots=True)
class Histogram:
    """Rates of the buckets of several services: of all that count in seconds, or of one source of another unit."""

    services: tuple[Service, ...]
    unit: float = 1.0
    source: Source | None = None

    def rate(self, matcher: str) -> str:
        """The rate of the buckets that match, by service."""
        if self.source is None:
            return sum_by((names.SERVICE,), select(names.LATENCY_BUCKETS, matcher))
        timed = self.source.profile.service_durations[0]
        return sum_by((names.SERVICE,), self.source.rate(f"{timed.metric}_bucket", *excluding(timed), matcher))

    def within(self, seconds: float, *matchers: str) -> str:
        """The rate of requests that took at most so long, where that is a bound."""
        return self.rate(", ".join(m for m in (bucket(seconds, self.unit), *matchers) if m))


def _timed(stack: Stack) -> Iterator[RecordingRule]:
    labels, mine = ((names.SLO, "latency"),), promised("latency")
    below = {service.name: o.below for service, o in objectives(stack) if o.kind == "latency"}
    for histogram in _histograms([s for s in stack.services if s.name in below], stack):
        total = histogram.rate(INFINITE)
        yield RecordingRule(names.SLO_EVENTS, f"{total} and on (service) {mine}", labels)
        for limit in sorted({below[s.name] for s in histogram.services if not between(s, below[s.name])}):
            slow = f"clamp_min({total} - {histogram.within(limit)}, 0)"
            yield RecordingRule(names.SLO_ERRORS, f"{slow} and on (service) {BELOW} == {number(limit)}", labels)
        for (limit, place), members in _guesses(histogram, below).items():
            yield RecordingRule(names.SLO_ERRORS, _guessed(histogram, members, limit, place), labels)


def _guesses(histogram: Histogram, below: dict[str, float]) -> dict[tuple[float, tuple[float, float]], list[str]]:
    """The services whose limit is no bound, by limit and neighbouring bounds."""
    found: defaultdict[tuple[float, tuple[float, float]], list[str]] = defaultdict(list)
    for service in histogram.services:
        if place := between(service, below[service.name]):
            found[below[service.name], place].append(service.name)
    return dict(sorted(found.items()))


def _histograms(services: list[Service], stack: Stack) -> Iterator[Histogram]:
    timed = [s for s in services if s.profile.service_durations]
    seconds = tuple(s for s in timed if s.profile.service_durations[0].unit == 1.0)
    if seconds:
        yield Histogram(seconds)
    for source in sources_of(stack):
        mine = tuple(s for s in timed if s.profile == source.profile and s.push == source.pushed and s not in seconds)
        if mine:
            yield Histogram(mine, source.profile.service_durations[0].unit, source)


def between(service: Service, below: float) -> tuple[float, float] | None:
    """The bounds that a limit lies between, from 0 on; None where it is a bound, above them all, or none is known."""
    bounds = service.bounds
    if not bounds or below in bounds or below > bounds[-1]:
        return None
    return max((b for b in bounds if b < below), default=0.0), min(b for b in bounds if b > below)


def _guessed(histogram: Histogram, services: list[str], below: float, place: tuple[float, float]) -> str:
    """The slow share where the limit is no bound: on the line between two of them, as histogram_quantile does."""
    low, high = place
    mine = one_of(names.SERVICE, services) if histogram.source is None else ""
    weight = number(round((below - low) / (high - low), 6))
    more = histogram.within(high, mine)
    fast = f"{more} * {weight}"
    if low:
        less = histogram.within(low, mine)
        fast = f"({less} + ({more} - {less}) * {weight})"
    total = histogram.rate(", ".join(m for m in (INFINITE, mine) if m))
    return f"clamp_min({total} - {fast}, 0) and on (service) {promised('latency')}"
