"""What a person may type: the fields of `spec.yaml`, strict, with nothing filled in that was not written.

Only `load.py` uses these models. Defaults and inheritance are `resolve.py`'s; what needs two fields at once is
`references.py`'s or `checks.py`'s. Every description here is printed in the JSON Schema and the spec reference.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from generator.addresses import HOST
from generator.fields import (
    Bound,
    Delay,
    DiscoveryFile,
    DockerHost,
    Duration,
    Factor,
    HttpUrl,
    Image,
    LabelName,
    LabelValue,
    Listen,
    MetricName,
    Name,
    Objective,
    Part,
    Percent,
    Period,
    Port,
    RoutePattern,
    Size,
    Subnet,
    Target,
    Team,
    Timezone,
    Word,
    text,
)
from generator.spec_models import InferenceSpec, LlmSpec
from generator.spec_receivers import AlertRouteSpec, ReceiverSpec, TimeSpec
from generator.spec_telemetry import ExporterSpec, LogsSection, LogThresholds, TracesSection


class PortsSpec(Part):
    """Ports published on `stack.listen`."""

    grafana: Port | None = None
    prometheus: Port | None = None
    alertmanager: Port | None = None
    node_exporter: Port | None = Field(None, description="native runtime and the host's own network")
    blackbox: Port | None = Field(None, description="native runtime only")
    ml_api: Port | None = Field(None, description="the sample app")
    alert_sink: Port | None = Field(None, description="the page that shows received alerts")
    shop: Port | None = Field(None, description="the sample marketplace")
    postgres: Port | None = Field(None, description="the sample's database, on 127.0.0.1 alone")
    valkey: Port | None = Field(None, description="the sample's cache, on 127.0.0.1 alone")
    postgres_exporter: Port | None = Field(None, description="native runtime only")
    redis_exporter: Port | None = Field(None, description="native runtime only")
    gpu_exporter: Port | None = Field(None, description="of kind nvml or simulated")
    dcgm_exporter: Port | None = Field(None, description="native runtime only")
    process_exporter: Port | None = Field(None, description="native runtime only")
    cadvisor: Port | None = Field(None, description="native runtime only")
    loki: Port | None = None
    loki_grpc: Port | None = Field(None, description="native runtime only")
    tempo: Port | None = None
    tempo_grpc: Port | None = Field(None, description="native runtime only")
    tempo_otlp: Port | None = Field(None, description="native runtime only: where the collector hands traces over")
    otel_collector: Port | None = Field(None, description="where the collector says whether it is healthy")
    otlp_grpc: Port | None = Field(None, description="where services send traces and logs, OTLP over gRPC")
    otlp_http: Port | None = Field(None, description="where services send traces and logs, OTLP over HTTP")
    collector_metrics: Port | None = Field(None, description="native runtime only")
    span_metrics: Port | None = Field(None, description="native runtime only")
    fluent_forward: Port | None = Field(None, description="where the Docker engine hands over containers' lines")


class RetentionSpec(Part):
    metrics: Duration | None = Field(None, description="how long Prometheus keeps samples")
    metrics_size: Size | None = Field(None, description="the most disk that Prometheus' blocks may take")
    logs: Duration | None = Field(None, description="how long Loki keeps lines, at least 24h")
    traces: Duration | None = Field(None, description="how long Tempo keeps traces")


class ImagesSpec(Part):
    """Only what should differ from the pinned defaults."""

    prometheus: Image | None = None
    alertmanager: Image | None = None
    grafana: Image | None = None
    node_exporter: Image | None = None
    blackbox: Image | None = None
    postgres: Image | None = None
    valkey: Image | None = None
    postgres_exporter: Image | None = None
    redis_exporter: Image | None = None
    dcgm_exporter: Image | None = None
    process_exporter: Image | None = None
    cadvisor: Image | None = None
    loki: Image | None = None
    tempo: Image | None = None
    otel_collector: Image | None = None


class StackSection(Part):
    name: Name = Field(description="names the Compose project, and a label of everything that leaves the stack")
    environment: Word | None = Field(None, description="the label `env` of every series")
    team: LabelValue | None = Field(None, description="who is responsible where nothing else is written")
    locale: Literal["en", "ko"] | None = Field(None, description="language of dashboards, alerts and runbooks")
    timezone: Timezone | None = Field(None, description="of dashboards, notifications and `alerting.times`")
    scrape_interval: Duration | None = Field(None, description="how often targets are asked")
    scrape_timeout: Duration | None = Field(None, description="how long a target may take to answer")
    evaluation_interval: Duration | None = Field(None, description="how often rules run; scrape_interval if left out")
    listen: Listen | None = Field(None, description="the host address that published ports bind to")
    public_host: Annotated[str, text(HOST, "a host name or address")] | None = Field(
        None, description="the host name in links of alerts and dashboards"
    )
    subnet: Subnet | None = Field(None, description="of the Compose network")
    ports: PortsSpec | None = Field(None, description="published on `listen`")
    retention: RetentionSpec | None = Field(None, description="whichever comes first")
    images: ImagesSpec | None = Field(None, description="only what should differ from the pinned defaults")


class LevelsSpec(Part):
    """A warning and a critical limit of one condition."""

    warning: Percent | None = Field(None, description="the alert is a warning above it")
    critical: Percent | None = Field(None, description="the alert is critical above it, which silences the warning")


Degrees = Annotated[float, Field(gt=0, le=150)]


class DegreesSpec(Part):
    """A warning and a critical temperature in degrees Celsius."""

    warning: Degrees | None = Field(None, description="the alert is a warning above it")
    critical: Degrees | None = Field(None, description="the alert is critical above it, which silences the warning")


class HttpThresholds(Part):
    """Limits of a service. At `services[].thresholds` they override those of the stack."""

    error_ratio: Percent | None = Field(None, description="HighErrorRate: 5xx / all requests")
    client_error_ratio: Percent | None = Field(None, description="HighClientErrorRate: 4xx / all requests")
    latency_p95: Duration | None = Field(None, description="HighLatencyP95")
    latency_p95_critical: Duration | None = Field(None, description="HighLatencyP95Critical")
    latency_average: Duration | None = Field(None, description="HighLatencyAverage")
    consecutive_errors: Annotated[int, Field(ge=1)] | None = Field(None, description="5xx within 5 minutes")
    min_requests: Annotated[int, Field(ge=0)] | None = Field(None, description="with fewer, ratios mean nothing")
    min_errors: Annotated[int, Field(ge=0)] | None = Field(None, description="with fewer, ratios mean nothing")
    up_changes: Annotated[int, Field(ge=1)] | None = Field(
        None, description="TargetFlapping: changes of `up` within 15 minutes"
    )
    samples_per_scrape: Annotated[int, Field(ge=1)] | None = Field(
        None, description="CardinalityExplosion: samples that a target gives at a scrape"
    )
    samples_growth: Annotated[float, Field(gt=1)] | None = Field(
        None, description="CardinalityExplosion: times as many as a day before"
    )
    capacity_share: Percent | None = Field(None, description="ThroughputNearCapacity: share of `capacity`")
    traffic_factor: Factor | None = Field(
        None, description="TrafficSurge, TrafficDrop: so many times above or below the usual of this hour"
    )
    traffic_minimum: Annotated[float, Field(ge=0, le=1e9)] | None = Field(
        None, description="TrafficSurge, TrafficDrop: and at least so many requests/s away from it"
    )
    latency_factor: Factor | None = Field(None, description="LatencyAnomaly: p95 / its own mean of the last hour")
    latency_floor: Duration | None = Field(None, description="LatencyAnomaly: a p95 below it never fires")


class DatabaseThresholds(Part):
    """Limits of a database. At `databases[].thresholds` they override those of the stack."""

    database_connections: Annotated[int, Field(ge=1)] | None = Field(None, description="DatabaseConnectionsHigh")
    statement_time: Duration | None = Field(None, description="DatabaseSlowQueries: mean of pg_stat_statements")
    rollback_ratio: Percent | None = Field(None, description="DatabaseRollbackRatioHigh: rollbacks / transactions")
    redis_hit_ratio: Percent | None = Field(None, description="RedisHitRatioLow: hits / lookups")
    redis_memory: Percent | None = Field(None, description="RedisMemoryHigh: used / maxmemory")
    min_statements: Annotated[int, Field(ge=0)] | None = Field(None, description="with fewer, a mean says nothing")
    min_transactions: Annotated[int, Field(ge=0)] | None = Field(None, description="with fewer, ratios mean nothing")
    min_lookups: Annotated[int, Field(ge=0)] | None = Field(None, description="with fewer, ratios mean nothing")


class ThresholdsSection(DatabaseThresholds, HttpThresholds, LogThresholds):
    """Limits for the whole stack."""

    cpu: LevelsSpec | None = Field(None, description="HostHighCpu: busy share of all cores")
    memory: LevelsSpec | None = Field(None, description="HostHighMemory: 1 - available / total")
    disk: LevelsSpec | None = Field(None, description="HostDiskFull: used share of a file system")
    swap: Percent | None = Field(None, description="HostSwapping: used share of swap")
    load_per_core: Annotated[float, Field(gt=0)] | None = Field(None, description="HostHighLoad: load5 / cores")
    network_errors: Percent | None = Field(None, description="HostNetworkErrors: errors and drops / packets")
    disk_fills_within: Duration | None = Field(None, description="HostDiskFillsSoon: full so soon by the trend of 6h")
    disk_fills_above: Percent | None = Field(None, description="HostDiskFillsSoon: and more than this used already")
    gpu: LevelsSpec | None = Field(None, description="GpuHighUtilization: share of time that a card computes")
    gpu_memory: LevelsSpec | None = Field(None, description="GpuHighMemory: used share of a card's frame buffer")
    gpu_temperature: DegreesSpec | None = Field(None, description="GpuHot: degrees Celsius, such as 80")
    certificate_days: Annotated[int, Field(ge=1)] | None = Field(None, description="CertificateExpiresSoon")
    metrics_storage: Percent | None = Field(
        None, description="MetricsStorageNearLimit: used share of `stack.retention.metrics_size`"
    )


class RouteSpec(Part):
    """Limits of one route of a service, named as the service's own metrics name it."""

    route: RoutePattern = Field(description="as the label `route` has it, such as /items/{id}")
    latency_p95: Duration | None = None
    latency_p95_critical: Duration | None = None
    latency_average: Duration | None = None
    error_ratio: Percent | None = None
    client_error_ratio: Percent | None = None


class FileDiscovery(Part):
    files: Annotated[list[DiscoveryFile], Field(min_length=1)] = Field(
        description="below prometheus/; * stands for any"
    )
    refresh_interval: Duration | None = Field(None, description="how often they are looked up anew")


class DnsDiscovery(Part):
    names: Annotated[list[Annotated[str, text(HOST, "a DNS name")]], Field(min_length=1)] = Field(
        description="names to look up"
    )
    type: Literal["A", "AAAA", "SRV", "MX", "NS"] | None = Field(None, description="of the record; SRV if left out")
    port: Port | None = Field(None, description="to scrape; not for SRV, which tells it")
    refresh_interval: Duration | None = Field(None, description="how often they are looked up anew")


class DockerDiscovery(Part):
    port: Port = Field(description="the container port to scrape")
    label: LabelValue | None = Field(None, description="only containers with this Docker label, as key=value")
    host: DockerHost | None = Field(None, description="the engine's address")
    refresh_interval: Duration | None = Field(None, description="how often they are looked up anew")


class CounterMapping(Part):
    """Which metric counts requests, and which of its labels is which."""

    name: MetricName
    route: LabelName | None = None
    method: LabelName | None = None
    status: LabelName | None = None


class HistogramMapping(Part):
    """Which histogram holds durations, without `_bucket`, and which of its labels is which."""

    name: MetricName
    route: LabelName | None = None
    method: LabelName | None = None
    unit: Literal["seconds", "milliseconds"] | None = None


class MetricsMapping(Part):
    requests: CounterMapping
    duration: HistogramMapping | None = None


class LatencyObjective(Part):
    objective: Objective = Field(description="the share of requests that must be fast enough")
    below: Duration = Field(description="fast enough; counted exactly where it is a bucket bound")


class SloSpec(Part):
    """What a service promises: a share of requests that succeed, or that are fast, over a sliding window."""

    availability: Objective | None = Field(None, description="the share of requests that must not end with a 5xx")
    latency: LatencyObjective | None = None
    window: Period | None = Field(None, description="over which the error budget is spent, in days")

    @model_validator(mode="after")
    def _something(self) -> SloSpec:
        if self.availability is None and self.latency is None:
            raise ValueError("an SLO needs an objective; write `availability`, `latency` or both")
        return self


KINDS = ("custom", "django", "fastapi", "flask", "opentelemetry", "starlette", "triton", "vllm")
Kind = Literal["custom", "django", "fastapi", "flask", "opentelemetry", "starlette", "triton", "vllm"]


class ServiceSpec(Part):
    name: Name = Field(description="the job and the label `service` of every series")
    kind: Kind = Field(description="the metric profile: which library names the metrics")
    targets: list[Target] | None = Field(None, description="addresses to scrape, host:port")
    file_sd: FileDiscovery | None = Field(None, description="targets from files below prometheus/")
    dns: DnsDiscovery | None = Field(None, description="targets from DNS")
    docker: DockerDiscovery | None = Field(None, description="targets from a Docker engine")
    push: bool | None = Field(None, description="the service pushes OTLP metrics to Prometheus; opentelemetry only")
    team: Team = None
    labels: dict[LabelName, LabelValue] | None = Field(None, description="more labels of every series")
    scheme: Literal["http", "https"] | None = Field(None, description="http if left out")
    metrics_path: Annotated[str, text(r"/[A-Za-z0-9_./~-]{0,200}", "a path such as /metrics")] | None = Field(
        None, description="where metrics are served, if not where the library serves them"
    )
    scrape_interval: Duration | None = Field(None, description="if not the stack's")
    scrape_timeout: Duration | None = Field(None, description="if not the stack's")
    buckets: list[Bound] | None = Field(None, description="the histogram's bounds, if not the library's default")
    thresholds: HttpThresholds | None = Field(None, description="limits that differ from the stack's")
    routes: list[RouteSpec] | None = Field(None, description="limits of single routes")
    capacity: Annotated[float, Field(gt=0, le=1e9)] | None = Field(
        None, description="requests/s that the service is built for: ThroughputNearCapacity"
    )
    slo: SloSpec | None = Field(None, description="what the service promises; its error budget has alerts of its own")
    metrics: MetricsMapping | None = Field(None, description="kind custom: which metric is which")
    inference: InferenceSpec | None = Field(None, description="the service runs models; their limits")
    llm: LlmSpec | None = Field(None, description="the service calls language models; their limits")
    for_: dict[str, Delay] | None = Field(None, alias="for", description="how long a condition must hold, by alert")


class HostsSection(Part):
    targets: Annotated[list[Target], Field(min_length=1)] = Field(description="node_exporter addresses")
    processes: list[Target] | None = Field(None, description="process-exporter addresses: CPU and memory by process")
    containers: list[Target] | None = Field(None, description="cAdvisor addresses: CPU and memory by container")
    team: Team = None
    labels: dict[LabelName, LabelValue] | None = Field(None, description="more labels of every series")


class GpusSection(Part):
    exporter: Literal["dcgm", "nvml", "simulated"] | None = Field(
        None, description="dcgm is NVIDIA's; nvml needs no data-center driver; simulated needs no GPU"
    )
    targets: Annotated[list[Target], Field(min_length=1)] = Field(description="the exporter's addresses")
    team: Team = None
    labels: dict[LabelName, LabelValue] | None = Field(None, description="more labels of every series")


class DatabaseSpec(Part):
    name: Name = Field(description="the label `database` of every series")
    kind: Literal["postgres", "redis"] = Field(description="of the exporter")
    targets: Annotated[list[Target], Field(min_length=1)] = Field(description="the exporter's addresses")
    team: Team = None
    thresholds: DatabaseThresholds | None = Field(None, description="limits that differ from the stack's")


_PROBE_TARGET = r"[^\x00-\x20\x7f]{1,300}"  # what each kind wants beyond that, `references.py` says


class ProbeSpec(Part):
    name: Name = Field(description="the label `probe` of every series")
    kind: Literal["http", "tcp", "icmp"] = Field(description="how it is asked")
    target: Annotated[str, text(_PROBE_TARGET, "a URL for http, host:port for tcp, a host for icmp")] = Field(
        description="a URL for http, host:port for tcp, a host for icmp"
    )
    team: Team = None


class UserRule(Part):
    """One rule in Prometheus' own format."""

    alert: Annotated[str, text(r"\w[\w .:-]{0,99}", "a name such as CheckoutSlow")] | None = None
    record: MetricName | None = None
    expr: Annotated[str, Field(min_length=1, max_length=10_000)]
    for_: Delay | None = Field(None, alias="for")
    keep_firing_for: Delay | None = None
    labels: dict[LabelName, str] | None = None
    annotations: dict[LabelName, str] | None = None

    @model_validator(mode="after")
    def _one_name(self) -> UserRule:
        if (self.alert is None) == (self.record is None):
            raise ValueError("a rule has either `alert` or `record`; write one of them")
        return self


class AlertingSection(Part):
    receivers: Annotated[list[ReceiverSpec], Field(min_length=1)] | None = None
    default: str | None = Field(None, description="the receiver of whatever no route matches; the first if left out")
    routes: list[AlertRouteSpec] | None = None
    times: list[TimeSpec] | None = Field(None, description="parts of the week in `stack.timezone`, for routes")
    group_wait: Delay | None = None
    group_interval: Duration | None = None
    repeat_interval: Duration | None = None
    runbook_url: HttpUrl | None = Field(None, description="where runbooks are served; the alert's name is appended")
    for_: dict[str, Delay] | None = Field(None, alias="for", description="how long a condition must hold, by alert")
    disable: list[str] | None = Field(None, description="alerts that should not exist")
    rules: list[UserRule] | None = Field(None, description="the user's own rules, in Prometheus' format")


class StackSpec(Part):
    """One self-hosted monitoring stack."""

    version: Literal[1] = Field(description="the version of this format")
    stack: StackSection
    thresholds: ThresholdsSection | None = None
    services: Annotated[list[ServiceSpec], Field(min_length=1)]
    hosts: HostsSection | None = None
    gpus: GpusSection | None = None
    databases: list[DatabaseSpec] | None = None
    probes: list[ProbeSpec] | None = None
    alerting: AlertingSection | None = None
    logs: LogsSection | None = Field(None, description="Loki and the collector; `off` leaves them out")
    traces: TracesSection | None = Field(None, description="Tempo and the collector; `off` leaves them out")
    exporters: list[ExporterSpec] | None = None
