"""What databases do: statements, transactions, lookups, memory. Each is judged against its limit in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from generator import names
from generator.model import Limit, Severity, Stack
from generator.promql import none_of, one_of, rate, select
from generator.rules.base import AlertRule, RecordingRule
from generator.rules.databases.common import BY, MINE
from generator.rules.databases.scenarios import scenarios
from generator.rules.notation import RATIO, SECONDS, VALUE, Notation, limit_of_database
from generator.rules.vocabulary import window_count
from generator.units import number


@dataclass(frozen=True, slots=True)
class Judged:
    """A value, the quantity that limits it, and the volume without which it says nothing."""

    alert: str
    quantity: str
    value: str
    notation: Notation
    hold: float
    above: bool = True
    volume: str = ""
    least: str = ""


JUDGED = (
    Judged(
        "DatabaseSlowQueries",
        "statement_time",
        names.STATEMENT_TIME,
        SECONDS,
        600,
        volume=names.STATEMENTS,
        least="min_statements",
    ),
    Judged(
        "DatabaseRollbackRatioHigh",
        "rollback_ratio",
        names.ROLLBACK_RATIO,
        RATIO,
        600,
        volume=names.TRANSACTIONS,
        least="min_transactions",
    ),
    Judged(
        "RedisHitRatioLow",
        "redis_hit_ratio",
        names.REDIS_HIT_RATIO,
        RATIO,
        900,
        above=False,
        volume=names.REDIS_LOOKUPS,
        least="min_lookups",
    ),
    Judged("RedisMemoryHigh", "redis_memory", names.REDIS_MEMORY_USED, RATIO, 300),
)


def recordings(stack: Stack) -> Iterator[RecordingRule]:
    """The vocabulary, then the limits in force."""
    kinds = {database.kind for database in stack.databases}
    if "postgres" in kinds:
        yield from _postgres()
    if "redis" in kinds:
        yield from _redis()
    for judged in JUDGED:
        yield from _limits(stack, judged.quantity, judged.volume or judged.value)
        yield from _limits(stack, judged.least, judged.volume)


def _postgres() -> Iterator[RecordingRule]:
    """Statements as postgres_exporter's own collector counts them, or as the queries that its packages brought did."""
    yield RecordingRule(
        names.STATEMENTS, f"{_rate('pg_stat_statements_calls_total')} or {_rate('pg_stat_statements_calls')}"
    )
    seconds = f"{_rate('pg_stat_statements_seconds_total')} or {_rate('pg_stat_statements_total_time_seconds')}"
    yield RecordingRule(names.STATEMENT_TIME, f"({seconds}) / ({names.STATEMENTS} > 0)")
    rollbacks = _rate("pg_stat_database_xact_rollback")
    yield RecordingRule(names.TRANSACTIONS, f"{_rate('pg_stat_database_xact_commit')} + {rollbacks}")
    yield RecordingRule(names.ROLLBACK_RATIO, f"{rollbacks} / ({names.TRANSACTIONS} > 0)")


def _redis() -> Iterator[RecordingRule]:
    """Without `maxmemory` the exporter tells a maximum of 0, and there is no share of it."""
    hits = _rate("redis_keyspace_hits_total")
    yield RecordingRule(names.REDIS_LOOKUPS, f"{hits} + {_rate('redis_keyspace_misses_total')}")
    yield RecordingRule(names.REDIS_HIT_RATIO, f"{hits} / ({names.REDIS_LOOKUPS} > 0)")
    used, most = (f"max by ({BY}) ({select(f'redis_memory_{m}_bytes', MINE)})" for m in ("used", "max"))
    yield RecordingRule(names.REDIS_MEMORY_USED, f"{used} / ({most} > 0)")


def _rate(counter: str) -> str:
    return f"sum by ({BY}) ({rate(counter, MINE)})"


def _limits(stack: Stack, quantity: str, present: str) -> Iterator[RecordingRule]:
    """One rule for the limit that databases share, one for each value that some of them override it with."""
    groups: defaultdict[float, list[str]] = defaultdict(list)
    shared: set[float] = set()
    for database, limit in _limited(stack, quantity):
        groups[limit.value].append(database)
        if not _own(limit):
            shared.add(limit.value)
    others = [database for value, found in groups.items() if value not in shared for database in found]
    for value, found in sorted(groups.items()):
        matcher = none_of(names.DATABASE, others) if value in shared else one_of(names.DATABASE, found)
        expr = f"group by ({BY}) ({select(present, matcher)}) * {number(value)}"
        yield RecordingRule(names.database_limit(quantity), expr)


def _limited(stack: Stack, quantity: str) -> Iterator[tuple[str, Limit]]:
    for database in stack.databases:
        for name, limit in database.limits:
            if name == quantity:
                yield database.name, limit


def _own(limit: Limit) -> bool:
    """Whether one database's entry says so, and not the stack's or a default."""
    return limit.origin.startswith("databases[")


def alerts(stack: Stack) -> Iterator[AlertRule]:
    """The alerts of the kinds that the stack has."""
    for judged in JUDGED:
        if any(_limited(stack, judged.quantity)):
            yield _alert(stack, judged)


def _alert(stack: Stack, judged: Judged) -> AlertRule:
    limit = names.database_limit(judged.quantity)
    expr = f"{judged.value} {'>' if judged.above else '<'} {limit}"
    if judged.least:
        expr += f" and ({window_count(judged.volume)} >= {names.database_limit(judged.least)})"
    return AlertRule(
        name=judged.alert,
        expr=expr,
        hold=judged.hold,
        severity=Severity.WARNING,
        value=judged.notation(VALUE),
        limit=limit_of_database(judged.notation, limit),
        subject="{{ $labels.database }}",
        limits=tuple(_origins(stack, judged)),
        scenarios=tuple(scenarios(stack, judged.alert, judged.quantity, judged.least, judged.hold, judged.above)),
    )


def _origins(stack: Stack, judged: Judged) -> Iterator[tuple[str, Limit]]:
    """Each limit in force once, with the database that has it for itself."""
    for quantity in filter(None, (judged.quantity, judged.least)):
        limited = [*_limited(stack, quantity)]
        yield from dict.fromkeys((quantity, limit) for _, limit in limited if not _own(limit))
        yield from ((f"{quantity} of {database}", limit) for database, limit in limited if _own(limit))
