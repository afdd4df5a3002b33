"""Input series for the unit tests of the GPUs' alerts: a card as dcgm-exporter would show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from generator import names
from generator.model import Severity, Stack
from generator.rules.base import Run, Scenario, Series
from generator.rules.scenarios import SETTLE, held

CARD = "0"
HOUR = 3600.0
CALM = 600.0
Card = Callable[[float], Iterator[Series]]


def _of(stack: Stack, series: Series) -> Series:
    labels = (("gpu", CARD), ("instance", "test:1"), ("job", names.JOB_GPU), ("team", stack.gpus.team))
    return replace(series, labels=labels)


def busy(level: float) -> Iterator[Series]:
    """A card that computes for this share of the time."""
    yield Series("DCGM_FI_DEV_GPU_UTIL", (), start=round(100 * level, 6))


def filled(level: float) -> Iterator[Series]:
    """A card of 1000 MiB of which this share is used."""
    yield Series("DCGM_FI_DEV_FB_USED", (), start=round(1000 * level, 6))
    yield Series("DCGM_FI_DEV_FB_FREE", (), start=round(990 - 1000 * level, 6))
    yield Series("DCGM_FI_DEV_FB_RESERVED", (), start=10)


def hot(level: float) -> Iterator[Series]:
    """A card so hot."""
    yield Series("DCGM_FI_DEV_GPU_TEMP", (), start=round(level, 6))


def _late(stack: Stack) -> float:
    return SETTLE + 4 * (stack.scrape_interval + stack.evaluation_interval)


def limited(
    stack: Stack, name: str, severity: Severity, default: float, limit: float, card: Card
) -> Iterator[Scenario]:
    """A quantity just above and just below its limit; a limit of 100 % is never passed."""
    hold = held(stack, name, default)
    late = hold + _late(stack)
    who = ((names.GPU, CARD), (names.SEVERITY, severity.value))
    what = f"{name} {severity.value}"
    above = limit * 1.02 if limit > 1 else min(limit + 0.02, 1 - (1 - limit) / 2)
    high = tuple(_of(stack, series) for series in card(above))
    low = tuple(_of(stack, series) for series in card(limit * 0.98))
    if above > limit:
        yield Scenario(f"{what}: above the limit fires after for", high, late, True, who)
    if hold >= 4 * stack.evaluation_interval:
        yield Scenario(f"{what}: above the limit is silent before for", high, hold * 0.75, False, who)
        spike = tuple(replace(b, earlier=(Run(hold / 2, a.start),)) for a, b in zip(high, low, strict=True))
        yield Scenario(f"{what}: a spike shorter than for is silent", spike, hold * 1.25, False, who)
    yield Scenario(f"{what}: below the limit is silent", low, late, False, who)
    yield Scenario(f"{what}: no data is silent", (), late, False, who)


def erring(stack: Stack) -> Iterator[Scenario]:
    """Errors that happen, that happened long ago, and counters and codes that are reset."""
    hold = held(stack, "GpuErrors", 0)
    soon, later = CALM + hold + _late(stack), CALM + HOUR + hold + _late(stack)
    xid = Series("DCGM_FI_DEV_XID_ERRORS", (), start=79, earlier=(Run(CALM, 0),))
    ecc = Series("DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", (), start=1, earlier=(Run(CALM, 0),))
    cases = [
        ("an XID error an hour ago is silent", xid, later, False),
        ("an XID error from before the data is silent", replace(xid, earlier=()), soon, False),
        ("a code that is reset is silent", replace(xid, start=0, earlier=(Run(CALM, 79),)), soon, False),
        ("an uncorrectable ECC error an hour ago is silent", ecc, later, False),
        ("ECC errors from before the data are silent", replace(ecc, earlier=()), soon, False),
        ("a counter that restarts is silent", replace(ecc, start=0, earlier=(Run(CALM, 3),)), soon, False),
        ("a value that stands for none is silent", replace(ecc, start=2.0**63), soon, False),
    ]
    if hold < HOUR / 2:
        cases += [("an XID error fires", xid, soon, True), ("an uncorrectable ECC error fires", ecc, soon, True)]
    who = ((names.GPU, CARD), (names.SEVERITY, Severity.CRITICAL.value))
    for sentence, series, at, fires in cases:
        yield Scenario(sentence, (_of(stack, series),), at, fires, who)
    yield Scenario("no data is silent", (), soon, False, who)
