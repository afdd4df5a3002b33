"""Input series for the unit tests of alerts: traffic as a profile's library would count it."""

from __future__ import annotations

from collections.abc import Iterator

from generator import names
from generator.model import Service, Stack
from generator.promql import WINDOW_SECONDS
from generator.rules.base import Scenario, Series
from generator.rules.vocabulary import identity
from generator.units import number

Pairs = tuple[tuple[str, str], ...]
RATE = 100.0  # requests/s: far above every minimum
SETTLE = WINDOW_SECONDS + 60.0


def target_labels(stack: Stack, service: Service) -> Pairs:
    """The labels that a scraped (or pushed) series of the service carries."""
    if service.push:
        return (("instance", "test:1"), ("job", service.name))
    return tuple(sorted((*identity(stack, service), ("instance", "test:1"), ("job", service.name))))


def representatives(stack: Stack, quantity: str) -> tuple[Service, ...]:
    """One service for each profile and each limit in force: what one of them does, all of its kind do."""
    found: dict[tuple[str, float], Service] = {}
    for service in stack.services:
        name = service.profile.service or service.profile.name
        found.setdefault((f"{name}/{service.push}", getattr(service.limits, quantity).value), service)
    return tuple(found.values())


def requests(stack: Stack, service: Service, code: str, rate: float, route: str = "/test") -> Iterator[Series]:
    """A counter of the library that grows by `rate` a second, for the status class `code`."""
    for counter in service.profile.requests:
        if counter.status is None and counter.code != code:
            continue
        labels = dict(target_labels(stack, service))
        labels |= {counter.route: route} if counter.route else {}
        labels |= {counter.method: "GET"} if counter.method else {}
        if counter.status:
            labels[counter.status] = code if service.profile.name in ("fastapi", "vllm") else f"{code[0]}00"
        yield Series(counter.metric, tuple(sorted(labels.items())), step=rate * stack.scrape_interval)


def countable(service: Service, code: str) -> bool:
    """Whether the library's metrics can show requests of this status class at all."""
    return any(c.status is not None or c.code == code for c in service.profile.requests)


def _upness(stack: Stack, service: Service, value: float = 1) -> tuple[Series, ...]:
    return () if service.push else (Series("up", target_labels(stack, service), start=value),)


def _subject(service: Service) -> Pairs:
    return ((names.SERVICE, service.name),)


def _three(
    stack: Stack, service: Service, hold: float, above: tuple[Series, ...], below: tuple[Series, ...], what: str
) -> Iterator[Scenario]:
    """Above its limit an alert fires after `for` and not before; below it does not, and without data it does not."""
    up, who = _upness(stack, service), _subject(service)
    # The first sample of a rate is due after two scrapes; one interval more covers the order of evaluation.
    late = hold + SETTLE + 4 * (stack.scrape_interval + stack.evaluation_interval)
    yield Scenario(f"{service.name}: {what} above the limit fires after for", (*up, *above), late, True, who)
    if hold >= 4 * stack.evaluation_interval:
        yield Scenario(
            f"{service.name}: {what} above the limit is silent before for", (*up, *above), hold * 0.75, False, who
        )
    yield Scenario(f"{service.name}: {what} below the limit is silent", (*up, *below), late, False, who)
    yield Scenario(f"{service.name}: no traffic is silent", up, late, False, who)


def held(stack: Stack, alert: str, default: float, service: Service | None = None) -> float:
    """The `for` of an alert as the spec has it: of the service, of the stack, or the catalogue's."""
    own = dict(service.hold).get(alert) if service else None
    return own if own is not None else dict(stack.alerting.hold).get(alert, default)


_RATIO_ALERTS = {
    "error_ratio": ("HighErrorRate", "5xx", 300.0),
    "client_error_ratio": ("HighClientErrorRate", "4xx", 300.0),
    "consecutive_errors": ("ConsecutiveErrors", "5xx", 0.0),
}


def failing(stack: Stack, quantity: str) -> Iterator[Scenario]:
    """Traffic with a share, or a count, of failures just above and just below the limit."""
    alert, code, default = _RATIO_ALERTS[quantity]
    for service in representatives(stack, quantity):
        if not countable(service, code):
            continue
        hold = held(stack, alert, default, service)
        limit = getattr(service.limits, quantity).value
        cases = []
        for factor in (1.1, 0.85):
            bad = limit * factor / WINDOW_SECONDS if quantity == "consecutive_errors" else limit * factor * RATE
            if quantity != "consecutive_errors":
                bad = min(bad, RATE)
            good = RATE - bad if quantity != "consecutive_errors" else RATE
            rate = _scaled_up(service, bad, quantity)
            cases.append((*requests(stack, service, "2xx", good * rate), *requests(stack, service, code, bad * rate)))
        yield from _three(stack, service, hold, cases[0], cases[1], code)
        yield from _few(stack, service, hold, quantity, code)


def _scaled_up(service: Service, bad: float, quantity: str) -> float:
    """So much traffic that both minimums are passed whatever the service's own are."""
    if quantity == "consecutive_errors":
        return 1.0
    needed = max(service.limits.min_errors.value / bad, service.limits.min_requests.value / RATE) / WINDOW_SECONDS
    return max(1.0, 2 * needed)


def _few(stack: Stack, service: Service, hold: float, quantity: str, code: str) -> Iterator[Scenario]:
    """With fewer errors than the minimum a ratio means nothing."""
    least = service.limits.min_errors.value
    if quantity == "consecutive_errors" or least < 2:
        return
    bad = tuple(requests(stack, service, code, 0.5 * least / 3600))
    late = hold + SETTLE + 4 * (stack.scrape_interval + stack.evaluation_interval)
    yield Scenario(
        f"{service.name}: too few {code} are silent", (*_upness(stack, service), *bad), late, False, _subject(service)
    )


_LATENCY_ALERTS = {
    "latency_p95": ("HighLatencyP95", 300.0),
    "latency_p95_critical": ("HighLatencyP95Critical", 300.0),
    "latency_average": ("HighLatencyAverage", 300.0),
}


def slow(stack: Stack, quantity: str) -> Iterator[Scenario]:
    """Durations just above and just below a limit, as far as the service's buckets can tell them apart."""
    alert, default = _LATENCY_ALERTS[quantity]
    for service in representatives(stack, quantity):
        limit = getattr(service.limits, quantity).value
        bounds = service.bounds or (limit / 2, limit, limit * 2)
        traffic = tuple(requests(stack, service, "2xx", RATE * _volume(service)))
        if quantity == "latency_average":
            above, below = (_timed(stack, service, bounds, mean=limit * f) for f in (1.1, 0.9))
        elif service.profile.mean or limit >= max(bounds):
            continue
        else:
            beyond = next(b for b in bounds if b > limit)
            within = limit if limit in bounds else max((b for b in bounds if b < limit), default=0.0)
            if within == 0.0:
                continue
            above = _timed(stack, service, bounds, slow_share=0.06 if within == limit else 1.0, at=beyond, base=within)
            below = _timed(stack, service, bounds, slow_share=0.04 if within == limit else 0.0, at=beyond, base=within)
        if above and below:
            yield from _three(
                stack, service, held(stack, alert, default, service), (*traffic, *above), (*traffic, *below), alert
            )


def _volume(service: Service) -> float:
    return max(1.0, 2 * service.limits.min_requests.value / RATE / WINDOW_SECONDS)


def _timed(
    stack: Stack,
    service: Service,
    bounds: tuple[float, ...],
    *,
    mean: float = 0.0,
    slow_share: float = 0.0,
    at: float = 0.0,
    base: float = 0.0,
) -> tuple[Series, ...]:
    """The histogram of a library whose requests take at most `base`, but a share that takes at most `at` seconds."""
    rate = RATE * _volume(service) * stack.scrape_interval
    if service.profile.mean:
        means = service.profile.mean
        labels = dict(target_labels(stack, service)) | ({means.route: "/test"} if means.route else {})
        pairs = tuple(sorted(labels.items()))
        return (Series(means.total, pairs, step=rate * mean / means.unit),)
    if not service.profile.service_durations:
        return ()
    duration = service.profile.service_durations[0]
    labels = dict(target_labels(stack, service))
    labels |= {duration.route: "/test"} if duration.route else {}
    labels |= {duration.method: "GET"} if duration.method else {}
    found = []
    for bound in (*bounds, float("inf")):
        share = 1.0 if bound >= at or not slow_share else (1 - slow_share if bound >= base else 0.0)
        share = share if mean or bound >= base else 0.0
        le = "+Inf" if bound == float("inf") else number(bound / duration.unit)
        found.append(
            Series(f"{duration.metric}_bucket", tuple(sorted({**labels, "le": le}.items())), step=rate * share)
        )
    pairs = tuple(sorted(labels.items()))
    total = (mean or (1 - slow_share) * base + slow_share * at) / duration.unit
    count = Series(f"{duration.metric}_count", pairs, step=rate)
    counted = any(c.metric == count.metric for c in service.profile.requests)
    return (*found, Series(f"{duration.metric}_sum", pairs, step=rate * total), *(() if counted else (count,)))


def down(stack: Stack) -> Iterator[Scenario]:
    """A target that cannot be scraped, one that can, and one that comes back before `for` is over."""
    late = 60 + 4 * (stack.scrape_interval + stack.evaluation_interval)
    for service in representatives(stack, "error_ratio")[:4]:
        who, hold = _subject(service), held(stack, "ServiceDown", 60.0, service)
        if service.push:
            yield Scenario(f"{service.name}: nothing pushed fires", (), hold + late, True, who)
            continue
        yield Scenario(f"{service.name}: up 0 fires", _upness(stack, service, 0), hold + late, True, who)
        if hold >= 4 * stack.evaluation_interval:
            yield Scenario(
                f"{service.name}: up 0 is silent before for", _upness(stack, service, 0), hold / 2, False, who
            )
        yield Scenario(f"{service.name}: up 1 is silent", _upness(stack, service, 1), hold + late, False, who)
        if service.discovery:
            yield Scenario(f"{service.name}: no target at all fires", (), hold + late, True, who)
