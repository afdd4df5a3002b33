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


def _up(words: Words, key: str, shown: Query) -> Panel:
    return stat(words[key], words[f"{key}.help"], "percentunit", shown, steps=UP).sized(6)


def _connections(words: Words, stack: Stack) -> Panel:
    limit = words["word.limit"]
    queries = [Query(names.DATABASE_CONNECTIONS, "{{database}}")]
    if judged(stack, "DatabaseConnectionsHigh") and any(database.connections for database in stack.databases):
        queries.append(Query(names.DATABASE_CONNECTIONS_LIMIT, f"{{{{database}}}} {limit}"))
    title, description = words["panel.connections"], words["panel.connections.help"]
    return timeseries(title, description, "short", *queries, styles=(limit_style(limit),))


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
    """The cards, where the stack has any."""
    if not stack.gpus.targets:
        return
    yield row(words["row.gpus"])
    for key, unit, series in (
        ("panel.gpu", "percentunit", names.GPU_UTILIZATION),
        ("panel.gpu_memory", "percentunit", names.GPU_MEMORY_USED),
        ("panel.gpu_temperature", "celsius", names.GPU_TEMPERATURE),
        ("panel.gpu_power", "watt", names.GPU_POWER),
    ):
        yield timeseries(words[key], words[f"{key}.help"], unit, Query(series, "{{instance}} {{gpu}}"))


def _share(words: Words, key: str, shown: Query, levels: Levels | None) -> Panel:
    steps: Steps = ((GREEN, None),)
    if levels:
        steps += ((YELLOW, levels.warning.value), (RED, levels.critical.value))
    return timeseries(words[key], words[f"{key}.help"], "percentunit", shown, steps=steps)


def _network(words: Words) -> Panel:
    return timeseries(
        words["panel.network"],
        words["panel.network.help"],
        "Bps",
        Query(names.NETWORK_RECEIVE, f"{{{{instance}}}} {words['word.received']}"),
        Query(names.NETWORK_TRANSMIT, f"{{{{instance}}}} {words['word.sent']}"),
    )
