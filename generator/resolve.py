"""StackSpec + target -> Stack: defaults, inheritance, addresses, sorting. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from typing import Any, TypeVar

from generator import defaults, names, spec
from generator.model import (
    Alerting,
    Component,
    Database,
    Discovery,
    DnsSd,
    DockerSd,
    FileSd,
    GpuLimits,
    Gpus,
    HostLimits,
    Hosts,
    Levels,
    Limit,
    Limits,
    Locale,
    Objective,
    OwnRule,
    Probe,
    Retention,
    Route,
    Service,
    Slo,
    Stack,
)
from generator.profiles import PROFILES, Counter, Duration, Profile
from generator.resolve_models import model_bounds, model_limits
from generator.resolve_receivers import receiver, route, time_interval
from generator.resolve_telemetry import exporters, logs, traces
from generator.spec_receivers import ReceiverSpec
from generator.targets import Target
from generator.targets.base import BEHIND, components_in, published

Pairs = tuple[tuple[str, Any], ...]
PartLimits = TypeVar("PartLimits", HostLimits, GpuLimits)


def resolve(typed: spec.StackSpec, target: Target) -> Stack:
    """What is true once everything that was left out is filled in."""
    section = typed.stack
    ports = _override(defaults.PORTS, section.ports)
    listen = section.listen or defaults.LISTEN
    team = section.team or defaults.TEAM
    limits = _limits(defaults.LIMITS, typed.thresholds, "thresholds")
    place = _Place(target, ports, listen)
    interval = section.scrape_interval or defaults.SCRAPE_INTERVAL
    public_host = section.public_host or ("localhost" if listen in ("127.0.0.1", "0.0.0.0") else listen)  # noqa: S104
    stack = Stack(
        name=section.name,
        environment=section.environment or defaults.ENVIRONMENT,
        team=team,
        locale=Locale(section.locale or defaults.LOCALE),
        timezone=section.timezone or defaults.TIMEZONE,
        scrape_interval=interval,
        scrape_timeout=section.scrape_timeout or min(defaults.SCRAPE_TIMEOUT, interval),
        evaluation_interval=section.evaluation_interval or interval,
        listen=listen,
        public_host=public_host,
        subnet=section.subnet or defaults.SUBNET,
        ports=ports,
        retention=_retention(section.retention),
        images=_override(defaults.IMAGES, section.images),
        limits=limits,
        certificate_days=_one(typed.thresholds, "certificate_days", defaults.CERTIFICATE_DAYS, "thresholds"),
        metrics_storage=_one(typed.thresholds, "metrics_storage", defaults.METRICS_STORAGE, "thresholds"),
        database_connections=_one(
            typed.thresholds, "database_connections", defaults.DATABASE_CONNECTIONS, "thresholds"
        ),
        services=tuple(
            sorted(
                (_service(s, f"services[{i}]", limits, team, place) for i, s in enumerate(typed.services)),
                key=lambda s: s.name,
            )
        ),
        hosts=_hosts(typed, team, place),
        gpus=_gpus(typed, team, place),
        databases=tuple(sorted(_databases(typed, team, place), key=lambda d: d.name)),
        probes=tuple(sorted(_probes(typed, team, place), key=lambda p: p.name)),
        alerting=_alerting(typed.alerting, place),
        logs=logs(typed.logs, typed.thresholds),
        traces=traces(typed.traces),
        exporters=exporters(typed.exporters),
        target=target.name,
        components=(),
    )
    components = _components(typed, stack)
    return replace(stack, components=components, alerting=_runbooks(stack, components))


class _Place:
    """Addresses of the spec as they are on the target."""

    def __init__(self, target: Target, ports: Any, listen: str) -> None:
        self.target, self.ports, self.listen = target, ports, listen

    def of(self, text: str) -> str:
        return self.target.rewrite(text, self.ports, self.listen)

    def all(self, texts: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(dict.fromkeys(self.of(text) for text in texts)))


def _override(base: Any, typed: Any) -> Any:
    """`base` with every field that was written."""
    if typed is None:
        return base
    written = {f.name: v for f in fields(base) if (v := getattr(typed, f.name, None)) is not None}
    return replace(base, **written)


def _retention(typed: spec.RetentionSpec | None) -> Retention:
    return _override(defaults.RETENTION, typed)  # type: ignore[no-any-return]


def _one(typed: Any, name: str, default: Limit, key: str) -> Limit:
    value = getattr(typed, name, None) if typed is not None else None
    return default if value is None else Limit(float(value), f"{key}.{name}")


def _limits(base: Limits, typed: Any, key: str) -> Limits:
    return Limits(**{f.name: _one(typed, f.name, getattr(base, f.name), key) for f in fields(Limits)})


def _service(typed: spec.ServiceSpec, key: str, base: Limits, team: str, place: _Place) -> Service:
    profile = _custom(typed) if typed.kind == "custom" else PROFILES[typed.kind]
    bounds = tuple(sorted(set(typed.buckets))) if typed.buckets else None
    return Service(
        name=typed.name,
        profile=profile,
        targets=place.all(typed.targets or ()),
        discovery=_discovery(typed),
        push=bool(typed.push),
        team=typed.team or team,
        labels=tuple(sorted((typed.labels or {}).items())),
        scheme=typed.scheme or "http",
        metrics_path=typed.metrics_path or profile.metrics_path,
        scrape_interval=typed.scrape_interval,
        scrape_timeout=typed.scrape_timeout,
        limits=_limits(base, typed.thresholds, f"{key}.thresholds"),
        routes=tuple(
            sorted((_route(r, f"{key}.routes[{i}]") for i, r in enumerate(typed.routes or ())), key=lambda r: r.route)
        ),
        bounds=bounds or _bounds(profile.service_durations),
        route_bounds=bounds or _bounds(profile.route_durations),
        hold=tuple(sorted((typed.for_ or {}).items())),
        capacity=None if typed.capacity is None else Limit(float(typed.capacity), f"{key}.capacity"),
        slo=_slo(typed.slo, f"{key}.slo") if typed.slo else None,
        model_limits=tuple(model_limits(typed, key)),
        model_bounds=tuple(model_bounds(typed)),
        key=key,
    )


def _slo(typed: spec.SloSpec, key: str) -> Slo:
    found = []
    if typed.availability is not None:
        found.append(Objective("availability", Limit(typed.availability, f"{key}.availability"), 0.0))
    if typed.latency is not None:
        share = Limit(typed.latency.objective, f"{key}.latency.objective")
        found.append(Objective("latency", share, typed.latency.below))
    return Slo(tuple(found), typed.window or defaults.SLO_WINDOW, key)


def _bounds(durations: tuple[Duration, ...]) -> tuple[float, ...]:
    return durations[0].bounds if durations else ()


def _route(typed: spec.RouteSpec, key: str) -> Route:
    names = sorted(set(spec.RouteSpec.model_fields) - {"route"})
    limits = ((n, Limit(float(v), f"{key}.{n}")) for n in names if (v := getattr(typed, n)) is not None)
    return Route(typed.route, tuple(limits), key)


def _custom(typed: spec.ServiceSpec) -> Profile:
    """A profile of one service's own, from the metrics that its entry names."""
    mapping = typed.metrics
    if mapping is None:
        raise ValueError("a custom service without metrics passed the loader")
    counted, timed = mapping.requests, mapping.duration
    exclude = ((counted.route, "/metrics"),) if counted.route else ()
    durations: tuple[Duration, ...] = ()
    if timed is not None:
        bounds = tuple(sorted(set(typed.buckets or ())))
        left_out = ((timed.route, "/metrics"),) if timed.route else ()
        unit = 0.001 if timed.unit == "milliseconds" else 1.0
        durations = (Duration(timed.name, bounds, timed.route, timed.method, left_out, unit),)
    return Profile(
        name="custom",
        title=f"{typed.name}'s own metrics",
        requests=(Counter(counted.name, counted.route, counted.method, counted.status, exclude=exclude),),
        service_durations=durations,
        route_durations=tuple(d for d in durations if d.route),
        service=typed.name,
    )


def _discovery(typed: spec.ServiceSpec) -> tuple[Discovery, ...]:
    found: list[Discovery] = []
    refresh = defaults.DISCOVERY_REFRESH
    if (file := typed.file_sd) is not None:
        found.append(FileSd(tuple(sorted(set(file.files))), file.refresh_interval or refresh))
    if (dns := typed.dns) is not None:
        kind = dns.type or ("A" if dns.port else "SRV")
        found.append(DnsSd(tuple(sorted(set(dns.names))), kind, dns.port, dns.refresh_interval or refresh))
    if (docker := typed.docker) is not None:
        host = docker.host or defaults.DOCKER_HOST
        found.append(DockerSd(docker.port, docker.label, host, docker.refresh_interval or refresh))
    return tuple(found)


def _hosts(typed: spec.StackSpec, team: str, place: _Place) -> Hosts:
    section = typed.hosts
    return Hosts(
        targets=place.all(section.targets if section else defaults.HOST_TARGETS),
        processes=place.all((section.processes if section else None) or ()),
        containers=place.all((section.containers if section else None) or ()),
        team=(section.team if section else None) or team,
        labels=tuple(sorted(((section.labels if section else None) or {}).items())),
        limits=_part_limits(defaults.HOST_LIMITS, typed.thresholds),
        key="hosts",
    )


def _gpus(typed: spec.StackSpec, team: str, place: _Place) -> Gpus:
    section = typed.gpus
    return Gpus(
        exporter=(section.exporter if section else None) or defaults.GPU_EXPORTER,
        targets=place.all(section.targets if section else ()),
        team=(section.team if section else None) or team,
        labels=tuple(sorted(((section.labels if section else None) or {}).items())),
        limits=_part_limits(defaults.GPU_LIMITS, typed.thresholds),
        key="gpus",
    )


def _part_limits(base: PartLimits, typed: spec.ThresholdsSection | None) -> PartLimits:
    """The limits of hosts or GPUs, whose names are the spec's."""

    def one(name: str) -> Limit | Levels:
        part, default = getattr(typed, name, None), getattr(base, name)
        if not isinstance(default, Levels):
            return _one(typed, name, default, "thresholds")
        key = f"thresholds.{name}"
        return Levels(_one(part, "warning", default.warning, key), _one(part, "critical", default.critical, key))

    return replace(base, **{f.name: one(f.name) for f in fields(base)})  # type: ignore[arg-type]


def _databases(typed: spec.StackSpec, team: str, place: _Place) -> Iterable[Database]:
    """Limits name the database and not its number: runbooks show where they are from, in whatever order they stand."""
    for index, each in enumerate(typed.databases or ()):
        key = f"databases[{index}]"
        written = each.thresholds.database_connections if each.thresholds else None
        everywhere = typed.thresholds.database_connections if typed.thresholds else None
        limit: Limit | None = None
        if written is not None:
            limit = Limit(float(written), f"databases[{each.name}].thresholds.database_connections")
        elif everywhere is not None:
            limit = Limit(float(everywhere), "thresholds.database_connections")
        elif each.kind == "postgres":
            limit = defaults.DATABASE_CONNECTIONS
        limits = _database_limits(each, typed.thresholds, f"databases[{each.name}].thresholds")
        yield Database(each.name, each.kind, place.all(each.targets), each.team or team, limit, limits, key)


def _database_limits(
    typed: spec.DatabaseSpec, everywhere: spec.ThresholdsSection | None, key: str
) -> tuple[tuple[str, Limit], ...]:
    """What limits a database of this kind: its own, else the stack's, else the default."""
    quantities = names.DATABASE_QUANTITIES[typed.kind]
    shared = ((q, _one(everywhere, q, defaults.DATABASE_LIMITS[q], "thresholds")) for q in quantities)
    return tuple((q, _one(typed.thresholds, q, limit, key)) for q, limit in shared)


def _probes(typed: spec.StackSpec, team: str, place: _Place) -> Iterable[Probe]:
    for index, each in enumerate(typed.probes or ()):
        yield Probe(each.name, each.kind, place.of(each.target), each.team or team, f"probes[{index}]")


def _alerting(typed: spec.AlertingSection | None, place: _Place) -> Alerting:
    typed = typed or spec.AlertingSection.model_validate({})
    default = {"name": defaults.RECEIVER, "webhook": {"url": defaults.RECEIVER_URL}}
    written = typed.receivers or [ReceiverSpec.model_validate(default)]
    receivers = [receiver(r, f"alerting.receivers[{i}]", place.of, place.target.secrets) for i, r in enumerate(written)]
    return Alerting(
        receivers=tuple(sorted(receivers, key=lambda r: r.name)),
        default=typed.default or written[0].name,
        routes=tuple(map(route, typed.routes or ())),
        times=tuple(sorted(map(time_interval, typed.times or ()), key=lambda t: t.name)),
        group_wait=defaults.GROUP_WAIT if typed.group_wait is None else typed.group_wait,
        group_interval=typed.group_interval or defaults.GROUP_INTERVAL,
        repeat_interval=typed.repeat_interval or defaults.REPEAT_INTERVAL,
        runbook_url=(typed.runbook_url or "").rstrip("/"),
        hold=tuple(sorted((typed.for_ or {}).items())),
        disable=tuple(sorted(set(typed.disable or ()))),
        rules=tuple(_own(rule, f"alerting.rules[{i}]") for i, rule in enumerate(typed.rules or ())),
    )


def _own(typed: spec.UserRule, key: str) -> OwnRule:
    return OwnRule(
        kind="alert" if typed.alert else "record",
        name=typed.alert or typed.record or "",
        expr=typed.expr,
        hold=typed.for_,
        keep_firing_for=typed.keep_firing_for,
        labels=tuple(sorted((typed.labels or {}).items())),
        annotations=tuple(sorted((typed.annotations or {}).items())),
        key=key,
    )


def _components(typed: spec.StackSpec, stack: Stack) -> tuple[Component, ...]:
    """Grafana, Prometheus and Alertmanager always run; Loki, Tempo and the collector unless switched off; the others
    when the spec names their address."""
    named = {Component.PROMETHEUS, Component.ALERTMANAGER, Component.GRAFANA}
    if stack.probes:
        named.add(Component.BLACKBOX)
    if stack.logs:
        named |= {Component.LOKI, Component.COLLECTOR}
    if stack.traces:
        named |= {Component.TEMPO, Component.COLLECTOR}
    for text in _addresses(typed):
        named.update(components_in(text))
    for component, needed in BEHIND.items():
        if component in named:
            named.update(needed)
    return tuple(c for c in Component if c in named)


def _addresses(typed: spec.StackSpec) -> Iterator[str]:
    """Every text of the spec that may name one of the stack's own components."""
    for service in typed.services:
        yield from service.targets or ()
    yield from typed.hosts.targets if typed.hosts else defaults.HOST_TARGETS
    if typed.hosts:
        yield from (*(typed.hosts.processes or ()), *(typed.hosts.containers or ()))
    yield from typed.gpus.targets if typed.gpus else ()
    for database in typed.databases or ():
        yield from database.targets
    yield from (probe.target for probe in typed.probes or ())
    receivers = typed.alerting.receivers if typed.alerting else None
    if receivers is None:
        yield defaults.RECEIVER_URL
    yield from (r.webhook.url for r in receivers or () if r.webhook and r.webhook.url)


def _runbooks(stack: Stack, components: tuple[Component, ...]) -> Alerting:
    """Where runbooks are read: the user's place, else the alert sink's pages, else the files of this project."""
    if stack.alerting.runbook_url:
        return stack.alerting
    if Component.ALERT_SINK in components:
        port = published(Component.ALERT_SINK, stack.ports)
        return replace(stack.alerting, runbook_url=f"http://{stack.public_host}:{port}/runbooks")
    return replace(stack.alerting, runbook_url="docs/runbooks")
