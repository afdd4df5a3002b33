"""What is unusual: traffic beyond its band or near the capacity, latency beyond its own mean.

The band lies around the same hour of earlier days. Of five days the highest and the lowest do not count, so that one
incident neither widens nor moves it; while there are only three or four they do. While a service is younger, its last
day serves. The width is a factor and not a number of standard deviations: it can be said in words, and a quiet week
cannot make the band narrow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from generator import names
from generator.model import Severity, Stack
from generator.promql import WINDOW_SECONDS, one_of, select
from generator.rules import traffic_scenarios as scenarios
from generator.rules.base import AlertRule, Family, RecordingRule, Scenario
from generator.rules.notation import PLAIN, RATIO, SECONDS, VALUE, Notation, limit_of
from generator.rules.scenarios import held
from generator.rules.vocabulary import instances, window_count
from generator.units import duration, number

HISTORY = "traffic_history"
BANDS = ("TrafficSurge", "TrafficDrop")
ANOMALY = "LatencyAnomaly"
HOLD = 600.0
PACE = 60.0  # of the history: what looks back for days need not do so every few seconds
DAY, HALF_HOUR = 86400, 1800
DAYS = (1, 2, 3, 7, 14)  # the last ones, and the same day of the last two weeks
ENOUGH_DAYS = 3
YOUNG = "5h"  # with the hour that a mean needs, nothing is judged in a service's first six hours
LAST_DAY = "22h:30m"
RECENT = 2700.0
GROWN = "2h"


def traffic_history(stack: Stack) -> Family:
    """What was usual, at a pace of its own; nothing when no alert asks for it."""
    recordings: list[RecordingRule] = []
    if any(_wanted(stack, name) for name in BANDS):
        recordings += [*_targets(stack), *_same_hour(), *_usual(stack), *_band()]
    if _wanted(stack, ANOMALY):
        recordings += _latency(stack)
    return Family(HISTORY, tuple(recordings), interval=PACE)


def traffic(stack: Stack) -> Family:
    """The alerts on what is unusual, and how full a declared capacity is."""
    history = (HISTORY,) if traffic_history(stack).recordings else ()
    judged = any(_wanted(stack, name) for name in BANDS)
    up = (RecordingRule(names.TARGETS_UP, " or ".join(instances(stack, " == 1"))),) if judged else ()
    return Family(
        "traffic",
        (*up, *_capacity(stack)),
        tuple(_alerts(stack)),
        reads=("services", *history),
        tested_every=scenarios.STEP,
    )


def _wanted(stack: Stack, alert: str) -> bool:
    return alert not in stack.alerting.disable


def _longest(stack: Stack, *alerts: str) -> float:
    """The longest `for` of the alerts, whoever wants it: a baseline must end before what it judges began."""
    return max(held(stack, alert, HOLD, service) for alert in alerts for service in (None, *stack.services))


def _targets(stack: Stack) -> Iterator[RecordingRule]:
    yield RecordingRule(names.TARGETS, " or ".join(instances(stack)))
    least = f"min_over_time({names.TARGETS}[{GROWN}])"
    yield RecordingRule(names.TARGETS_GROWN, f"{names.TARGETS} > on (service) {least}")


def _same_hour() -> Iterator[RecordingRule]:
    """The mean of an hour that was seen whole; and that of the same hour on earlier days, as it would be had the
    service had the targets then that it has now, where those have become more."""
    mean = names.REQUESTS_MEAN
    seen = f"and on (service) {names.REQUESTS} offset 1h"
    yield RecordingRule(mean, f"avg_over_time({names.REQUESTS}[1h]) {seen}")
    for days in DAYS:
        ago = (("ago", duration(days * DAY)),)
        # The mean looks back an hour; half an hour later it lies around the moment.
        then = f"{mean} offset {duration(days * DAY - HALF_HOUR)}"
        growth = f"clamp_min({names.TARGETS} / on (service) ({names.TARGETS} offset {duration(days * DAY)}), 1)"
        yield RecordingRule(names.REQUESTS_AGO, then, ago)
        yield RecordingRule(names.REQUESTS_AGO_GROWN, f"{then} * on (service) {growth} or {then}", ago)


def _usual(stack: Stack) -> Iterator[RecordingRule]:
    """Second lowest and second highest of all the days; of fewer, lowest and highest; else those of the last day."""
    recent = duration(max(RECENT, _longest(stack, *BANDS) + 3 * WINDOW_SECONDS))
    for record, days, most, second, two in (
        (names.REQUESTS_USUAL_LOW, names.REQUESTS_AGO, "min", "max", "bottomk"),
        (names.REQUESTS_USUAL_HIGH, names.REQUESTS_AGO_GROWN, "max", "min", "topk"),
    ):
        known = f"and on (service) count by (service) ({days}) >="
        all_days = f"({second} by (service) ({two} by (service) (2, {days})) {known} {len(DAYS)})"
        some_days = f"({most} by (service) ({days}) {known} {ENOUGH_DAYS})"
        old_enough = f"and on (service) {names.REQUESTS_MEAN} offset {YOUNG}"
        last_day = f"({most}_over_time({names.REQUESTS_MEAN}[{LAST_DAY}] offset {recent}) {old_enough})"
        yield RecordingRule(record, f"{all_days} or on (service) {some_days} or on (service) {last_day}")


def _band() -> Iterator[RecordingRule]:
    """A factor away from the usual, and at least the minimum: at night a handful of requests is no surge."""
    by, low, high = "on (service) group_left (team)", names.REQUESTS_USUAL_LOW, names.REQUESTS_USUAL_HIGH
    factor, minimum = names.limit("traffic_factor"), names.limit("traffic_minimum")
    below = f"clamp_min({low} - {by} {minimum}, 0)"
    above = f"({high} + {by} {minimum})"
    yield RecordingRule(names.REQUESTS_BAND_LOW, f"(({low} / {by} {factor}) < {below}) or {below}")
    yield RecordingRule(names.REQUESTS_BAND_HIGH, f"(({high} * {by} {factor}) > {above}) or {above}")


def _latency(stack: Stack) -> Iterator[RecordingRule]:
    """The mean of an hour that ended before whatever may be firing now began."""
    p95, usual = names.latency("p95"), names.LATENCY_USUAL
    ended = max(HOLD, _longest(stack, ANOMALY)) + WINDOW_SECONDS
    seen = f"and on (service) {p95} offset {duration(ended + 3600)}"
    yield RecordingRule(usual, f"avg_over_time({p95}[1h] offset {duration(ended)}) {seen}")
    above = f"({usual} * on (service) group_left (team) {names.limit('latency_factor')})"
    floor = names.limit("latency_floor")
    yield RecordingRule(names.LATENCY_BAND_HIGH, f"({above} > {floor}) or ({floor} and {above})")


def _capacity(stack: Stack) -> Iterator[RecordingRule]:
    groups: defaultdict[float, list[str]] = defaultdict(list)
    for service in stack.services:
        if service.capacity:
            groups[service.capacity.value].append(service.name)
    for value, members in sorted(groups.items()):
        info = select(names.SERVICE_INFO, one_of(names.SERVICE, members))
        yield RecordingRule(names.limit("capacity"), f"group by (service, team) ({info}) * {number(value)}")
    if groups:
        used = f"{names.REQUESTS} / on (service) group_left (team) {names.limit('capacity')}"
        yield RecordingRule(names.CAPACITY_USED, used)


def _alerts(stack: Stack) -> Iterator[AlertRule]:
    if any(s.capacity for s in stack.services):
        share = names.limit("capacity_share")
        expr = f"{names.CAPACITY_USED} > on (service) group_left (team) {share}"
        yield _alert(stack, "ThroughputNearCapacity", expr, RATIO, share, scenarios.capacity, "capacity_share")
    # A service that was not seen ten minutes ago has just come back, or Prometheus has: its rates still grow.
    seen = f"and on (service) {names.TARGETS_UP} offset 10m"
    high, low, by = names.REQUESTS_BAND_HIGH, names.REQUESTS_BAND_LOW, "on (service) group_left (team)"
    above = f"({names.REQUESTS} > {by} {high}) unless on (service) {names.TARGETS_GROWN} {seen}"
    yield _alert(stack, "TrafficSurge", above, PLAIN, high, scenarios.surge, "traffic_factor", "traffic_minimum")
    # A service that has restarted and was asked nothing since counts nothing: that is 0 and not unknown.
    now = f"({names.REQUESTS} or on (service) {names.TARGETS_UP} * 0)"
    below = f"({now} < {by} {low}) {seen}"
    yield _alert(stack, "TrafficDrop", below, PLAIN, low, scenarios.drop, "traffic_factor", "traffic_minimum")
    band = names.LATENCY_BAND_HIGH
    enough = f"and on (service) ({window_count(names.REQUESTS)} >= on (service) {names.limit('min_requests')})"
    slow = f"({names.latency('p95')} > {by} {band}) {enough}"
    guards = ("latency_factor", "latency_floor", "min_requests")
    yield _alert(stack, ANOMALY, slow, SECONDS, band, scenarios.latency, *guards)


def _alert(
    stack: Stack,
    name: str,
    expr: str,
    notation: Notation,
    limit: str,
    cases: Callable[[Stack], Iterator[Scenario]],
    *quantities: str,
) -> AlertRule:
    return AlertRule(
        name=name,
        expr=expr,
        hold=HOLD,
        severity=Severity.WARNING,
        value=notation(VALUE),
        limit=limit_of(notation, limit, None),
        subject="{{ $labels.service }}",
        limits=tuple((q, getattr(stack.limits, q)) for q in quantities),
        scenarios=tuple(cases(stack)),
    )
