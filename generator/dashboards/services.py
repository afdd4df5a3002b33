"""Services overview: up, traffic, latency, errors, resources. Every query reads the common vocabulary."""

from __future__ import annotations

from typing import Any

from generator import names
from generator.dashboards.page import dashboard, variable
from generator.dashboards.panels import (
    GREEN,
    RED,
    YELLOW,
    Panel,
    Query,
    alert_list,
    bars,
    row,
    stat,
    timeseries,
)
from generator.model import Stack
from generator.promql import select
from generator.texts import TEXTS

CHOSEN = 'service=~"$service"'


def services_overview(stack: Stack) -> dict[str, Any]:
    """The first page that one looks at."""
    words = TEXTS[stack.locale].words
    return dashboard(
        stack,
        names.DASHBOARD_SERVICES,
        words["dashboard.services"],
        words["dashboard.services.description"],
        [variable("service", words["word.service"], f"label_values({names.SERVICE_INFO}, service)")],
        [
            row(words["row.golden"]),
            _up(words),
            _rps(words),
            _errors(words, stack),
            _p95(words, stack),
            _by_status(words),
            _latency(words),
            _error_trend(words),
            alert_list(words["panel.alerts"], words["panel.alerts.help"]),
            row(words["row.routes"]),
            _busiest(words),
            _slowest(words),
            _failing(words),
            row(words["row.hosts"]),
            _cpu(words),
            _memory(words),
            _disk(words),
            _network(words),
        ],
    )


Words = dict[str, str]


def _mine(series: str) -> str:
    return select(series, CHOSEN)


def _up(words: Words) -> Panel:
    query = Query(f"avg by (service) ({select('up', CHOSEN)})", "{{service}}")
    return stat(words["panel.up"], words["panel.up.help"], "percentunit", query, steps=((RED, None), (GREEN, 1)))


def _rps(words: Words) -> Panel:
    return stat(words["panel.rps"], words["panel.rps.help"], "reqps", Query(_mine(names.REQUESTS), "{{service}}"))


def _errors(words: Words, stack: Stack) -> Panel:
    limit = stack.limits.error_ratio.value
    return stat(
        words["panel.errors"],
        words["panel.errors.help"],
        "percentunit",
        Query(_mine(names.ERROR_RATIO), "{{service}}"),
        steps=((GREEN, None), (YELLOW, limit / 2), (RED, limit)),
    )


def _p95(words: Words, stack: Stack) -> Panel:
    limit = stack.limits.latency_p95.value
    return stat(
        words["panel.p95"],
        words["panel.p95.help"],
        "s",
        Query(_mine(names.latency("p95")), "{{service}}"),
        steps=((GREEN, None), (YELLOW, limit / 2), (RED, limit)),
    )


def _by_status(words: Words) -> Panel:
    expr = f"sum by (service, code) ({_mine(names.REQUESTS_DETAIL)})"
    return timeseries(
        words["panel.requests_by_status"],
        words["panel.requests_by_status.help"],
        "reqps",
        Query(expr, "{{service}} {{code}}"),
    )


def _latency(words: Words) -> Panel:
    limit = words["word.limit"]
    queries = [Query(_mine(names.latency(p)), f"{{{{service}}}} {p}") for p in ("p50", "p95", "p99")]
    queries.append(Query(_mine(names.limit("latency_p95")), f"{{{{service}}}} {limit}"))
    return timeseries(words["panel.latency"], words["panel.latency.help"], "s", *queries, limit=limit)


def _error_trend(words: Words) -> Panel:
    limit = words["word.limit"]
    return timeseries(
        words["panel.error_trend"],
        words["panel.error_trend.help"],
        "percentunit",
        Query(_mine(names.ERROR_RATIO), "{{service}} 5xx"),
        Query(_mine(names.CLIENT_ERROR_RATIO), "{{service}} 4xx"),
        Query(_mine(names.limit("error_ratio")), f"{{{{service}}}} 5xx {limit}"),
        limit=limit,
    )


def _busiest(words: Words) -> Panel:
    return bars(
        words["panel.route_rps"],
        words["panel.route_rps.help"],
        "reqps",
        Query(f"topk(10, {_mine(names.REQUESTS_ROUTE)})", "{{service}} {{route}}"),
    )


def _slowest(words: Words) -> Panel:
    series = _mine(names.latency("p95", by_route=True))
    return bars(
        words["panel.route_p95"],
        words["panel.route_p95.help"],
        "s",
        Query(f"topk(10, {series})", "{{service}} {{route}}"),
    )


def _failing(words: Words) -> Panel:
    return bars(
        words["panel.route_errors"],
        words["panel.route_errors.help"],
        "percentunit",
        Query(f"topk(10, {_mine(names.ERROR_RATIO_ROUTE)})", "{{service}} {{route}}"),
    )


def _cpu(words: Words) -> Panel:
    return timeseries(
        words["panel.cpu"], words["panel.cpu.help"], "percentunit", Query(names.CPU_BUSY, "{{instance}}"), width=6
    )


def _memory(words: Words) -> Panel:
    return timeseries(
        words["panel.memory"],
        words["panel.memory.help"],
        "percentunit",
        Query(names.MEMORY_USED, "{{instance}}"),
        width=6,
    )


def _disk(words: Words) -> Panel:
    return timeseries(
        words["panel.disk"],
        words["panel.disk.help"],
        "percentunit",
        Query(names.DISK_USED, "{{instance}} {{mountpoint}}"),
        width=6,
    )


def _network(words: Words) -> Panel:
    return timeseries(
        words["panel.network"],
        words["panel.network.help"],
        "Bps",
        Query(names.NETWORK_RECEIVE, f"{{{{instance}}}} {words['word.received']}"),
        Query(names.NETWORK_TRANSMIT, f"{{{{instance}}}} {words['word.sent']}"),
        width=6,
    )
