"""Input series of databases for the unit tests of alerts: a value just beyond its limit or within it, and too few."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from generator import names
from generator.model import Database, Stack
from generator.promql import WINDOW_SECONDS
from generator.rules.base import Scenario, Series
from generator.rules.databases.common import late, series
from generator.rules.scenarios import held

BUSY = 100.0  # a second: far above every minimum
LIVES_SECONDS = 120.0
Shown = tuple[Series, ...]


def scenarios(stack: Stack, alert: str, quantity: str, least: str, default: float, above: bool) -> Iterator[Scenario]:
    """For one database of each limit and minimum in force: what one of them does, all of its kind do."""
    hold = held(stack, alert, default)
    for database in _representatives(stack, quantity, least):
        limits = dict(database.limits)
        limit = limits[quantity].value
        minimum = limits[least].value if least else 0.0
        volume = max(BUSY, 2 * minimum / WINDOW_SECONDS)
        higher, lower = _beside(quantity, limit)
        beyond, within = (higher, lower) if above else (lower, higher)
        yield from _levels(stack, database, quantity, hold, volume, beyond, within)
        if least and minimum >= 2 and beyond is not None:
            few = _made(stack, database, quantity, beyond, 0.5 * minimum / WINDOW_SECONDS)
            yield _scenario(stack, database, "too few are silent", few, late(stack, hold), False)
        if quantity == "redis_memory":
            used = series(stack, database, "redis_memory_used_bytes", start=1e9)
            unlimited = (used, series(stack, database, "redis_memory_max_bytes"))
            yield _scenario(stack, database, "without maxmemory is silent", unlimited, late(stack, hold), False)


def _levels(
    stack: Stack,
    database: Database,
    quantity: str,
    hold: float,
    volume: float,
    beyond: float | None,
    within: float | None,
) -> Iterator[Scenario]:
    end = late(stack, hold)
    for level, fires in ((beyond, True), (within, False)):
        if level is None:
            continue
        made = _made(stack, database, quantity, level, volume)
        where = "beyond its limit fires after for" if fires else "within its limit is silent"
        yield _scenario(stack, database, f"{quantity} {where}", made, end, fires)
        if quantity != "redis_memory":
            reset = _restarting(stack, made)
            where = "beyond its limit fires" if fires else "within its limit is silent"
            yield _scenario(stack, database, f"{quantity} {where} while the server restarts", reset, end, fires)
        if fires and hold >= 4 * stack.evaluation_interval:
            yield _scenario(stack, database, f"{quantity} beyond is silent before for", made, hold * 0.75, False)
    yield _scenario(stack, database, "no data is silent", (), end, False)


def _scenario(stack: Stack, database: Database, what: str, made: Shown, at: float, fires: bool) -> Scenario:
    return Scenario(f"{database.name}: {what}", made, at, fires, ((names.DATABASE, database.name),))


def _representatives(stack: Stack, quantity: str, least: str) -> Iterator[Database]:
    seen: set[tuple[float | None, ...]] = set()
    for database in stack.databases:
        limits = dict(database.limits)
        if quantity not in limits:
            continue
        found = tuple(limits[name].value for name in (quantity, least) if name)
        if found not in seen:
            seen.add(found)
            yield database


def _beside(quantity: str, limit: float) -> tuple[float | None, float | None]:
    """A level just above and one just below; None where a share cannot be larger."""
    share = quantity in ("rollback_ratio", "redis_hit_ratio")
    higher = min(limit * 1.1, (1 + limit) / 2) if share else limit * 1.1
    return (higher if not share or limit < 1 else None), limit * 0.9


def _made(stack: Stack, database: Database, quantity: str, level: float, volume: float) -> Shown:
    """What the exporter shows of a database that stands at this level, with so many events a second."""
    if quantity == "redis_memory":
        most, used = (1e9, round(level * 1e9))
        return (
            series(stack, database, "redis_memory_used_bytes", start=used),
            series(stack, database, "redis_memory_max_bytes", start=most),
        )
    pairs = {
        "statement_time": (
            ("pg_stat_statements_calls_total", volume),
            ("pg_stat_statements_seconds_total", volume * level),
        ),
        "rollback_ratio": (
            ("pg_stat_database_xact_commit", volume * (1 - level)),
            ("pg_stat_database_xact_rollback", volume * level),
        ),
        "redis_hit_ratio": (
            ("redis_keyspace_hits_total", volume * level),
            ("redis_keyspace_misses_total", volume * (1 - level)),
        ),
    }
    return tuple(series(stack, database, metric, step=step) for metric, step in pairs[quantity])


def _restarting(stack: Stack, made: Shown) -> Shown:
    """The same counters of a server that begins anew again and again."""
    scrapes = max(4, round(LIVES_SECONDS / stack.scrape_interval))
    return tuple(replace(each, restarts=scrapes) for each in made)
