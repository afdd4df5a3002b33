"""What rules of databases share: which series are a database's, and how a test writes one down."""

from __future__ import annotations

from generator import names
from generator.model import Database, Stack
from generator.promql import differs
from generator.rules.base import Series
from generator.rules.scenarios import SETTLE

MINE = differs(names.DATABASE, "")
BY = "database, instance, team"


def series(stack: Stack, database: Database, metric: str, start: float = 0.0, step: float = 0.0) -> Series:
    """What the database's exporter would show; `step` is per second."""
    labels = {
        names.DATABASE: database.name,
        names.INSTANCE: "test:1",
        names.JOB: names.database_job(database.name),
        names.TEAM: database.team,
    }
    return Series(metric, tuple(sorted(labels.items())), start=start, step=step * stack.scrape_interval)


def late(stack: Stack, hold: float) -> float:
    """When an alert that holds for so long must have fired."""
    return hold + SETTLE + 4 * (stack.scrape_interval + stack.evaluation_interval)
