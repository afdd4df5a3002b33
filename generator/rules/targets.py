"""Every target that is scraped, whatever it is: does it come and go, and how many samples does it give."""

from __future__ import annotations

from collections.abc import Iterator

from generator import defaults, names
from generator.model import Service, Severity, Stack
from generator.rules.base import AlertRule, Pairs, RecordingRule, Scenario, Series
from generator.rules.notation import COUNT, VALUE, limit_of_target
from generator.rules.scenarios import held, target_labels
from generator.units import duration, number

TARGET = "service, database, team, job, instance"
SUBJECT = "{{ or $labels.service $labels.database $labels.job }}{{ with $labels.instance }} ({{ . }}){{ end }}"
FLAP_SECONDS = 900.0
SIZES = ("samples_per_scrape", "samples_growth")
STORED = "scrape_samples_post_metric_relabeling"


def target_recordings(stack: Stack) -> Iterator[RecordingRule]:
    """What Prometheus knows of each target, and the limits in force for it. A scrape that failed gave 0 samples."""
    yield RecordingRule(names.TARGET_CHANGES, f"max by ({TARGET}) (changes(up[{duration(FLAP_SECONDS)}]))")
    yield RecordingRule(names.TARGET_CHANGES_LIMIT, _in_force(stack, f"{names.TARGET_CHANGES} * 0 +", "up_changes"))
    yield RecordingRule(names.SAMPLES, f"max by ({TARGET}) ({STORED})")
    # Only for a target that was there an hour before: a page grows while it is asked for the first times.
    history = f"present_over_time({names.SAMPLES}[15m] offset 25h)"
    yield RecordingRule(names.SAMPLES_DAY_AGO, f"(max_over_time({names.SAMPLES}[1h] offset 1d) > 0) and {history}")
    grown = _in_force(stack, f"{names.SAMPLES_DAY_AGO} *", "samples_growth")
    small = number(defaults.SAMPLES_SMALL.value)
    yield RecordingRule(names.SAMPLES_GROWTH_LIMIT, f"clamp_min({grown}, {small})")
    yield RecordingRule(names.SAMPLES_SIZE_LIMIT, _in_force(stack, f"{names.SAMPLES} * 0 +", "samples_per_scrape"))
    size, growth = names.SAMPLES_SIZE_LIMIT, names.SAMPLES_GROWTH_LIMIT
    yield RecordingRule(names.SAMPLES_LIMIT, f"({growth} < {size}) or {size}")


def _in_force(stack: Stack, series: str, quantity: str) -> str:
    """Each target's series with the limit of its service, and with the stack's where it belongs to none."""
    default = number(getattr(stack.limits, quantity).value)
    return f"({series} on (service) group_left () {names.limit(quantity)}) or ({series} {default})"


def target_alerts(stack: Stack) -> Iterator[AlertRule]:
    """TargetFlapping and CardinalityExplosion; `host` is what inhibition compares."""
    flapping = f"{names.TARGET_CHANGES} > {names.TARGET_CHANGES_LIMIT}"
    yield AlertRule(
        name="TargetFlapping",
        expr=f'label_replace({flapping}, "host", "$1", "instance", "(.+):[0-9]+")',
        hold=0,
        severity=Severity.WARNING,
        value=COUNT(VALUE),
        limit=limit_of_target(COUNT, names.TARGET_CHANGES_LIMIT),
        subject=SUBJECT,
        limits=(("up_changes", stack.limits.up_changes),),
        scenarios=(*_flapping(stack), *_flapping_elsewhere(stack)),
    )
    yield AlertRule(
        name="CardinalityExplosion",
        expr=f"{names.SAMPLES} > {names.SAMPLES_LIMIT}",
        hold=900,
        severity=Severity.WARNING,
        value=COUNT(VALUE),
        limit=limit_of_target(COUNT, names.SAMPLES_LIMIT),
        subject=SUBJECT,
        limits=(
            ("samples_per_scrape", stack.limits.samples_per_scrape),
            ("samples_growth", stack.limits.samples_growth),
            ("samples_growth, from so many samples", defaults.SAMPLES_SMALL),
        ),
        scenarios=(*_many(stack), *_grown(stack)),
    )


def _scraped(stack: Stack, *quantities: str) -> Iterator[tuple[Service, Pairs, Pairs]]:
    """A service for each set of limits, the labels of its target, and those of its alert."""
    seen: set[tuple[float, ...]] = set()
    for service in stack.services:
        limits = tuple(getattr(service.limits, quantity).value for quantity in quantities)
        if not service.push and limits not in seen:
            seen.add(limits)
            who = ((names.SERVICE, service.name), (names.INSTANCE, "test:1"))
            yield service, target_labels(stack, service), who


def _late(stack: Stack, hold: float) -> float:
    return hold + 4 * (stack.scrape_interval + stack.evaluation_interval)


def _ups(stack: Stack, labels: Pairs, changes: int) -> tuple[Series, ...]:
    """A target that changed so often within the last moments of the test."""
    turns = " ".join(str(turn % 2) for turn in range(changes))
    return (Series("up", labels, values=f"1x4 {turns} {(changes - 1) % 2}x400"),)


def _flapping(stack: Stack) -> Iterator[Scenario]:
    """One change more than the limit, and exactly as many; where so many fit into the window."""
    step = stack.scrape_interval
    for service, labels, who in _scraped(stack, "up_changes"):
        yield from _flaps(stack, service.name, labels, who, int(service.limits.up_changes.value), service)
        gap = (Series("up", labels, values="1x8 _x8 1x400"),)
        yield Scenario(f"{service.name}: a restart of Prometheus is silent", gap, 30 * step, False, who)
        yield Scenario(f"{service.name}: no data is silent", (), 30 * step, False, who)


def _flapping_elsewhere(stack: Stack) -> Iterator[Scenario]:
    """A target that is no service's: the stack's own limit serves."""
    labels, who = _own_target()
    yield from _flaps(stack, "Prometheus", labels, who, int(stack.limits.up_changes.value))


def _own_target() -> tuple[Pairs, Pairs]:
    labels = ((names.INSTANCE, "test:1"), (names.JOB, names.JOB_PROMETHEUS))
    return labels, labels


def _flaps(
    stack: Stack, what: str, labels: Pairs, who: Pairs, limit: int, service: Service | None = None
) -> Iterator[Scenario]:
    step, hold = stack.scrape_interval, held(stack, "TargetFlapping", 0, service)
    at = (6 + limit) * step + _late(stack, hold)
    for changes, fires in ((limit + 1, True), (limit, False)):
        if at < FLAP_SECONDS:
            said = "fires" if fires else "is silent"
            yield Scenario(f"{what}: {changes} changes {said}", _ups(stack, labels, changes), at, fires, who)


def _given(labels: Pairs, samples: float) -> Series:
    return Series(STORED, labels, start=samples)


def _many(stack: Stack) -> Iterator[Scenario]:
    """Samples just above and just below the limit, of a target that nobody knows from yesterday."""
    own, whose = _own_target()
    cases = [(s.name, labels, who, s.limits.samples_per_scrape.value, s) for s, labels, who in _scraped(stack, *SIZES)]
    for what, labels, who, limit, service in (
        *cases,
        ("Prometheus", own, whose, stack.limits.samples_per_scrape.value, None),
    ):
        hold = held(stack, "CardinalityExplosion", 900, service)
        up, late = Series("up", labels, start=1), _late(stack, hold)
        above, below = (up, _given(labels, limit + 1)), (up, _given(labels, limit))
        yield Scenario(f"{what}: above the limit fires after for", above, late, True, who)
        if hold >= 4 * stack.evaluation_interval:
            yield Scenario(f"{what}: above the limit is silent before for", above, hold * 0.75, False, who)
        yield Scenario(f"{what}: at the limit is silent", below, late, False, who)
        yield Scenario(f"{what}: no data is silent", (up,), late, False, who)


def _grown(stack: Stack) -> Iterator[Scenario]:
    """A target against its yesterday, where its growth is judged before its size is."""
    small = defaults.SAMPLES_SMALL.value
    for service, labels, who in _scraped(stack, *SIZES):
        hold = held(stack, "CardinalityExplosion", 900, service)
        growth, late = service.limits.samples_growth.value, _late(stack, hold)
        known = tuple(pair for pair in labels if pair[0] in TARGET.split(", "))
        yesterday = Series(names.SAMPLES_DAY_AGO, known, start=small)
        up, most = Series("up", labels, start=1), small * growth
        if service.limits.samples_per_scrape.value <= most + 1:
            continue
        cases = (
            ("grown beyond its yesterday fires after for", (yesterday, _given(labels, most + 1)), True),
            ("grown as far as it may is silent", (yesterday, _given(labels, most)), False),
            ("as large without a yesterday is silent", (_given(labels, most + 1),), False),
            (
                "a small one that grew is silent",
                (Series(names.SAMPLES_DAY_AGO, known, start=small / 10), _given(labels, small)),
                False,
            ),
        )
        for said, series, fires in cases:
            yield Scenario(f"{service.name}: {said}", (up, *series), late, fires, who)
