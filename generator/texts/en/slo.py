"""English: alerts of slo."""

from __future__ import annotations

from generator.texts.base import AlertText

BUDGET = (
    "How much is left, and for how long? Query `service:slo_error_budget:remaining_ratio` and "
    "`service:slo_error_budget:exhaustion_seconds`, or look at the row of SLOs on the services overview."
)
DEPLOY = "Was something deployed, or a setting changed, when it began? If so, roll back before you look for the cause."
CALM = "Until the budget has recovered, put off what is risky: releases, migrations, experiments."
ROUTES = (
    "On the services overview, find the route: "
    "`topk(5, service_route:http_errors:ratio_rate5m)`. Is it one route or all of them?"
)
SLOW_ROUTES = (
    "On the services overview, find the route: "
    "`topk(5, service_route:http_latency_seconds:p95_rate5m)`. Is it one route or all of them?"
)
SLOW = "Look at what it waits for: database queries, calls to other services, queues, CPU and memory of the host."

ALERTS: dict[str, AlertText] = {
    "ErrorBudgetBurnFast": AlertText(
        "<subject> burns its error budget fast: <value> of requests fail",
        "<value> of the requests of <subject> end with a 5xx status; its objective allows <limit>. At this pace the "
        "error budget will be gone within days.",
        "2 % of the error budget went within an hour, or 5 % within six hours, and the last five or thirty minutes are "
        "as bad: it goes on. The window of the SLO is that of `slo.window`. Time in which nothing was measured counts "
        "as good.",
        (
            ROUTES,
            DEPLOY,
            "Read the service's log from the minute the alert began; look for one error that repeats.",
            BUDGET,
        ),
    ),
    "ErrorBudgetBurnSlow": AlertText(
        "<subject> burns its error budget: <value> of requests fail",
        "<value> of the requests of <subject> end with a 5xx status; its objective allows <limit>. If it goes on, the "
        "objective will be missed.",
        "10 % of the error budget went within a day or within three days, and the last two or six hours are as bad. "
        "Nobody needs to get up for it, but it must not stay.",
        (
            BUDGET,
            ROUTES,
            "When did it begin? Draw `service:slo_errors:ratio_rate1h` over the last days and compare with releases.",
            CALM,
        ),
    ),
    "LatencyBudgetBurnFast": AlertText(
        "<subject> burns its latency budget fast: <value> of requests are too slow",
        "<value> of the requests of <subject> take longer than its objective says; it allows <limit>. At this pace the "
        "budget will be gone within days.",
        "2 % of the latency budget went within an hour, or 5 % within six hours, and the last five or thirty minutes "
        "are as bad: it goes on. A request is bad that takes longer than `slo.latency.below`; it is counted exactly "
        "where that is a bucket bound of the service's histogram.",
        (
            SLOW_ROUTES,
            "Did the traffic grow (requests/s)? Then scale out, or switch off what is expensive.",
            DEPLOY,
            SLOW,
        ),
    ),
    "LatencyBudgetBurnSlow": AlertText(
        "<subject> burns its latency budget: <value> of requests are too slow",
        "<value> of the requests of <subject> take longer than its objective says; it allows <limit>. If it goes on, "
        "the objective will be missed.",
        "10 % of the latency budget went within a day or within three days, and the last two or six hours are as bad. "
        "A request is bad that takes longer than `slo.latency.below`. Nobody needs to get up for it, but it must not "
        "stay.",
        (
            BUDGET,
            SLOW_ROUTES,
            SLOW,
            CALM,
        ),
    ),
}
