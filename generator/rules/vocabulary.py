"""The common vocabulary of services: recording rules that turn a profile's metrics into one set of names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from generator import names
from generator.model import Service, Stack
from generator.profiles import Counter, Duration, Profile
from generator.promql import (
    WINDOW_SECONDS,
    bucket,
    differs,
    equals,
    first_present,
    one_of,
    quote,
    rate,
    rename,
    select,
    status_class,
    sum_by,
)
from generator.rules.base import RecordingRule
from generator.rules.slow import slower
from generator.units import number

DETAIL = (names.SERVICE, names.ROUTE, names.METHOD, names.CODE)
PER_ROUTE = (names.SERVICE, names.ROUTE)
QUANTILES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))


@dataclass(frozen=True, slots=True)
class Source:
    """Where a profile's series are found: scraped (by the label kind or service) or pushed (by the job)."""

    profile: Profile
    matchers: tuple[str, ...]
    pushed: bool = False

    def rate(self, metric: str, *matchers: str) -> str:
        """The per-second rate of the source's series, with the label service on each."""
        found = rate(metric, *self.matchers, *matchers)
        return _named_by_job(found) if self.pushed else found


def _named_by_job(expression: str) -> str:
    return f'label_replace({expression}, "service", "$1", "job", "(?:.+/)?([^/]+)")'


def vocabulary(stack: Stack) -> tuple[RecordingRule, ...]:
    """All recording rules of services but the limits, in the order of evaluation."""
    sources = tuple(sources_of(stack))
    return (
        *_info(stack),
        *_requests(sources),
        *_ratios(stack),
        *_latency(sources),
    )


def sources_of(stack: Stack) -> Iterator[Source]:
    """Every profile in use, once for the services that are scraped and once for those that push."""
    for profile in stack.profiles:
        mine = [s for s in stack.services if s.profile == profile]
        if any(not s.push for s in mine):
            matcher = equals(names.SERVICE, profile.service) if profile.service else equals(names.KIND, profile.name)
            yield Source(profile, (matcher,))
        pushed = [s.name for s in mine if s.push]
        if pushed:
            yield Source(profile, (pushed_job(pushed), equals(names.KIND, "")), pushed=True)


def pushed_job(services: list[str]) -> str:
    """A matcher for what these services push: the job may begin with a namespace."""
    pattern = "|".join(sorted(services))
    return f"job=~{quote(f'(.+/)?({pattern})')}"


def _info(stack: Stack) -> Iterator[RecordingRule]:
    """One series for each service that exists, with its labels; and one for each that has lost all its targets."""
    counters = sorted({c.metric for p in stack.profiles for c in p.requests})
    by = ", ".join((names.SERVICE, names.KIND, names.TEAM, names.ENV))
    present = select("", f"__name__=~{quote('|'.join(['up', *counters]))}", differs(names.KIND, ""))
    yield RecordingRule(names.SERVICE_INFO, f"group by ({by}) ({present})")
    for service in stack.services:
        labels = identity(stack, service)
        if service.push:
            series = select(service.profile.requests[0].metric, pushed_job([service.name]), equals(names.KIND, ""))
            yield RecordingRule(names.SERVICE_INFO, f"group({series})", labels)
            yield RecordingRule(names.SERVICE_ABSENT, f"absent({series})", labels)
        elif service.discovery:
            up = select("up", equals(names.JOB, service.name))
            yield RecordingRule(names.SERVICE_ABSENT, f"absent({up})", labels)


def instances(stack: Stack, condition: str = "") -> Iterator[str]:
    """How many instances of a service there are: its targets, or where it pushes, those whose counters are seen."""
    if any(not s.push for s in stack.services):
        yield f"count by (service) ({select('up', differs(names.KIND, ''))}{condition})"
    for source in sources_of(stack):
        if source.pushed:
            found = select(source.profile.requests[0].metric, *source.matchers)
            yield f"count by (service) (group by (service, instance) ({_named_by_job(found)}))"


def identity(stack: Stack, service: Service) -> tuple[tuple[str, str], ...]:
    """The labels by which every series of a service is known."""
    return (
        (names.ENV, stack.environment),
        (names.KIND, service.profile.name),
        (names.SERVICE, service.name),
        (names.TEAM, service.team),
    )


def excluding(part: Counter | Duration) -> tuple[str, ...]:
    """Matchers that leave out what is no traffic."""
    return tuple(differs(label, value) for label, value in part.exclude)


def _requests(sources: tuple[Source, ...]) -> Iterator[RecordingRule]:
    for source in sources:
        terms = [_counted(source, counter) for counter in source.profile.requests]
        yield RecordingRule(names.REQUESTS_DETAIL, " or ".join(terms))
    detail = names.REQUESTS_DETAIL
    yield RecordingRule(names.REQUESTS_ROUTE, sum_by(PER_ROUTE, detail))
    yield RecordingRule(names.REQUESTS, sum_by((names.SERVICE,), detail))
    for record, requests, by, code in (
        (names.ERRORS, names.REQUESTS, (names.SERVICE,), "5xx"),
        (names.ERRORS_ROUTE, names.REQUESTS_ROUTE, PER_ROUTE, "5xx"),
        (names.CLIENT_ERRORS, names.REQUESTS, (names.SERVICE,), "4xx"),
        (names.CLIENT_ERRORS_ROUTE, names.REQUESTS_ROUTE, PER_ROUTE, "4xx"),
    ):
        yield RecordingRule(record, f"{sum_by(by, select(detail, equals(names.CODE, code)))} or {requests} * 0")


def _counted(source: Source, counter: Counter) -> str:
    series = source.rate(counter.metric, *excluding(counter))
    series = rename(rename(series, names.ROUTE, counter.route), names.METHOD, counter.method)
    return sum_by(DETAIL, status_class(series, counter.status, counter.code))


def _ratios(stack: Stack) -> Iterator[RecordingRule]:
    """Shares of the traffic; absent without traffic. The hour is integrated from what was recorded every interval."""
    for record, errors, requests in (
        (names.ERROR_RATIO, names.ERRORS, names.REQUESTS),
        (names.ERROR_RATIO_ROUTE, names.ERRORS_ROUTE, names.REQUESTS_ROUTE),
        (names.CLIENT_ERROR_RATIO, names.CLIENT_ERRORS, names.REQUESTS),
        (names.CLIENT_ERROR_RATIO_ROUTE, names.CLIENT_ERRORS_ROUTE, names.REQUESTS_ROUTE),
    ):
        yield RecordingRule(record, f"{errors} / ({requests} > 0)")
    step = number(stack.evaluation_interval)
    yield RecordingRule(names.REQUESTS_1H, f"sum_over_time({names.REQUESTS}[1h]) * {step}")
    yield RecordingRule(names.ERRORS_1H, f"sum_over_time({names.ERRORS}[1h]) * {step}")
    yield RecordingRule(names.ERROR_RATIO_1H, f"{names.ERRORS_1H} / ({names.REQUESTS_1H} > 0)")


def _latency(sources: tuple[Source, ...]) -> Iterator[RecordingRule]:
    for source in sources:
        yield from _service_latency(source)
    if any(_in_seconds(s) for s in sources):
        for statistic, q in QUANTILES:
            yield RecordingRule(names.latency(statistic), _quantile(q, names.LATENCY_BUCKETS, 1.0))
    for source in sources:
        yield from _route_latency(source)
    if any(_in_seconds(s, by_route=True) for s in sources):
        for statistic, q in QUANTILES:
            yield RecordingRule(names.latency(statistic, by_route=True), _quantile(q, names.LATENCY_BUCKETS_ROUTE, 1.0))


def _in_seconds(source: Source, *, by_route: bool = False) -> bool:
    durations = source.profile.route_durations[:1] if by_route else source.profile.service_durations
    return bool(durations) and all(d.unit == 1.0 for d in durations)


def _service_latency(source: Source) -> Iterator[RecordingRule]:
    durations = source.profile.service_durations
    by = (names.SERVICE,)
    if durations:
        unit = durations[0].unit
        sums = first_present((sum_by(by, _part(source, d, "_sum")) for d in durations), names.SERVICE)
        counts = first_present((sum_by(by, _part(source, d, "_count")) for d in durations), names.SERVICE)
        yield RecordingRule(names.latency("mean"), _scaled(f"({sums}) / (({counts}) > 0)", unit))
        buckets = first_present((sum_by((*by, "le"), _part(source, d, "_bucket")) for d in durations), names.SERVICE)
        if _in_seconds(source):
            yield RecordingRule(names.LATENCY_BUCKETS, buckets)
        else:
            for statistic, q in QUANTILES:
                yield RecordingRule(names.latency(statistic), _quantile(q, buckets, unit))
    elif source.profile.mean:
        yield RecordingRule(names.latency("mean"), _mean(source, by))


def _route_latency(source: Source) -> Iterator[RecordingRule]:
    for duration in source.profile.route_durations[:1]:
        label = duration.route or names.ROUTE
        by = (names.SERVICE, label)
        mean = f"{sum_by(by, _part(source, duration, '_sum'))} / ({sum_by(by, _part(source, duration, '_count'))} > 0)"
        yield RecordingRule(names.latency("mean", by_route=True), _scaled(_to_route(mean, label), duration.unit))
        buckets = sum_by((*by, "le"), _part(source, duration, "_bucket"))
        if _in_seconds(source, by_route=True):
            # Rated once for all quantiles: rating buckets is what costs most of all.
            yield RecordingRule(names.LATENCY_BUCKETS_ROUTE, _to_route(buckets, label, "le"))
            continue
        for statistic, q in QUANTILES:
            quantile = _to_route(_quantile(q, buckets, duration.unit), label)
            yield RecordingRule(names.latency(statistic, by_route=True), quantile)
    if source.profile.mean and source.profile.mean.route:
        label = source.profile.mean.route
        mean = _to_route(_mean(source, (names.SERVICE, label)), label)
        yield RecordingRule(names.latency("mean", by_route=True), mean)


def _part(source: Source, duration: Duration, suffix: str) -> str:
    return source.rate(duration.metric + suffix, *excluding(duration))


def _quantile(q: float, buckets: str, unit: float) -> str:
    """NaN (nothing observed) is left out: it would poison whatever is computed from the series later."""
    return f"{_scaled(f'histogram_quantile({number(q)}, {buckets})', unit)} >= 0"


def _scaled(expression: str, unit: float) -> str:
    return expression if unit == 1.0 else f"({expression}) * {number(unit)}"


def _to_route(expression: str, label: str, *more: str) -> str:
    """From the library's own route label to `route`, after aggregation, when few series are left."""
    if label == names.ROUTE:
        return expression
    kept = ", ".join((names.SERVICE, names.ROUTE, *more))
    return f"max by ({kept}) ({rename(expression, names.ROUTE, label)})"


def _mean(source: Source, by: tuple[str, ...]) -> str:
    mean = source.profile.mean
    if mean is None:
        raise ValueError(f"profile {source.profile.name} has no mean")
    first, *others = (sum_by(by, source.rate(metric)) for metric in mean.counts)
    counts = " + ".join([first, *(f"({other} or {first} * 0)" for other in others)])
    return f"{sum_by(by, source.rate(mean.total))} / (({counts}) > 0) * {number(mean.unit)}"


def slow_shares(stack: Stack, quantity: str) -> Iterator[RecordingRule]:
    """The share of requests slower than a limit, exact where the limit is a bucket bound and absent elsewhere."""
    limits = names.limit(quantity)
    record = names.slow_share(quantity)
    for value in sorted({getattr(s.limits, quantity).value for s in stack.services if s.bounds or not s.profile.mean}):
        yield RecordingRule(record, slower(names.LATENCY_BUCKETS, (names.SERVICE,), value, limits))
    yield from _route_slow_shares(stack, quantity)


def _route_slow_shares(stack: Stack, quantity: str) -> Iterator[RecordingRule]:
    limits = names.limit(quantity, by_route=True)
    values = sorted({limit.value for s in stack.services for r in s.routes for n, limit in r.limits if n == quantity})
    for value in values:
        for source in sources_of(stack):
            for duration in source.profile.route_durations[:1]:
                if not _limited(stack, source, quantity, value):
                    continue
                label = duration.route or names.ROUTE
                by = (names.SERVICE, label)
                fast = sum_by(
                    by, source.rate(f"{duration.metric}_bucket", *excluding(duration), bucket(value, duration.unit))
                )
                total = f"({sum_by(by, _part(source, duration, '_count'))} > 0)"
                share = _to_route(f"1 - {fast} / {total}", label)
                yield RecordingRule(
                    names.slow_share(quantity, by_route=True),
                    f"({share}) and on (service, route) {limits} == {number(value)}",
                )


def _limited(stack: Stack, source: Source, quantity: str, value: float) -> bool:
    return any(
        (quantity, value) == (name, limit.value)
        for s in stack.services
        if s.profile == source.profile and s.push == source.pushed
        for route in s.routes
        for name, limit in route.limits
    )


def window_count(series: str) -> str:
    """How many in the window, from a rate."""
    return f"{series} * {WINDOW_SECONDS}"


__all__ = ["excluding", "identity", "one_of", "slow_shares", "sources_of", "vocabulary", "window_count"]
