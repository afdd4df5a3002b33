"""Error budgets: what is left, how fast it goes, when it will be gone. Without an SLO there is no such row."""

from __future__ import annotations

from collections.abc import Iterator

from generator import names
from generator.dashboards.links import Links
from generator.dashboards.panels import GREEN, ORANGE, RED, YELLOW, Panel, Query, Steps, row, timeseries
from generator.dashboards.queries import chosen
from generator.dashboards.tables import Column, Label, table
from generator.model import Stack

Words = dict[str, str]
LEFT: Steps = ((RED, None), (ORANGE, 0.01), (YELLOW, 0.25), (GREEN, 0.5))
PACE: Steps = ((GREEN, None), (YELLOW, 1), (ORANGE, 3), (RED, 6))
SOON: Steps = ((RED, None), (ORANGE, 2 * 86400), (YELLOW, 7 * 86400))
BY = "max by (service, slo)"
HALF = 12


def slos(words: Words, stack: Stack, links: Links) -> Iterator[Panel]:
    """One line for each objective, and the budgets over time."""
    if not any(service.slo for service in stack.services):
        return
    yield row(words["row.slos"])
    yield table(
        words["panel.slos"],
        words["panel.slos.help"],
        (Label(names.SERVICE, words["word.service"], links.of_service()), Label(names.SLO, words["panel.slo"])),
        (
            Column(words["panel.objective"], _each(names.SLO_OBJECTIVE), "percentunit"),
            Column(words["panel.budget_left"], _each(names.SLO_REMAINING), "percentunit", LEFT),
            Column(words["panel.burn_rate"], _burn("1h"), "none", PACE),
            Column(words["panel.exhaustion"], _each(names.SLO_EXHAUSTION), "s", SOON),
        ),
    ).sized(HALF)
    yield timeseries(
        words["panel.budget_left"],
        words["panel.budget_left.help"],
        "percentunit",
        Query(_each(names.SLO_REMAINING), "{{service}} {{slo}}"),
        steps=((RED, None), (GREEN, 0)),
    )


def _each(series: str) -> str:
    return f"{BY} ({chosen(series)})"


def _burn(window: str) -> str:
    """How many times faster than evenly the budget was spent."""
    return f"{_each(names.slo_errors(window))} / on (service, slo) {_each(names.SLO_BUDGET)}"
