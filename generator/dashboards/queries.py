"""The expressions of the services overview: the common vocabulary for the chosen services, and its limits."""

from __future__ import annotations

from collections.abc import Iterator

from generator import names
from generator.model import Stack
from generator.profiles import Profile
from generator.promql import differs, equals, first_present, rate, select

CHOSEN = 'service=~"$service"'
CHOSEN_OR_NOBODYS = 'service=~"$service|"'
"""Also what no service owns: alerts of hosts, probes and the stack itself."""
ALERT_LABELS = "alertname, alertstate, severity, service, route, instance"


def chosen(series: str) -> str:
    """A series of the chosen services."""
    return select(series, CHOSEN)


def by_service(series: str) -> str:
    """One series for each chosen service, with no other label: lines of a table meet by their labels."""
    return f"max by (service) ({chosen(series)})"


def by_route(series: str) -> str:
    """One series for each route of the chosen services."""
    return f"max by (service, route) ({chosen(series)})"


def available() -> str:
    """The share of a service's targets that answer. One that pushes is there when its metrics are."""
    pushed = f"group by (service) ({chosen(names.SERVICE_INFO)})"
    lost = f"0 * group by (service) ({chosen(names.SERVICE_ABSENT)})"
    return first_present((f"avg by (service) ({chosen('up')})", pushed, lost), names.SERVICE)


def of_limit(series: str, quantity: str) -> str:
    """A service's value as a share of its limit in force."""
    return f"{by_service(series)} / on (service) {by_service(names.limit(quantity))}"


def of_limit_by_route(series: str, quantity: str) -> str:
    """A route's value as a share of its own limit, else of its service's."""
    value = by_route(series)
    own = by_route(names.limit(quantity, by_route=True))
    inherited = f"{value} * 0 + on (service) group_left () {by_service(names.limit(quantity))}"
    return f"{value} / on (service, route) ({own} or on (service, route) {inherited})"


def percentiles(stack: Stack) -> bool:
    """Whether any service has a histogram."""
    return any(profile.service_durations for profile in stack.profiles)


def latency(stack: Stack) -> tuple[str, str]:
    """The statistic of latency that the page shows, and the quantity that limits it."""
    return ("p95", "latency_p95") if percentiles(stack) else ("mean", "latency_average")


def latency_by_route(stack: Stack) -> tuple[str, str] | None:
    """The same for routes; None where no library says how long a route takes."""
    if any(profile.route_durations for profile in stack.profiles):
        return "p95", "latency_p95"
    if any(profile.mean and profile.mean.route for profile in stack.profiles):
        return "mean", "latency_average"
    return None


def latency_of_limit(stack: Stack) -> str:
    """Latency as a share of the limit: of p95 where there is a histogram, of the mean elsewhere; empty with neither."""
    arms, means = [], any(profile.mean for profile in stack.profiles)
    if percentiles(stack) or not means:
        arms.append(of_limit(names.latency("p95"), "latency_p95"))
    if means:
        arms.append(of_limit(names.latency("mean"), "latency_average"))
    return first_present(arms, names.SERVICE)


def with_exemplars(stack: Stack, statistic: str, quantile: str) -> str:
    """A percentile with the raw histograms beside it: recorded series have no exemplars, those that they come from do.

    The raw arms add a value only for a service whose recorded series is not there yet.
    """
    raw = (f"histogram_quantile({quantile}, {buckets}) >= 0" for buckets in _buckets(stack))
    return first_present((chosen(names.latency(statistic)), *raw), names.SERVICE)


def _buckets(stack: Stack) -> Iterator[str]:
    """The scraped histograms in seconds, one for each profile: the one with routes, for it holds trace ids."""
    for profile in stack.profiles:
        if all(service.push for service in stack.services if service.profile == profile):
            continue
        for duration in (profile.route_durations or profile.service_durations)[:1]:
            if duration.unit == 1.0:
                excluded = (differs(label, value) for label, value in duration.exclude)
                raw = rate(f"{duration.metric}_bucket", CHOSEN, _members(profile), *excluded)
                yield f"sum by (service, le) ({raw})"


def _members(profile: Profile) -> str:
    return equals(names.SERVICE, profile.service) if profile.service else equals(names.KIND, profile.name)


def alerts_now(stack: Stack) -> str:
    """Pending and firing alerts, each with the time in milliseconds since when; Watchdog is always among them."""
    active = f"{select('ALERTS', CHOSEN_OR_NOBODYS)} * ignoring (alertstate) group_left () ALERTS_FOR_STATE"
    found = f"max by ({ALERT_LABELS}) ({active}) * 1000"
    return f"{found} or on () vector(time()) * 1000" if "Watchdog" in stack.alerting.disable else found


def firing() -> str:
    """The alerts that fire for the chosen services, or for none in particular."""
    return select("ALERTS", equals("alertstate", "firing"), differs("alertname", "Watchdog"), CHOSEN_OR_NOBODYS)
