"""What is true: the stack with every default filled in. Frozen, slotted, tuples only; nothing here reads or writes.

Durations are seconds, ratios 0 to 1, sizes as Prometheus writes them. `key` fields name the place in the spec that a
part came from, so that a later complaint can point there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from generator.model_alerting import AlertRoute, Exporter, Receiver, Secret, TimeInterval, every_secret
from generator.profiles.base import Profile


class Locale(StrEnum):
    EN = "en"
    KO = "ko"


class Severity(StrEnum):
    """The label `severity` of alerts."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Limit:
    """A number that an alert compares with, and where it came from: a spec key, or the requirement behind a default."""

    value: float
    origin: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one service (or the stack's, which every service inherits). Field names are the spec's."""

    error_ratio: Limit
    client_error_ratio: Limit
    latency_p95: Limit
    latency_p95_critical: Limit
    latency_average: Limit
    consecutive_errors: Limit
    min_requests: Limit
    min_errors: Limit
    up_changes: Limit
    samples_per_scrape: Limit
    samples_growth: Limit
    capacity_share: Limit
    traffic_factor: Limit
    traffic_minimum: Limit
    latency_factor: Limit
    latency_floor: Limit


@dataclass(frozen=True, slots=True)
class Route:
    """A route with limits of its own; only what was written. `limits` holds (quantity, limit) pairs, sorted."""

    route: str
    limits: tuple[tuple[str, Limit], ...]
    key: str


@dataclass(frozen=True, slots=True)
class Objective:
    """One promise of an SLO: the share of good requests; for latency also the seconds that are fast enough."""

    kind: Literal["availability", "latency"]
    share: Limit
    below: float

    @property
    def budget(self) -> float:
        """The share of requests that may be bad."""
        return round(1 - self.share.value, 9)


@dataclass(frozen=True, slots=True)
class Slo:
    """What a service promises over a sliding window of so many seconds."""

    objectives: tuple[Objective, ...]
    window: float
    key: str


@dataclass(frozen=True, slots=True)
class FileSd:
    files: tuple[str, ...]
    refresh_interval: float


@dataclass(frozen=True, slots=True)
class DnsSd:
    names: tuple[str, ...]
    type: str
    port: int | None
    refresh_interval: float


@dataclass(frozen=True, slots=True)
class DockerSd:
    port: int
    label: str | None
    host: str
    refresh_interval: float


Discovery = FileSd | DnsSd | DockerSd


@dataclass(frozen=True, slots=True)
class Service:
    """One service. `targets` are addresses as Prometheus reaches them on this stack's target; `model_limits` holds
    (quantity, limit) pairs such as ("llm.error_ratio", …), `model_bounds` the bounds of the histograms behind them."""

    name: str
    profile: Profile
    targets: tuple[str, ...]
    discovery: tuple[Discovery, ...]
    push: bool
    team: str
    labels: tuple[tuple[str, str], ...]
    scheme: str
    metrics_path: str
    scrape_interval: float | None
    scrape_timeout: float | None
    limits: Limits
    routes: tuple[Route, ...]
    bounds: tuple[float, ...]
    route_bounds: tuple[float, ...]
    hold: tuple[tuple[str, float], ...]
    capacity: Limit | None
    slo: Slo | None
    model_limits: tuple[tuple[str, Limit], ...]
    model_bounds: tuple[tuple[str, tuple[float, ...]], ...]
    key: str


@dataclass(frozen=True, slots=True)
class Levels:
    warning: Limit
    critical: Limit


@dataclass(frozen=True, slots=True)
class HostLimits:
    cpu: Levels
    memory: Levels
    disk: Levels
    swap: Limit
    load_per_core: Limit
    network_errors: Limit
    disk_fills_within: Limit
    disk_fills_above: Limit


@dataclass(frozen=True, slots=True)
class GpuLimits:
    gpu: Levels
    gpu_memory: Levels
    gpu_temperature: Levels


@dataclass(frozen=True, slots=True)
class Hosts:
    """`targets` are node_exporter's; `processes` and `containers` those of the exporters of what runs on the hosts."""

    targets: tuple[str, ...]
    processes: tuple[str, ...]
    containers: tuple[str, ...]
    team: str
    labels: tuple[tuple[str, str], ...]
    limits: HostLimits
    key: str


@dataclass(frozen=True, slots=True)
class Gpus:
    """The GPUs that one kind of exporter shows; without targets there are none."""

    exporter: Literal["dcgm", "nvml", "simulated"]
    targets: tuple[str, ...]
    team: str
    labels: tuple[tuple[str, str], ...]
    limits: GpuLimits
    key: str


@dataclass(frozen=True, slots=True)
class Database:
    """A server behind an exporter. `limits` holds a (quantity, limit) pair for each quantity of its kind, sorted."""

    name: str
    kind: Literal["postgres", "redis"]
    targets: tuple[str, ...]
    team: str
    connections: Limit | None
    limits: tuple[tuple[str, Limit], ...]
    key: str


@dataclass(frozen=True, slots=True)
class Probe:
    name: str
    kind: Literal["http", "tcp", "icmp"]
    target: str
    team: str
    key: str


@dataclass(frozen=True, slots=True)
class OwnRule:
    """A rule that the user wrote, in Prometheus' format, as (key, value) pairs."""

    kind: Literal["alert", "record"]
    name: str
    expr: str
    hold: float | None
    keep_firing_for: float | None
    labels: tuple[tuple[str, str], ...]
    annotations: tuple[tuple[str, str], ...]
    key: str


@dataclass(frozen=True, slots=True)
class Alerting:
    receivers: tuple[Receiver, ...]
    default: str
    routes: tuple[AlertRoute, ...]
    times: tuple[TimeInterval, ...]
    group_wait: float
    group_interval: float
    repeat_interval: float
    runbook_url: str
    hold: tuple[tuple[str, float], ...]
    disable: tuple[str, ...]
    rules: tuple[OwnRule, ...]


@dataclass(frozen=True, slots=True)
class Ports:
    grafana: int
    prometheus: int
    alertmanager: int
    node_exporter: int
    blackbox: int
    ml_api: int
    alert_sink: int
    shop: int
    postgres: int
    valkey: int
    postgres_exporter: int
    redis_exporter: int
    gpu_exporter: int
    dcgm_exporter: int
    process_exporter: int
    cadvisor: int
    loki: int
    loki_grpc: int
    tempo: int
    tempo_grpc: int
    tempo_otlp: int
    otel_collector: int
    otlp_grpc: int
    otlp_http: int
    collector_metrics: int
    span_metrics: int
    fluent_forward: int


@dataclass(frozen=True, slots=True)
class Retention:
    metrics: float
    metrics_size: str
    logs: float
    traces: float


@dataclass(frozen=True, slots=True)
class Logs:
    """level: the least that the stack's own services write. redact: names of fields whose values never leave.
    repeated_exceptions: so many of one kind within 5 minutes are an alarm."""

    level: Literal["debug", "info", "warning", "error"]
    redact: tuple[str, ...]
    repeated_exceptions: Limit
    key: str


@dataclass(frozen=True, slots=True)
class Traces:
    """Which traces are kept: shares 0 to 1 of those with an error and of the others, and all that took longer than
    so many seconds."""

    errors: float
    slower_than: float
    others: float
    key: str


@dataclass(frozen=True, slots=True)
class Images:
    prometheus: str
    alertmanager: str
    grafana: str
    node_exporter: str
    blackbox: str
    postgres: str
    valkey: str
    postgres_exporter: str
    redis_exporter: str
    dcgm_exporter: str
    process_exporter: str
    cadvisor: str
    loki: str
    tempo: str
    otel_collector: str


class Component(StrEnum):
    """A server that the stack itself can run; its value is its host name in the spec and in Compose."""

    PROMETHEUS = "prometheus"
    ALERTMANAGER = "alertmanager"
    GRAFANA = "grafana"
    NODE_EXPORTER = "node-exporter"
    BLACKBOX = "blackbox-exporter"
    POSTGRES = "postgres"
    VALKEY = "valkey"
    POSTGRES_EXPORTER = "postgres-exporter"
    REDIS_EXPORTER = "redis-exporter"
    PROCESS_EXPORTER = "process-exporter"
    CADVISOR = "cadvisor"
    GPU_EXPORTER = "gpu-exporter"
    DCGM_EXPORTER = "dcgm-exporter"
    LOKI = "loki"
    TEMPO = "tempo"
    COLLECTOR = "otel-collector"
    ML_API = "ml-api"
    SHOP = "shop"
    ALERT_SINK = "alert-sink"


@dataclass(frozen=True, slots=True)
class Stack:
    """Everything that the builders read. Sorted, so that the order in the spec cannot change the output."""

    name: str
    environment: str
    team: str
    locale: Locale
    timezone: str
    scrape_interval: float
    scrape_timeout: float
    evaluation_interval: float
    listen: str
    public_host: str
    subnet: str
    ports: Ports
    retention: Retention
    images: Images
    limits: Limits
    certificate_days: Limit
    metrics_storage: Limit
    database_connections: Limit
    services: tuple[Service, ...]
    hosts: Hosts
    gpus: Gpus
    databases: tuple[Database, ...]
    probes: tuple[Probe, ...]
    alerting: Alerting
    logs: Logs | None
    traces: Traces | None
    exporters: tuple[Exporter, ...]
    target: Literal["compose", "native"]
    components: tuple[Component, ...]

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """The profiles in use, once each, by name."""
        return tuple(sorted({s.profile for s in self.services}, key=lambda p: p.name))

    def secrets(self) -> tuple[Secret, ...]:
        """Every secret that a receiver or an exporter names, once each, by name."""
        return every_secret(self.alerting.receivers, self.exporters)
