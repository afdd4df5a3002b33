"""Services overview: up, traffic, latency, errors, resources. Every query reads the common vocabulary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from generator import names
from generator.dashboards.links import Links
from generator.dashboards.page import annotation, dashboard, page_link, variable
from generator.dashboards.panels import (
    GREEN,
    OF_LIMIT,
    ORANGE,
    RED,
    Panel,
    Query,
    Steps,
    bars,
    coloured,
    limit_style,
    row,
    stat,
    timeseries,
)
from generator.dashboards.queries import (
    alerts_now,
    available,
    by_route,
    by_service,
    chosen,
    firing,
    judged,
    latency,
    latency_by_route,
    latency_of_limit,
    of_limit,
    of_limit_by_route,
    percentiles,
    with_exemplars,
)
from generator.dashboards.slo import slos
from generator.dashboards.surroundings import gpus, hosts, outside
from generator.dashboards.tables import Column, Label, table
from generator.model import Stack
from generator.texts import texts_of

Words = dict[str, str]
PLAIN: Steps = ((GREEN, None),)
LATENCY_ALERTS = {"latency_p95": "HighLatencyP95", "latency_average": "HighLatencyAverage"}
ANY_IS_BAD: Steps = ((GREEN, None), (RED, 1))


def services_overview(stack: Stack) -> dict[str, Any]:
    """The first page that one looks at."""
    words = texts_of(stack).words
    links = Links(stack, words)
    return dashboard(
        stack,
        names.DASHBOARD_SERVICES,
        words["dashboard.services"],
        words["dashboard.services.description"],
        [
            *_summary(words, stack),
            _services(words, stack, links),
            _alerts(words, stack, links),
            row(words["row.golden"]),
            *_trends(words, stack),
            row(words["row.routes"]),
            *_routes(words, stack, links),
            *slos(words, stack, links),
            *outside(words, stack),
            *hosts(words, stack),
            *gpus(words, stack),
        ],
        variables=[variable("service", words["word.service"], f"label_values({names.SERVICE_INFO}, service)")],
        annotations=[_marks(words, stack, links)],
        links=[page_link(title, url) for title, url in links.programs()],
    )


def _marks(words: Words, stack: Stack, links: Links) -> dict[str, Any]:
    """Alerts as marks on every graph, each with its runbook."""
    expr = f"max by (alertname, severity, service, route, instance) ({firing(stack)})"
    text = f"{{{{severity}}}} {{{{service}}}} {{{{route}}}} {{{{instance}}}} {links.runbook_html()}".strip()
    return annotation(words["panel.firing"], expr, "{{alertname}}", text, ("severity", "service"))


def _summary(words: Words, stack: Stack) -> Iterator[Panel]:
    """One number each: whether anything is wrong at all, before the eye goes to a service."""
    errors = f"sum({chosen(names.ERRORS)}) / (sum({chosen(names.REQUESTS)}) > 0)"
    worst = f"max({of_limit(names.ERROR_RATIO, 'error_ratio')})"
    yield _number(words, "panel.down", "short", f"count(({available()}) < 1) or vector(0)", steps=ANY_IS_BAD)
    yield _number(words, "panel.firing", "short", f"count({firing(stack)}) or vector(0)", steps=ANY_IS_BAD)
    yield _number(words, "panel.total_rps", "reqps", f"sum({chosen(names.REQUESTS)})", trend=True)
    yield _number(words, "panel.total_errors", "percentunit", errors, trend=True)
    if judged(stack, "HighErrorRate"):
        yield _number(words, "panel.worst_errors", "percentunit", worst, steps=OF_LIMIT)
    if slowest := latency_of_limit(stack):
        yield _number(words, "panel.worst_latency", "percentunit", f"max({slowest})", steps=OF_LIMIT)


def _number(words: Words, key: str, unit: str, expr: str, steps: Steps = PLAIN, *, trend: bool = False) -> Panel:
    return stat(words[key], words[f"{key}.help"], unit, Query(expr, words[key]), steps=steps, trend=trend)


def _services(words: Words, stack: Stack, links: Links) -> Panel:
    statistic, _ = latency(stack)
    errors = of_limit(names.ERROR_RATIO, "error_ratio") if judged(stack, "HighErrorRate") else ""
    columns = (
        Column(words["panel.rps"], by_service(names.REQUESTS), "reqps"),
        Column(words["panel.up"], available(), "percentunit", ((RED, None), (ORANGE, 0.5), (GREEN, 1))),
        Column(words["panel.errors"], by_service(names.ERROR_RATIO), "percentunit"),
        Column(words["panel.errors_of_limit"], errors, "percentunit", OF_LIMIT),
        Column(words[f"panel.{statistic}"], by_service(names.latency(statistic)), "s"),
        Column(words["panel.latency_of_limit"], latency_of_limit(stack), "percentunit", OF_LIMIT),
    )
    return table(
        words["panel.services"],
        words["panel.services.help"],
        (Label(names.SERVICE, words["word.service"], links.of_service()),),
        tuple(column for column in columns if column.expr),
    )


def _alerts(words: Words, stack: Stack, links: Links) -> Panel:
    return table(
        words["panel.alerts"],
        words["panel.alerts.help"],
        (
            Label("alertname", words["panel.alert"], links.of_alert()),
            Label("alertstate", words["panel.state"]),
            Label(names.SEVERITY, words["runbook.severity"]),
            Label(names.SERVICE, words["word.service"], links.of_service()),
            Label(names.ROUTE, words["panel.route"]),
            Label(names.INSTANCE, words["panel.instance"]),
        ),
        (Column(words["panel.since"], alerts_now(stack), "dateTimeFromNow"),),
    )


def _trends(words: Words, stack: Stack) -> Iterator[Panel]:
    yield _by_status(words)
    yield _error_trend(words, stack)
    if percentiles(stack):
        yield _percentiles(words, stack)
    yield _mean(words, stack)


def _by_status(words: Words) -> Panel:
    expr = f"sum by (service, code) ({chosen(names.REQUESTS_DETAIL)})"
    return timeseries(
        words["panel.requests_by_status"],
        words["panel.requests_by_status.help"],
        "reqps",
        Query(expr, "{{service}} {{code}}"),
        styles=(coloured("5xx", RED), coloured("4xx", ORANGE)),
    )


def _error_trend(words: Words, stack: Stack) -> Panel:
    limit = words["word.limit"]
    return timeseries(
        words["panel.error_trend"],
        words["panel.error_trend.help"],
        "percentunit",
        Query(chosen(names.ERROR_RATIO), "{{service}} 5xx"),
        Query(chosen(names.CLIENT_ERROR_RATIO), "{{service}} 4xx"),
        *_limit(stack, "HighErrorRate", "error_ratio", f"{{{{service}}}} 5xx {limit}"),
        *_limit(stack, "HighClientErrorRate", "client_error_ratio", f"{{{{service}}}} 4xx {limit}"),
        styles=(limit_style(limit),),
    )


def _percentiles(words: Words, stack: Stack) -> Panel:
    limit = words["word.limit"]
    return timeseries(
        words["panel.latency"],
        words["panel.latency.help"],
        "s",
        Query(chosen(names.latency("p50")), "{{service}} p50"),
        Query(with_exemplars(stack, "p95", "0.95"), "{{service}} p95", exemplar=True),
        Query(chosen(names.latency("p99")), "{{service}} p99"),
        *_limit(stack, "HighLatencyP95", "latency_p95", f"{{{{service}}}} p95 {limit}"),
        styles=(limit_style(limit),),
    )


def _mean(words: Words, stack: Stack) -> Panel:
    limit = words["word.limit"]
    return timeseries(
        words["panel.mean"],
        words["panel.mean.help"],
        "s",
        Query(chosen(names.latency("mean")), "{{service}}"),
        *_limit(stack, "HighLatencyAverage", "latency_average", f"{{{{service}}}} {limit}"),
        styles=(limit_style(limit),),
    )


def _limit(stack: Stack, alert: str, quantity: str, legend: str) -> Iterator[Query]:
    """The line of a limit, where an alert judges by it."""
    if judged(stack, alert):
        yield Query(chosen(names.limit(quantity)), legend)


def _routes(words: Words, stack: Stack, links: Links) -> Iterator[Panel]:
    timed = latency_by_route(stack)
    columns = [
        Column(words["panel.rps"], by_route(names.REQUESTS_ROUTE), "reqps"),
        Column(words["panel.errors"], by_route(names.ERROR_RATIO_ROUTE), "percentunit"),
    ]
    if judged(stack, "HighErrorRate"):
        columns.append(_route_of_limit(words["panel.errors_of_limit"], names.ERROR_RATIO_ROUTE, "error_ratio"))
    if timed:
        statistic, limit = timed
        series = names.latency(statistic, by_route=True)
        columns.append(Column(words[f"panel.{statistic}"], by_route(series), "s"))
        if judged(stack, LATENCY_ALERTS[limit]):
            columns.append(_route_of_limit(words["panel.latency_of_limit"], series, limit))
    labels = (
        Label(names.SERVICE, words["word.service"], links.of_service()),
        Label(names.ROUTE, words["panel.route"], links.of_route(timed[0] if timed else None)),
    )
    yield table(words["panel.routes"], words["panel.routes.help"], labels, tuple(columns))
    if timed:
        yield _top(words, "panel.route_p95", "s", names.latency(timed[0], by_route=True))
    yield _top(words, "panel.route_errors", "percentunit", names.ERROR_RATIO_ROUTE)


def _route_of_limit(title: str, series: str, quantity: str) -> Column:
    return Column(title, of_limit_by_route(series, quantity), "percentunit", OF_LIMIT)


def _top(words: Words, key: str, unit: str, series: str) -> Panel:
    return bars(words[key], words[f"{key}.help"], unit, Query(f"topk(10, {by_route(series)})", "{{service}} {{route}}"))
