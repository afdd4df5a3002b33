"""Whether databases are reachable, and how many connections they have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from generator import defaults, names
from generator.model import Database, Limit, Severity, Stack
from generator.promql import one_of, select
from generator.rules.base import AlertRule, RecordingRule, Scenario
from generator.rules.databases.common import BY, MINE, late, series
from generator.rules.notation import COUNT, VALUE
from generator.rules.scenarios import held
from generator.units import number


def recordings(stack: Stack) -> Iterator[RecordingRule]:
    """Up, connections, their share of what the server allows, and the limits in force."""
    kinds = {d.kind for d in stack.databases}
    ups, connections, shares = [], [], []
    for kind, up, now, most in (
        ("postgres", "pg_up", "pg_stat_database_numbackends", "pg_settings_max_connections"),
        ("redis", "redis_up", "redis_connected_clients", "redis_config_maxclients"),
    ):
        if kind in kinds:
            ups.append(f"min by ({BY}) ({select(up, MINE)})")
            count = f"sum by ({BY}) ({select(now, MINE)})"
            connections.append(count)
            shares.append(f"{count} / (max by ({BY}) ({select(most, MINE)}) > 0)")
    yield RecordingRule(names.DATABASE_UP, " or ".join(ups))
    yield RecordingRule(names.DATABASE_CONNECTIONS, " or ".join(connections))
    yield RecordingRule(names.DATABASE_CONNECTIONS_USED, " or ".join(shares))
    groups: defaultdict[float, list[str]] = defaultdict(list)
    for database in stack.databases:
        if database.connections:
            groups[database.connections.value].append(database.name)
    for value, members in sorted(groups.items()):
        present = select(names.DATABASE_CONNECTIONS, one_of(names.DATABASE, members))
        yield RecordingRule(names.DATABASE_CONNECTIONS_LIMIT, f"group by ({BY}) ({present}) * {number(value)}")


def alerts(stack: Stack) -> Iterator[AlertRule]:
    """Unreachable, and too many connections."""
    yield AlertRule(
        name="DatabaseDown",
        expr=f"{names.DATABASE_UP} == 0",
        hold=60,
        severity=Severity.CRITICAL,
        value="up 0",
        limit="up 1",
        subject="{{ $labels.database }}",
        scenarios=tuple(_down(stack)),
    )
    connections, used = names.DATABASE_CONNECTIONS, names.DATABASE_CONNECTIONS_USED
    share = number(defaults.DATABASE_CONNECTIONS_SHARE)
    arms = [f"({connections} and {used} > {share})"]
    if any(d.connections for d in stack.databases):
        arms.insert(0, f"({connections} > {names.DATABASE_CONNECTIONS_LIMIT})")
    yield AlertRule(
        name="DatabaseConnectionsHigh",
        expr=" or ".join(arms),
        hold=120,
        severity=Severity.WARNING,
        value=COUNT(VALUE),
        limit=_limit_text(share),
        subject="{{ $labels.database }}",
        limits=tuple((f"database_connections of {d.name}", d.connections) for d in stack.databases if d.connections),
        scenarios=tuple(_connections(stack)),
    )


def _limit_text(share: str) -> str:
    query = f"printf `{names.DATABASE_CONNECTIONS_LIMIT}{{database=%q}}` $labels.database | query"
    shown = COUNT(". | first | value")
    return f"{{{{ with {query} }}}}{shown}, {{{{ end }}}}{{{{ {share} | humanizePercentage }}}} of max_connections"


def _kinds(stack: Stack) -> Iterator[Database]:
    seen: set[tuple[str, Limit | None]] = set()
    for database in stack.databases:
        if (database.kind, database.connections) not in seen:
            seen.add((database.kind, database.connections))
            yield database


def _down(stack: Stack) -> Iterator[Scenario]:
    hold = held(stack, "DatabaseDown", 60)
    end = late(stack, hold)
    for database in _kinds(stack):
        metric = "pg_up" if database.kind == "postgres" else "redis_up"
        who = ((names.DATABASE, database.name),)
        for value, fires in ((0.0, True), (1.0, False)):
            state = "unreachable fires" if fires else "reachable is silent"
            yield Scenario(f"{database.name}: {state}", (series(stack, database, metric, value),), end, fires, who)
        if hold:
            down = (series(stack, database, metric, 0.0),)
            yield Scenario(f"{database.name}: unreachable is silent before for", down, hold / 2, False, who)
        yield Scenario(f"{database.name}: no data is silent", (), end, False, who)


def _connections(stack: Stack) -> Iterator[Scenario]:
    hold = held(stack, "DatabaseConnectionsHigh", 120)
    end = late(stack, hold)
    for database in _kinds(stack):
        who = ((names.DATABASE, database.name),)
        now, most = (
            ("pg_stat_database_numbackends", "pg_settings_max_connections")
            if database.kind == "postgres"
            else ("redis_connected_clients", "redis_config_maxclients")
        )
        limit = database.connections.value if database.connections else 100 * defaults.DATABASE_CONNECTIONS_SHARE
        room = limit * 10 if database.connections else 100
        for value, fires in ((limit + 1, True), (limit, False)):
            shown = (series(stack, database, now, value), series(stack, database, most, room))
            what = "above the limit fires after for" if fires else "at the limit is silent"
            yield Scenario(f"{database.name}: {what}", shown, end, fires, who)
        full = (series(stack, database, now, 9), series(stack, database, most, 10))
        yield Scenario(f"{database.name}: 90% of the server's maximum fires", full, end, True, who)
        if hold:
            yield Scenario(f"{database.name}: 90% is silent before for", full, hold / 2, False, who)
        yield Scenario(f"{database.name}: no data is silent", (), end, False, who)
