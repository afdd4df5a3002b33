"""Stack -> Problems that no single field can show. Errors stop the work; warnings say what cannot work well."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from generator import names
from generator.model import Component, Service, Stack
from generator.model_alerting import Opsgenie
from generator.needs import needs, older, tag
from generator.problems import Problem, Severity
from generator.profiles import Mean
from generator.profiles.inference import measured_by
from generator.promql import WINDOW_SECONDS
from generator.reserved import in_vocabulary
from generator.rules import every_alert, families
from generator.slo_checks import slos
from generator.targets.base import INSIDE, MORE, port_field
from generator.units import bound, duration, number, percent

MIN_SAMPLES = 4
HOUR, DAY = 3600.0, 86400.0
FAR = 1.5  # neighbouring bounds whose ratio is larger leave a quantile between them to guesswork


def check(stack: Stack) -> Iterator[Problem]:
    """Every problem of a resolved stack; places are filled in by the pipeline, from `key`."""
    for each in _CHECKS:
        yield from each(stack)


def _warning(code: str, key: str, message: str, hint: str) -> Problem:
    return Problem(code, message, key=key, hint=hint, severity=Severity.WARNING)


def _intervals(stack: Stack) -> Iterator[Problem]:
    longest = WINDOW_SECONDS / MIN_SAMPLES
    places = [
        ("stack.scrape_interval", stack.scrape_interval),
        ("stack.evaluation_interval", stack.evaluation_interval),
    ]
    places += [(f"{s.key}.scrape_interval", s.scrape_interval) for s in stack.services if s.scrape_interval]
    for key, value in places:
        if value > longest:
            yield Problem(
                "interval",
                f"{duration(value)} leaves fewer than {MIN_SAMPLES} samples in a 5m window",
                key=key,
                hint=f"write at most {duration(longest)}",
            )


def _ports(stack: Stack) -> Iterator[Problem]:
    seen: dict[int, str] = {}
    fields = [port_field(component) for component in stack.components]
    fields += [field for field, (component, _) in MORE.items() if component in stack.components]
    for field in fields:
        port = getattr(stack.ports, field)
        if port in seen:
            yield Problem(
                "port-conflict",
                f"port {port} is already that of {seen[port]!r}",
                key=f"stack.ports.{field}",
                hint="give each its own port",
            )
        seen.setdefault(port, field)


def _gpu_exporter(stack: Stack) -> Iterator[Problem]:
    """The stack's own exporters each serve one kind."""
    nvidia = stack.gpus.exporter == "dcgm"
    wrong, right = Component.GPU_EXPORTER, Component.DCGM_EXPORTER
    if not nvidia:
        wrong, right = right, wrong
    if wrong in stack.components:
        yield Problem(
            "gpu-exporter",
            f"{wrong.value} is not the exporter of kind {stack.gpus.exporter}",
            key="gpus.targets",
            hint=f"write `targets: [{right.value}:{INSIDE[right]}]`, or another `exporter`",
        )


def _latency_limits(stack: Stack) -> Iterator[Problem]:
    """A limit that the service's buckets cannot resolve is judged by guesswork, or never."""
    for service in stack.services:
        for quantity in ("latency_p95", "latency_p95_critical"):
            limit = getattr(service.limits, quantity)
            key = limit.origin if limit.origin.startswith(service.key) else service.key
            yield from _resolved(service, service.bounds, quantity, limit.value, key)
        for route in service.routes:
            for quantity, limit in route.limits:
                if quantity in ("latency_p95", "latency_p95_critical"):
                    yield from _resolved(service, service.route_bounds, quantity, limit.value, limit.origin)


def _resolved(service: Service, bounds: tuple[float, ...], quantity: str, limit: float, key: str) -> Iterator[Problem]:
    library = service.profile.title
    shown = duration(limit)
    if not bounds:
        if service.profile.mean:
            yield _warning(
                "no-histogram",
                key,
                f"{library} has no histogram of durations: {quantity} cannot be measured",
                "its mean can: latency_average",
            )
        elif not service.profile.service_durations:
            yield _warning(
                "no-histogram",
                key,
                f"no duration metric is named: {quantity} cannot be measured",
                "write `metrics: {duration: {name: …}}`",
            )
        else:
            yield _warning(
                "unknown-buckets",
                key,
                f"the bucket bounds of {service.name} are not known",
                f"write `buckets: […]`, so that {quantity} {shown} can be checked against them",
            )
        return
    yield from _within(bounds, library, quantity, limit, key)


def _within(bounds: tuple[float, ...], library: str, quantity: str, limit: float, key: str) -> Iterator[Problem]:
    shown = duration(limit)
    if limit > bounds[-1]:
        yield _warning(
            "limit-above-buckets",
            key,
            f"{quantity} {shown} is above the highest bucket bound "
            f"{bound(bounds[-1])} of {library}: it can never be exceeded",
            _bucket_hint(limit),
        )
        return
    if limit in bounds:
        return
    below = max((b for b in bounds if b < limit), default=0.0)
    above = min(b for b in bounds if b > limit)
    far = below == 0.0 or above / below > FAR
    how = f"p95 can be off by up to {bound(above - below)}"
    if far or quantity == "latency_p95":
        yield _warning(
            "limit-between-buckets",
            key,
            f"{quantity} {shown} is no bucket bound of {library}: it lies between "
            f"{bound(below) if below else '0'} and {bound(above)}, {how}",
            _bucket_hint(limit),
        )


def _models(stack: Stack) -> Iterator[Problem]:
    """Limits on models that their server's metrics cannot show, or only as a mean."""
    for service in stack.services:
        server, bounds = measured_by(service.profile.name), dict(service.model_bounds)
        for quantity, limit in service.model_limits:
            written = limit.origin.startswith(service.key)
            key = limit.origin if written else f"{service.key}.{quantity.partition('.')[0]}"
            measured = server.measures(quantity)
            if measured is None and written:
                yield _warning("unmeasured", key, f"{server.title} has no metric for it", "remove it")
            elif isinstance(measured, Mean) and written:
                yield _warning(
                    "no-histogram",
                    key,
                    f"{server.title} has no histogram: the mean is judged instead of p95",
                    "choose the limit for the mean",
                )
            elif quantity in bounds:
                yield from _within(bounds[quantity], server.title, quantity, limit.value, key)


def _bucket_hint(limit: float) -> str:
    return f"give the library a bucket at {duration(limit)} and write its bounds as `buckets: […]`, or move the limit"


def _custom_status(stack: Stack) -> Iterator[Problem]:
    for service in stack.services:
        if service.profile.service and service.profile.requests[0].status is None:
            yield _warning(
                "no-status",
                f"{service.key}.metrics.requests",
                "without a status label errors cannot be counted",
                "write `status: <label>`",
            )


def _disabled(stack: Stack) -> Iterator[Problem]:
    known = {alert.name for alert in every_alert(stack)} | set(stack.alerting.disable)
    held = {name for name, _ in stack.alerting.hold}
    for name in sorted(held - known):
        yield _warning("unused-for", f"alerting.for.{name}", "this stack has no such alert", "remove it")


def _retention(stack: Stack) -> Iterator[Problem]:
    if stack.retention.metrics < 2 * 3600:
        yield Problem(
            "retention",
            f"{duration(stack.retention.metrics)} is shorter than one block of Prometheus",
            key="stack.retention.metrics",
            hint="write at least 2h",
        )
    if stack.logs and stack.retention.logs < DAY:
        yield Problem(
            "retention",
            f"{duration(stack.retention.logs)} is shorter than a day, by which Loki deletes lines",
            key="stack.retention.logs",
            hint="write at least 24h, or `logs: off` for none",
        )
    if stack.traces and stack.retention.traces < HOUR:
        yield Problem(
            "retention",
            f"{duration(stack.retention.traces)} is shorter than an hour, in which Tempo looks for old traces once",
            key="stack.retention.traces",
            hint="write at least 1h, or `traces: off` for none",
        )


def _thresholds(stack: Stack) -> Iterator[Problem]:
    """A critical limit at or below its warning would page without ever having warned."""
    for service in stack.services:
        low, high = service.limits.latency_p95, service.limits.latency_p95_critical
        if low.value >= high.value:
            key = high.origin if "[" in high.origin or high.origin.startswith("thresholds") else low.origin
            yield _warning(
                "levels",
                key,
                f"latency_p95 {duration(low.value)} is not below latency_p95_critical {duration(high.value)}",
                "raise latency_p95_critical",
            )
    for part, name in (
        *((stack.hosts.limits, name) for name in ("cpu", "memory", "disk")),
        *((stack.gpus.limits, name) for name in ("gpu", "gpu_memory", "gpu_temperature")),
    ):
        levels = getattr(part, name)
        shown = number if name == "gpu_temperature" else percent
        if levels.warning.value >= levels.critical.value:
            key = levels.critical.origin if not levels.critical.origin.startswith("default") else levels.warning.origin
            yield Problem(
                "levels",
                f"critical {shown(levels.critical.value)} is not above warning {shown(levels.warning.value)}",
                key=key,
                hint="raise critical or lower warning",
            )


def _own_rules(stack: Stack) -> Iterator[Problem]:
    recorded = {rule.record for family in families(stack) for rule in family.recordings}
    for rule in stack.alerting.rules:
        if rule.kind == "record" and (rule.name in recorded or in_vocabulary(rule.name)):
            yield Problem(
                "record-name",
                f"{rule.name!r} is recorded by the stack itself",
                key=f"{rule.key}.record",
                hint="choose another name",
            )
        if rule.kind == "alert" and rule.name in names.CATALOGUE:
            yield Problem(
                "alert-name",
                f"{rule.name!r} is an alert of the stack",
                key=f"{rule.key}.alert",
                hint="choose another name, or override its limits in `thresholds`",
            )
        elif rule.kind == "alert" and names.SEVERITY not in dict(rule.labels):
            yield _warning(
                "no-severity",
                f"{rule.key}.labels" if rule.labels else f"{rule.key}.alert",
                f"the alert {rule.name!r} has no severity: no route that asks for one sees it",
                "write `labels: {severity: warning}`",
            )


def _alertmanager(stack: Stack) -> Iterator[Problem]:
    """What the image that was chosen does not know, it would refuse at its start."""
    version = tag(stack.images.alertmanager)
    for need in needs(stack) if stack.target == "compose" else ():
        if older(version, need.since):
            yield Problem(
                "alertmanager-version",
                f"Alertmanager {version} of stack.images does not know {need.what}",
                key=need.key,
                hint=f"choose {need.version} or newer, or remove it",
            )


def _opsgenie(stack: Stack) -> Iterator[Problem]:
    for receiver in stack.alerting.receivers:
        if any(isinstance(channel, Opsgenie) for channel in receiver.channels):
            yield _warning(
                "opsgenie-ends",
                f"{receiver.key}.opsgenie",
                "Atlassian ends Opsgenie on 5 April 2027",
                "plan another receiver before then",
            )


_CHECKS: tuple[Callable[[Stack], Iterator[Problem]], ...] = (
    _intervals,
    _ports,
    _gpu_exporter,
    _latency_limits,
    _models,
    _custom_status,
    _disabled,
    _retention,
    _thresholds,
    _own_rules,
    _alertmanager,
    _opsgenie,
    slos,
)
