"""What a person may type: the fields of `spec.yaml`, strict, with nothing filled in that was not written.

Only `load.py` uses these models. Defaults and inheritance are `resolve.py`'s; what needs two fields at once is
`references.py`'s or `checks.py`'s. Every description here is printed in the JSON Schema and the spec reference.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network, ip_network
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from generator import units
from generator.addresses import HOST, parse_target, parse_url


def _text(pattern: str, meaning: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"{value[:60]!r} is not allowed; write {meaning}")
        return value

    return AfterValidator(check)


def _parsed(parse: Any, pattern: str, example: str) -> tuple[BeforeValidator, WithJsonSchema]:
    return BeforeValidator(parse), WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


_DURATION_PATTERN = r"^([0-9]+(\.[0-9]+)?(ms|[smhdwy]))+$"
Percent = Annotated[float, *_parsed(units.parse_percent, r"^[0-9]+(\.[0-9]+)? ?%$", "1%")]
Duration = Annotated[float, *_parsed(units.parse_duration, _DURATION_PATTERN, "800ms")]
Delay = Annotated[float, *_parsed(units.parse_delay, _DURATION_PATTERN, "5m")]
Size = Annotated[str, *_parsed(units.parse_size, r"^[0-9]+(B|KB|MB|GB|TB|PB)$", "20GB")]
Port = Annotated[int, Field(ge=1, le=65535)]
Name = Annotated[str, _text(r"[a-z][a-z0-9_-]{0,62}", "lower-case letters, digits, - and _, a letter first, up to 63")]
LabelName = Annotated[str, _text(r"[a-zA-Z_][a-zA-Z0-9_]{0,62}", "letters, digits and _, no digit first")]
LabelValue = Annotated[str, _text(r"[^\x00-\x1f\x7f\u2028\u2029]{1,128}", "1 to 128 characters in one line")]
MetricName = Annotated[
    str, _text(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,199}", "a metric name: letters, digits, _ and :, no digit first")
]
Word = Annotated[str, _text(r"[\w.-]{1,63}", "letters, digits, _, . and -, up to 63")]
RoutePattern = Annotated[str, _text(r"[^\x00-\x1f\x7f\u2028\u2029]{1,200}", "1 to 200 characters in one line")]


def _listen(value: str) -> str:
    octets = value.split(".")
    if len(octets) != 4 or not all(o.isdigit() and len(o) <= 3 and int(o) <= 255 for o in octets):
        raise ValueError(f"{value[:60]!r} is no IPv4 address; write 127.0.0.1, 0.0.0.0 or one of this host's own")
    return value


def _subnet(value: str) -> str:
    try:
        network = ip_network(value)
    except ValueError:
        network = None
    if not isinstance(network, IPv4Network) or not 8 <= network.prefixlen <= 28 or not network.is_private:
        raise ValueError(f"{value[:60]!r} is no private IPv4 network; write one such as 172.30.77.0/24")
    return value


def _timezone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError(f"{value[:60]!r} is no time zone; write one such as Asia/Seoul, Europe/Berlin or UTC")
    return value


Target = Annotated[str, AfterValidator(parse_target)]
HttpUrl = Annotated[str, AfterValidator(parse_url)]
Listen = Annotated[str, AfterValidator(_listen)]
Timezone = Annotated[str, AfterValidator(_timezone)]
FilePath = Annotated[
    str,
    _text(
        r"(?=.{2,255}\Z)(/(?!\.{1,2}(/|\Z))[A-Za-z0-9_.-]+)+",
        "an absolute path such as /run/secrets/slack_url (letters, digits, _ . - /)",
    ),
]
EnvName = Annotated[str, _text(r"[A-Za-z_][A-Za-z0-9_]{0,99}", "the name of an environment variable")]
Image = Annotated[
    str,
    _text(
        r"[a-z0-9]+([._/:-][a-zA-Z0-9_]+)*:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(@sha256:[0-9a-f]{64})?",
        "an image with its tag, such as prom/prometheus:v3.14.0",
    ),
]


class Part(BaseModel):
    """Unknown keys are errors everywhere."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PortsSpec(Part):
    """Ports published on `stack.listen`."""

    grafana: Port | None = None
    prometheus: Port | None = None
    alertmanager: Port | None = None
    node_exporter: Port | None = Field(None, description="native runtime and the host's own network")
    blackbox: Port | None = Field(None, description="native runtime only")
    ml_api: Port | None = Field(None, description="the sample app")
    alert_sink: Port | None = Field(None, description="the page that shows received alerts")


class RetentionSpec(Part):
    metrics: Duration | None = Field(None, description="how long Prometheus keeps samples")
    metrics_size: Size | None = Field(None, description="the most disk that Prometheus' blocks may take")


class ImagesSpec(Part):
    """Only what should differ from the pinned defaults."""

    prometheus: Image | None = None
    alertmanager: Image | None = None
    grafana: Image | None = None
    node_exporter: Image | None = None
    blackbox: Image | None = None


class StackSection(Part):
    name: Name = Field(description="names the Compose project, and a label of everything that leaves the stack")
    environment: Word | None = Field(None, description="the label `env` of every series")
    team: LabelValue | None = Field(None, description="who is responsible where nothing else is written")
    locale: Literal["en", "ko"] | None = Field(None, description="language of dashboards, alerts and runbooks")
    timezone: Timezone | None = Field(None, description="time zone of the dashboards")
    scrape_interval: Duration | None = None
    scrape_timeout: Duration | None = None
    evaluation_interval: Duration | None = Field(None, description="how often rules run; scrape_interval if left out")
    listen: Listen | None = Field(None, description="the host address that published ports bind to")
    public_host: Annotated[str, _text(HOST, "a host name or address")] | None = Field(
        None, description="the host name in links of alerts and dashboards"
    )
    subnet: Annotated[str, AfterValidator(_subnet)] | None = Field(None, description="of the Compose network")
    ports: PortsSpec | None = None
    retention: RetentionSpec | None = None
    images: ImagesSpec | None = None


class LevelsSpec(Part):
    """A warning and a critical limit of one condition."""

    warning: Percent | None = None
    critical: Percent | None = None


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


class ThresholdsSection(HttpThresholds):
    """Limits for the whole stack."""

    cpu: LevelsSpec | None = Field(None, description="HostHighCpu: busy share of all cores")
    memory: LevelsSpec | None = Field(None, description="HostHighMemory: 1 - available / total")
    disk: LevelsSpec | None = Field(None, description="HostDiskFull: used share of a file system")
    swap: Percent | None = Field(None, description="HostSwapping: used share of swap")
    load_per_core: Annotated[float, Field(gt=0)] | None = Field(None, description="HostHighLoad: load5 / cores")
    network_errors: Percent | None = Field(None, description="HostNetworkErrors: errors and drops / packets")
    database_connections: Annotated[int, Field(ge=1)] | None = Field(None, description="DatabaseConnectionsHigh")
    certificate_days: Annotated[int, Field(ge=1)] | None = Field(None, description="CertificateExpiresSoon")


class RouteSpec(Part):
    """Limits of one route of a service, named as the service's own metrics name it."""

    route: RoutePattern
    latency_p95: Duration | None = None
    latency_p95_critical: Duration | None = None
    latency_average: Duration | None = None
    error_ratio: Percent | None = None
    client_error_ratio: Percent | None = None


DiscoveryFile = Annotated[
    str,
    _text(
        r"(?!.*(^|/)\.\.?/)[A-Za-z0-9_][A-Za-z0-9_./*-]{0,200}\.(json|ya?ml)",
        "a .yml or .json path below prometheus/, such as targets/*.yml",
    ),
]
DockerHost = Annotated[
    str, _text(r"(unix:///[A-Za-z0-9_./-]+|tcp://[A-Za-z0-9_.:-]+)", "unix:///path or tcp://host:port")
]


class FileDiscovery(Part):
    files: Annotated[list[DiscoveryFile], Field(min_length=1)]
    refresh_interval: Duration | None = None


class DnsDiscovery(Part):
    names: Annotated[list[Annotated[str, _text(HOST, "a DNS name")]], Field(min_length=1)]
    type: Literal["A", "AAAA", "SRV", "MX", "NS"] | None = None
    port: Port | None = None
    refresh_interval: Duration | None = None


class DockerDiscovery(Part):
    port: Port = Field(description="the container port to scrape")
    label: LabelValue | None = Field(None, description="only containers with this Docker label, as key=value")
    host: DockerHost | None = None
    refresh_interval: Duration | None = None


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
    team: LabelValue | None = None
    labels: dict[LabelName, LabelValue] | None = Field(None, description="more labels of every series")
    scheme: Literal["http", "https"] | None = None
    metrics_path: Annotated[str, _text(r"/[A-Za-z0-9_./~-]{0,200}", "a path such as /metrics")] | None = None
    scrape_interval: Duration | None = None
    scrape_timeout: Duration | None = None
    buckets: list[Duration] | None = Field(None, description="the histogram's bounds, if not the library's default")
    thresholds: HttpThresholds | None = None
    routes: list[RouteSpec] | None = None
    metrics: MetricsMapping | None = Field(None, description="kind custom: which metric is which")
    for_: dict[str, Delay] | None = Field(None, alias="for", description="how long a condition must hold, by alert")


class HostsSection(Part):
    targets: Annotated[list[Target], Field(min_length=1)] = Field(description="node_exporter addresses")
    team: LabelValue | None = None
    labels: dict[LabelName, LabelValue] | None = None


class DatabaseThresholds(Part):
    database_connections: Annotated[int, Field(ge=1)] | None = None


class DatabaseSpec(Part):
    name: Name = Field(description="the label `database` of every series")
    kind: Literal["postgres", "redis"]
    targets: Annotated[list[Target], Field(min_length=1)] = Field(description="the exporter's addresses")
    team: LabelValue | None = None
    thresholds: DatabaseThresholds | None = None


_PROBE_TARGET = r"[^\x00-\x20\x7f]{1,300}"  # what each kind wants beyond that, `references.py` says


class ProbeSpec(Part):
    name: Name = Field(description="the label `probe` of every series")
    kind: Literal["http", "tcp", "icmp"]
    target: Annotated[str, _text(_PROBE_TARGET, "a URL for http, host:port for tcp, a host for icmp")]
    team: LabelValue | None = None


class SlackReceiver(Part):
    webhook_url_file: FilePath | None = None
    webhook_url_env: EnvName | None = None
    channel: Annotated[str, _text(r"[#@]?[^\s\x00-\x1f{}$]{1,80}", "a channel such as #oncall")] | None = None


_EMAIL = _text(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,253}", "an address such as ops@example.com")


class EmailReceiver(Part):
    to: Annotated[str, _EMAIL]
    from_: Annotated[str, _EMAIL] = Field(alias="from")
    smarthost: Target
    auth_username: Annotated[str, _text(r"[^\s\x00-\x1f{}$]{1,200}", "the SMTP user")] | None = None
    auth_password_file: FilePath | None = None
    auth_password_env: EnvName | None = None
    require_tls: bool | None = None


class PagerDutyReceiver(Part):
    routing_key_file: FilePath | None = None
    routing_key_env: EnvName | None = None


class TelegramReceiver(Part):
    bot_token_file: FilePath | None = None
    bot_token_env: EnvName | None = None
    chat_id: int


class WebhookReceiver(Part):
    url: HttpUrl | None = None
    url_file: FilePath | None = None
    url_env: EnvName | None = None


class ReceiverSpec(Part):
    """Where alerts go: at least one of slack, email, pagerduty, telegram, webhook."""

    name: Name
    slack: SlackReceiver | None = None
    email: EmailReceiver | None = None
    pagerduty: PagerDutyReceiver | None = None
    telegram: TelegramReceiver | None = None
    webhook: WebhookReceiver | None = None


class AlertRouteSpec(Part):
    """Alerts whose labels all equal `match` go to `receiver`."""

    match: Annotated[dict[LabelName, LabelValue], Field(min_length=1)]
    receiver: str
    group_wait: Delay | None = None
    repeat_interval: Duration | None = None
    continue_: bool | None = Field(None, alias="continue")


class UserRule(Part):
    """One rule in Prometheus' own format."""

    alert: Annotated[str, _text(r"\w[\w .:-]{0,99}", "a name such as CheckoutSlow")] | None = None
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
    databases: list[DatabaseSpec] | None = None
    probes: list[ProbeSpec] | None = None
    alerting: AlertingSection | None = None
