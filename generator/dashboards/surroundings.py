"""What services stand on: hosts, GPUs, databases, and the probes that look from outside. What is missing has no row."""

from __future__ import annotations

from collections.abc import Iterator

from generator import names
from generator.dashboards.panels import GREEN, RED, YELLOW, Panel, Query, Steps, limit_style, row, stat, timeseries
from generator.dashboards.queries import judged
from generator.model import Levels, Stack

Words = dict[str, str]
UP: Steps = ((RED, None), (GREEN, 1))


def outside(words: Words, stack: Stack) -> Iterator[Panel]:
    """Probes and databases, where the stack has any."""
    if stack.probes or stack.databases:
        yield row(words["panel.outside"])
    if stack.probes:
        yield _up(words, "panel.probes", Query(names.PROBE_UP, "{{probe}}"))
    if stack.databases:
        yield _up(words, "panel.databases", Query(names.DATABASE_UP, "{{database}}"))
        yield _connections(words, stack)
        yield from _databases(words, stack)


def _up(words: Words, key: str, shown: Query) -> Panel:
    return stat(words[key], words[f"{key}.help"], "percentunit", shown, steps=UP).sized(6)


def _connections(words: Words, stack: Stack) -> Panel:
    limit = words["word.limit"]
    queries = [Query(names.DATABASE_CONNECTIONS, "{{database}}")]
    if judged(stack, "DatabaseConnectionsHigh") and any(database.connections for database in stack.databases):
        queries.append(Query(names.DATABASE_CONNECTIONS_LIMIT, f"{{{{database}}}} {limit}"))
    title, description = words["panel.connections"], words["panel.connections.help"]
    return timeseries(title, description, "short", *queries, styles=(limit_style(limit),))


def _databases(words: Words, stack: Stack) -> Iterator[Panel]:
    """What each kind of database does, with the limits of its alerts."""
    limit, kinds = words["word.limit"], {database.kind for database in stack.databases}
    for kind, key, unit, series, quantity, alert in (
        ("postgres", "panel.statement_time", "s", names.STATEMENT_TIME, "statement_time", "DatabaseSlowQueries"),
        (
            "postgres",
            "panel.rollbacks",
            "percentunit",
            names.ROLLBACK_RATIO,
            "rollback_ratio",
            "DatabaseRollbackRatioHigh",
        ),
        ("redis", "panel.redis_hits", "percentunit", names.REDIS_HIT_RATIO, "redis_hit_ratio", "RedisHitRatioLow"),
        ("redis", "panel.redis_memory", "percentunit", names.REDIS_MEMORY_USED, "redis_memory", "RedisMemoryHigh"),
    ):
        if kind in kinds:
            queries = [Query(series, "{{database}}")]
            if judged(stack, alert):
                queries.append(Query(names.database_limit(quantity), f"{{{{database}}}} {limit}"))
            yield timeseries(words[key], words[f"{key}.help"], unit, *queries, styles=(limit_style(limit),))


def hosts(words: Words, stack: Stack) -> Iterator[Panel]:
    """The hosts' resources, with the limits of their alerts."""
    if not stack.hosts.targets:
        return
    limits = stack.hosts.limits
    yield row(words["row.hosts"])
    for key, series, legend, alert, levels in (
        ("panel.cpu", names.CPU_BUSY, "{{instance}}", "HostHighCpu", limits.cpu),
        ("panel.memory", names.MEMORY_USED, "{{instance}}", "HostHighMemory", limits.memory),
        ("panel.disk", names.DISK_USED, "{{instance}} {{mountpoint}}", "HostDiskFull", limits.disk),
    ):
        yield _share(words, key, Query(series, legend), levels if judged(stack, alert) else None)
    yield _network(words)


def gpus(words: Words, stack: Stack) -> Iterator[Panel]:
    """The cards, where the stack has any, with the limits of their alerts."""
    if not stack.gpus.targets:
        return
    limits = stack.gpus.limits
    busy, full, hot = (
        levels if judged(stack, alert) else None
        for alert, levels in (
            ("GpuHighUtilization", limits.gpu),
            ("GpuHighMemory", limits.gpu_memory),
            ("GpuHot", limits.gpu_temperature),
        )
    )
    yield row(words["row.gpus"])
    yield _share(words, "panel.gpu", _card(names.GPU_UTILIZATION), busy)
    yield _share(words, "panel.gpu_memory", _card(names.GPU_MEMORY_USED), full)
    yield _limited(words, "panel.gpu_temperature", "celsius", _card(names.GPU_TEMPERATURE), hot)
    power = "panel.gpu_power"
    yield timeseries(words[power], words[f"{power}.help"], "watt", _card(names.GPU_POWER))


def _card(series: str) -> Query:
    return Query(series, "{{instance}} {{gpu}}")


def _share(words: Words, key: str, shown: Query, levels: Levels | None) -> Panel:
    return _limited(words, key, "percentunit", shown, levels)


def _limited(words: Words, key: str, unit: str, shown: Query, levels: Levels | None) -> Panel:
    steps: Steps = ((GREEN, None),)
    if levels:
        steps += ((YELLOW, levels.warning.value), (RED, levels.critical.value))
    return timeseries(words[key], words[f"{key}.help"], unit, shown, steps=steps)


def _network(words: Words) -> Panel:
    return timeseries(
        words["panel.network"],
        words["panel.network.help"],
        "Bps",
        Query(names.NETWORK_RECEIVE, f"{{{{instance}}}} {words['word.received']}"),
        Query(names.NETWORK_TRANSMIT, f"{{{{instance}}}} {words['word.sent']}"),
    )
