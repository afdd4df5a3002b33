"""English: alerts of services."""

from __future__ import annotations

from generator.texts.base import AlertText

LOGS = "Read the service's log from the minute the alert began; look for one error that repeats."
DEPLOY = (
    "Was something deployed, or a setting changed, just before? If so, roll back first and look for the cause after."
)

ALERTS: dict[str, AlertText] = {
    "ServiceDown": AlertText(
        "<subject> is down",
        "Prometheus cannot scrape <subject>: <value>, expected <limit>.",
        "A target did not answer the scrape for a minute, or a declared service has no target at all. While this "
        "fires, the other alerts of the same service are silenced.",
        (
            "Is the process or container running? `docker compose ps`, `make status`.",
            "Does the address answer from where Prometheus runs? `curl http://host:port/metrics`. The app must "
            "bind to 0.0.0.0, not 127.0.0.1, to be reached from another container or host.",
            "Compare port and path with the target's error on Prometheus' page Status > Target health.",
            "Django: ALLOWED_HOSTS must contain the host name that Prometheus uses.",
        ),
    ),
    "HighErrorRate": AlertText(
        "<subject> fails for <value> of requests",
        "<value> of the requests of <subject> ended with a 5xx status; the limit is <limit>.",
        "The share of 5xx among all requests of the last five minutes (of the last hour for quiet services), "
        "with enough requests and errors for a share to mean something. /metrics is left out.",
        (
            "On the services overview, find the route whose errors rose: is it one route or all of them?",
            DEPLOY,
            LOGS,
            "All routes at once: look at the database, the cache and other services that they share.",
        ),
    ),
    "HighClientErrorRate": AlertText(
        "<subject> refuses <value> of requests",
        "<value> of the requests of <subject> ended with a 4xx status; the limit is <limit>.",
        "The share of 4xx among all requests of the last five minutes: clients ask for what the service refuses.",
        (
            "Which route and which status? 401 and 403: keys and logins; 404: links, crawlers; 422: the contract.",
            "Did a client, or the API's contract, change just before?",
            "One caller alone: look for its address in the access log.",
        ),
    ),
    "ConsecutiveErrors": AlertText(
        "<subject> failed <value> times in 5 minutes",
        "<subject> answered <value> requests with a 5xx status within 5 minutes; the limit is <limit>.",
        "Ten or more 5xx within five minutes, however small their share of the traffic is.",
        (LOGS, "Group the errors by route: does one input, or one user, cause all of them?", DEPLOY),
    ),
    "HighLatencyP95": AlertText(
        "<subject> is slow: p95 <value>",
        "More than 5 % of the requests of <subject> take longer than <limit>; p95 is <value>.",
        "The 95th percentile of the request duration over five minutes. Where the limit is a bucket bound of the "
        "service's histogram the share of slower requests is counted exactly; else the quantile is interpolated.",
        (
            "On the services overview, find the slow route: one API, or all of them?",
            "Did the traffic grow (requests/s), or the CPU and memory use of the host?",
            "Look at database queries (indexes, N+1), calls to other services and the cache's hit rate.",
            DEPLOY,
        ),
    ),
    "HighLatencyP95Critical": AlertText(
        "<subject> is very slow: p95 <value>",
        "More than 5 % of the requests of <subject> take longer than <limit>; p95 is <value>.",
        "The 95th percentile of the request duration over five minutes is beyond a limit at which users give up.",
        (
            "Is something stuck: a lock, a full connection pool, a dead upstream whose time-out is long?",
            "Take load off: scale out, or switch off what is expensive.",
            "Then follow the steps of HighLatencyP95.",
        ),
    ),
    "HighLatencyAverage": AlertText(
        "<subject> is slow on average: <value>",
        "The mean request duration of <subject> is <value>; the limit is <limit>.",
        "The mean over five minutes. It hides the tail, but when it is high nearly every request is slow.",
        (
            "Nearly all requests are slow: look at what they share (CPU, database, an upstream service).",
            "A few extremely slow requests can do it too: compare with p50 and p99 on the overview.",
            DEPLOY,
        ),
    ),
    "TargetFlapping": AlertText(
        "<subject> comes and goes",
        "Prometheus lost or found <subject> <value> times within 15 minutes; the limit is <limit>.",
        "The target answers some scrapes and fails others: `up` changed again and again. ServiceDown, which silences "
        "this alert, needs a whole minute of failures and may never see it.",
        (
            "Ask for `up` and `scrape_duration_seconds` of this target for an hour back: does it fail at its time-out?",
            "Failures with a long scrape: the page of metrics is too large or the process too busy; raise "
            "`scrape_timeout` or look at its samples (`instance:samples_per_scrape:count`).",
            "Failures at once: the process restarts again and again. Read its log for the reason, and the count of "
            "restarts: `docker compose ps`, `make status`.",
            "Several targets of one host at the same time: look at the network and the host.",
        ),
    ),
    "CardinalityExplosion": AlertText(
        "<subject> gives <value> samples per scrape",
        "<subject> gives <value> samples at every scrape; the limit is <limit>.",
        "Every sample of a scrape is a time series to store. A target passes its limit, or gives far more than "
        "yesterday at this time (large targets with a day of history). A label whose values never end (user_id, "
        "request_id, a timestamp, a raw URL) does this, and memory, disk and every query pay for it.",
        (
            'Which metric? `topk(10, count by (__name__) ({instance="…"}))` with this target\'s instance.',
            "Which label? On Prometheus' page Status > TSDB status, labels with the most values; or count one: "
            "`count(count by (handler) (http_requests_total))`.",
            "Remove the label in the code, or write the route's pattern (/items/{id}) in place of the raw path. Keep "
            "method, status, handler or view, service, version.",
            "Was a version deployed just before? Roll back first if memory grows.",
            "All of it is meant: raise `thresholds.samples_per_scrape` for this service.",
        ),
    ),
}
