"""English: alerts of traffic."""

from __future__ import annotations

from generator.texts.base import AlertText
from generator.texts.en.services import DEPLOY, LOGS

BAND = (
    "The band lies around the mean of the same hour on the last three days and on the same day of the last two weeks, "
    "a factor (`traffic_factor`) below and above. The highest and the lowest of these five do not count, so one "
    "incident does not move it; a new level becomes the usual after two days. With three or four of them all count; "
    "with fewer, the last day of the service serves, and nothing is judged in its first six hours. "
)

ALERTS: dict[str, AlertText] = {
    "ThroughputNearCapacity": AlertText(
        "<subject> takes <value> of its capacity",
        "The request rate of <subject> is <value> of the capacity that is declared for it; the limit is <limit>.",
        "Requests/s over five minutes, as a share of `capacity` in the spec: what the service is built for.",
        (
            "Is it growth or a surge? Compare requests/s on the services overview with the days before.",
            "Look at p95, the error ratio and the CPU and memory of the hosts: does the service still keep up?",
            "Scale out, or take load off: cache what is asked for often, limit callers that ask too much.",
            "Measure anew what the service can take if it keeps up well, and correct `capacity`.",
        ),
    ),
    "TrafficSurge": AlertText(
        "<subject> gets <value> requests/s, far more than usual",
        "<subject> gets <value> requests/s; at this hour up to <limit> are usual.",
        BAND + "For two hours after targets were added a surge is taken for planned, and what the new targets can take "
        "is added to the band.",
        (
            "Look at the error ratio (5xx) at the same time: callers that retry what fails are a surge too. Then "
            "repair the failure first.",
            "On the services overview, which routes and methods grew: all of them, or one?",
            "A deployment, an event, a promotion, a crawler? Look for the callers in the access log.",
            "Does the service keep up (p95, CPU, memory)? If not, scale out, or limit the callers.",
        ),
    ),
    "TrafficDrop": AlertText(
        "<subject> gets <value> requests/s, far fewer than usual",
        "<subject> gets <value> requests/s; at this hour at least <limit> are usual. Its targets answer.",
        BAND + "A service whose targets are down is ServiceDown, which silences this alert.",
        (
            "Ask the service from outside, by the way that its users take: name, certificate, proxy, load balancer.",
            "Was routing, DNS, a firewall or the service itself changed just before? If so, roll back first.",
            "Which routes and methods fell: all of them, or one? Look at whoever calls it: does that service fail?",
            LOGS,
        ),
    ),
    "LatencyAnomaly": AlertText(
        "<subject> is slower than usual: p95 <value>",
        "The p95 of <subject> is <value>; by its own last hour at most <limit> is usual.",
        "The 95th percentile over five minutes, compared with a multiple of its own mean of the hour before. A p95 "
        "below `latency_floor` never fires, and neither do fewer requests than `min_requests`. Where HighLatencyP95 "
        "fires, this alert is silenced.",
        (
            "On the services overview, find the slow route: one API, or all of them?",
            "Did the traffic grow (requests/s), or the CPU and memory use of the host?",
            "Look at database queries (indexes, N+1), calls to other services and the cache's hit rate.",
            DEPLOY,
        ),
    ),
}
