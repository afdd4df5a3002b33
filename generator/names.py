"""Every outward name: metrics of the vocabulary, labels, jobs, groups, uids, paths. A name is written here only."""

from __future__ import annotations

# Labels
SERVICE, ROUTE, METHOD, CODE = "service", "route", "method", "code"
KIND, TEAM, ENV, SEVERITY = "kind", "team", "env", "severity"
INSTANCE, JOB, DATABASE, PROBE, HOST, MOUNTPOINT, DEVICE, GPU = (
    "instance",
    "job",
    "database",
    "probe",
    "host",
    "mountpoint",
    "device",
    "gpu",
)
RESERVED_LABELS = frozenset(
    {SERVICE, ROUTE, METHOD, CODE, KIND, TEAM, ENV, SEVERITY, INSTANCE, JOB, DATABASE, PROBE, HOST, "le", "quantile"}
    | {"alertname", "alertstate"}
)

# Jobs
JOB_NODE, JOB_BLACKBOX, JOB_PROBE = "node", "blackbox", "probe"
JOB_GPU, JOB_PROCESS, JOB_CONTAINER = "gpu", "process", "container"
JOB_PROMETHEUS, JOB_ALERTMANAGER, JOB_GRAFANA = "prometheus", "alertmanager", "grafana"
JOB_LOKI, JOB_TEMPO, JOB_COLLECTOR = "loki", "tempo", "collector"
RESERVED_JOBS = frozenset(
    {JOB_NODE, JOB_BLACKBOX, JOB_PROBE, JOB_GPU, JOB_PROCESS, JOB_CONTAINER}
    | {JOB_PROMETHEUS, JOB_ALERTMANAGER, JOB_GRAFANA, JOB_LOKI, JOB_TEMPO, JOB_COLLECTOR}
)


def database_job(name: str) -> str:
    """The scrape job of a database's exporter."""
    return f"database/{name}"


# The common vocabulary of services
SERVICE_INFO = "service:info"
SERVICE_ABSENT = "service:targets:absent"
REQUESTS_DETAIL = "service_route_method_code:http_requests:rate5m"
REQUESTS = "service:http_requests:rate5m"
REQUESTS_ROUTE = "service_route:http_requests:rate5m"
REQUESTS_1H = "service:http_requests:increase1h"
ERRORS = "service:http_errors:rate5m"
ERRORS_ROUTE = "service_route:http_errors:rate5m"
ERRORS_1H = "service:http_errors:increase1h"
ERROR_RATIO = "service:http_errors:ratio_rate5m"
ERROR_RATIO_ROUTE = "service_route:http_errors:ratio_rate5m"
ERROR_RATIO_1H = "service:http_errors:ratio_rate1h"
CLIENT_ERRORS = "service:http_client_errors:rate5m"
CLIENT_ERRORS_ROUTE = "service_route:http_client_errors:rate5m"
CLIENT_ERROR_RATIO = "service:http_client_errors:ratio_rate5m"
CLIENT_ERROR_RATIO_ROUTE = "service_route:http_client_errors:ratio_rate5m"
TARGETS = "service:targets:count"
TARGETS_UP = "service:targets_up:count"
TARGETS_GROWN = "service:targets:grown2h"
REQUESTS_MEAN = "service:http_requests:rate1h"
REQUESTS_AGO = "service_ago:http_requests:rate1h"
REQUESTS_AGO_GROWN = "service_ago:http_requests_by_growth:rate1h"
REQUESTS_USUAL_LOW = "service:http_requests:usual_low"
REQUESTS_USUAL_HIGH = "service:http_requests:usual_high"
REQUESTS_BAND_LOW = "service:http_requests:band_low"
REQUESTS_BAND_HIGH = "service:http_requests:band_high"
LATENCY_USUAL = "service:http_latency_seconds:p95_mean1h"
LATENCY_BAND_HIGH = "service:http_latency_seconds:p95_band_high"
CAPACITY_USED = "service:capacity_used:ratio"
LATENCY_BUCKETS = "service_le:http_latency_seconds_bucket:rate5m"
LATENCY_BUCKETS_ROUTE = "service_route_le:http_latency_seconds_bucket:rate5m"


# Targets of every kind, and the stack itself
TARGET_CHANGES = "instance:up_changes:count15m"
TARGET_CHANGES_LIMIT = "instance:up_changes:limit"
SAMPLES = "instance:samples_per_scrape:count"
SAMPLES_DAY_AGO = "instance:samples_per_scrape:max1h_day_ago"
SAMPLES_GROWTH_LIMIT = "instance:samples_growth:limit"
SAMPLES_SIZE_LIMIT = "instance:samples_size:limit"
SAMPLES_LIMIT = "instance:samples_per_scrape:limit"
RULE_FAILURES = "instance_rule_group:rule_failures:increase3m"
RULES_MISSED = "instance_rule_group:rule_iterations_missed:increase3m"
ALERTS_UNSENT = "instance:alerts_unsent:increase3m"
NOTIFICATIONS_FAILED = "instance_integration:notifications_failed:increase"
CONFIG_RELOADED = "instance:config_reload:success"
STORAGE_USED = "instance:metrics_storage_used:ratio"
STORAGE_AGE = "instance:metrics_storage_age:ratio"
LOGS_NOT_INGESTED = "instance_reason:logs_not_ingested:increase5m"
SPANS_NOT_INGESTED = "instance_reason:spans_not_ingested:increase5m"
TELEMETRY_REFUSED = "instance_reason:telemetry_refused:increase5m"
# Service level objectives: labels service and slo (availability or latency)
SLO, WINDOW = "slo", "window"
SLO_OBJECTIVE = "service:slo_objective:ratio"
SLO_BUDGET = "service:slo_errors:limit"
SLO_EVENTS = "service:slo_events:rate5m"
SLO_ERRORS = "service:slo_errors:rate5m"
SLO_EVENTS_COUNT = "service:slo_events:count5m"
SLO_ERRORS_COUNT = "service:slo_errors:count5m"
SLO_REMAINING = "service:slo_error_budget:remaining_ratio"
SLO_EXHAUSTION = "service:slo_error_budget:exhaustion_seconds"


def slo_errors(window: str) -> str:
    """The share of bad requests over a window, as Prometheus writes its length."""
    return f"service:slo_errors:ratio_rate{window}"


def slo_seen(window: str) -> str:
    """The share of a window in which anything was measured."""
    return f"service:slo_seen:ratio{window}"


def control_group(stack: str, component: str) -> str:
    """The control group of a container; both of Docker's cgroup drivers take the name of a slice."""
    return f"{stack}-{component}.slice"


def latency(statistic: str, *, by_route: bool = False) -> str:
    """`p50`, `p95`, `p99` or `mean` of the request duration in seconds, per service or per service and route."""
    level = "service_route" if by_route else "service"
    return f"{level}:http_latency_seconds:{statistic}_rate5m"


def slow_share(quantity: str, *, by_route: bool = False) -> str:
    """The share of requests slower than the limit `quantity`, for limits that are bucket bounds."""
    level = "service_route" if by_route else "service"
    return f"{level}:http_slower_than_{quantity}:ratio_rate5m"


# Models, calls of language models, caches
MODEL, CACHE = "model", "cache"
INFERENCES = "service_model:inferences:rate5m"
INFERENCE_BUCKETS = "service_model_le:inference_seconds_bucket:rate5m"
INFERENCE_P95 = "service_model:inference_seconds:p95_rate5m"
INFERENCE_MEAN = "service_model:inference_seconds:mean_rate5m"
INFERENCE_SLOW_SHARE = "service_model:inference_slower_than_limit:ratio_rate5m"
WAITS = "service_model:queue_waits:rate5m"
WAIT_BUCKETS = "service_model_le:queue_wait_seconds_bucket:rate5m"
WAIT_P95 = "service_model:queue_wait_seconds:p95_rate5m"
WAIT_MEAN = "service_model:queue_wait_seconds:mean_rate5m"
WAIT_SLOW_SHARE = "service_model:queue_wait_longer_than_limit:ratio_rate5m"
QUEUE_LENGTH = "service_model:queue_length:sum"
COLD_START = "service_model_instance:cold_start_seconds:max"
ACCURACY = "service_model:accuracy:ratio"
LLM_CALLS = "service_model:llm_calls:rate5m"
LLM_CALLS_1H = "service_model:llm_calls:increase1h"
LLM_ERRORS = "service_model:llm_errors:rate5m"
LLM_ERRORS_1H = "service_model:llm_errors:increase1h"
LLM_ERROR_RATIO = "service_model:llm_errors:ratio_rate5m"
LLM_ERROR_RATIO_1H = "service_model:llm_errors:ratio_rate1h"
LLM_TIMED = "service_model:llm_timed_calls:rate5m"
LLM_BUCKETS = "service_model_le:llm_seconds_bucket:rate5m"
LLM_P95 = "service_model:llm_seconds:p95_rate5m"
LLM_SLOW_SHARE = "service_model:llm_slower_than_limit:ratio_rate5m"
LLM_COST = "service_model_instance:llm_cost_usd:counted"
LLM_COST_DAY = "service:llm_cost_usd:increase_day"
LOOKUPS = "service_cache:lookups:rate5m"
HITS = "service_cache:hits:rate5m"
HIT_RATIO = "service_cache:hits:ratio_rate5m"


_LIMIT_SERIES = {
    "latency_p95": "latency_p95_seconds",
    "latency_p95_critical": "latency_p95_critical_seconds",
    "latency_average": "latency_average_seconds",
    "latency_floor": "latency_floor_seconds",
    "inference.latency_p95": "inference_latency_p95_seconds",
    "inference.queue_wait": "queue_wait_p95_seconds",
    "inference.cold_start": "cold_start_seconds",
    "inference.accuracy_floor": "accuracy",
    "llm.latency_p95": "llm_latency_p95_seconds",
    "llm.error_ratio": "llm_error_ratio",
    "llm.daily_budget": "llm_cost_day_usd",
}


def limit(quantity: str, *, by_route: bool = False) -> str:
    """The series that holds the limit in force: `service:latency_p95_seconds:limit`."""
    level = "service_route" if by_route else "service"
    return f"{level}:{_LIMIT_SERIES.get(quantity, quantity)}:limit"


# Hosts, databases, probes
CPU_BUSY = "instance:cpu_busy:ratio_rate5m"
CPU_IOWAIT = "instance:cpu_iowait:ratio_rate5m"
CPU_STEAL = "instance:cpu_steal:ratio_rate5m"
MEMORY_USED = "instance:memory_used:ratio"
SWAP_USED = "instance:swap_used:ratio"
SWAP_PAGES = "instance:swap_pages:rate5m"
DISK_USED = "instance_mountpoint:filesystem_used:ratio"
LOAD_PER_CORE = "instance:load5_per_core:ratio"
NETWORK_ERRORS = "instance_device:network_errors:ratio_rate5m"
NETWORK_RECEIVE = "instance:network_receive_bytes:rate5m"
NETWORK_TRANSMIT = "instance:network_transmit_bytes:rate5m"
GPU_UTILIZATION = "gpu:utilization:ratio"
GPU_MEMORY_USED = "gpu:memory_used:ratio"
GPU_TEMPERATURE = "gpu:temperature:celsius"
GPU_POWER = "gpu:power:watts"
GPU_XID = "gpu:xid_last:code"
GPU_ECC_UNCORRECTED = "gpu:ecc_uncorrected:total"
DATABASE_UP = "database:up"
DATABASE_CONNECTIONS = "database:connections"
DATABASE_CONNECTIONS_USED = "database:connections_used:ratio"
DATABASE_CONNECTIONS_LIMIT = "database:connections:limit"
STATEMENTS = "database:statements:rate5m"
STATEMENT_TIME = "database:statement_time_seconds:mean_rate5m"
TRANSACTIONS = "database:transactions:rate5m"
ROLLBACK_RATIO = "database:rollbacks:ratio_rate5m"
REDIS_LOOKUPS = "database:redis_lookups:rate5m"
REDIS_HIT_RATIO = "database:redis_hits:ratio_rate5m"
REDIS_MEMORY_USED = "database:redis_memory_used:ratio"
PROBE_UP = "probe:success"
PROBE_CERTIFICATE = "probe:certificate_expiry_seconds"

# What a database can be limited in beside its connections, by kind; names of the spec
DATABASE_QUANTITIES: dict[str, tuple[str, ...]] = {
    "postgres": ("min_statements", "min_transactions", "rollback_ratio", "statement_time"),
    "redis": ("min_lookups", "redis_hit_ratio", "redis_memory"),
}


def database_limit(quantity: str) -> str:
    """The series that holds a database's limit in force: `database:statement_time_seconds:limit`."""
    return f"database:{'statement_time_seconds' if quantity == 'statement_time' else quantity}:limit"


# Exporters of the collector, as its own metrics name them
EXPORTER_LOKI, EXPORTER_TEMPO = "otlp_http/loki", "otlp_grpc/tempo"

# Secrets of the stack's own, each a file of that name; runtime makes them once
GRAFANA_PASSWORD = "grafana_admin_password"  # noqa: S105 - the name of a file
POSTGRES_PASSWORD = "postgres_password"  # noqa: S105
SHOP_PASSWORD = "shop_database_password"  # noqa: S105
MONITOR_PASSWORD = "monitor_database_password"  # noqa: S105

# The sample's database: its name, who owns it, and who may only look at its statistics
SHOP_DATABASE, SHOP_ROLE, MONITOR_ROLE = "shop", "shop", "monitor"

# The variable that tells Compose which group may talk to the engine's socket
DOCKER_GROUP = "DOCKER_GID"

# Paths of what is generated
COMPOSE_FILE = "docker-compose.yml"
PROMETHEUS_CONFIG = "prometheus/prometheus.yml"
LOKI_CONFIG = "loki/config.yml"
LOKI_RULES = "loki/rules/fake/logs.yml"
TEMPO_CONFIG = "tempo/config.yml"
COLLECTOR_CONFIG = "collector/config.yml"
ALERTMANAGER_CONFIG = "alertmanager/alertmanager.yml"
BLACKBOX_CONFIG = "blackbox/blackbox.yml"
POSTGRES_ROLES = "postgres/init/10-roles.sql"
PROCESS_EXPORTER_CONFIG = "process-exporter/config.yml"
DCGM_COUNTERS = "dcgm/counters.csv"
SUPERVISOR_CONFIG = "supervisor/supervisord.conf"
SCHEMA_FILE = "spec.schema.json"
MANIFEST = ".generated.json"
GRAFANA_DATASOURCES = "grafana/provisioning/datasources/datasources.yml"
GRAFANA_PROVIDERS = "grafana/provisioning/dashboards/dashboards.yml"


def rules_file(family: str) -> str:
    """One file of rules for each family: services, hosts, disks, gpus, databases, probes, stack, own."""
    return f"prometheus/rules/{family}.yml"


def tests_file(family: str) -> str:
    """The unit tests of a family's rules, for `promtool test rules`."""
    return f"prometheus/tests/{family}_test.yml"


def runbook_file(alert: str) -> str:
    """The runbook page of one alert."""
    return f"docs/runbooks/{alert}.md"


ALERTMANAGER_TEMPLATES = "templates/*.tmpl"
ALERTMANAGER_ZONES = "alertmanager/zoneinfo"
TEST_ALERT, RECEIVER, RUN = "AlertTest", "receiver", "run"


def template_file(kind: str) -> str:
    """The notification templates of one kind of channel."""
    return f"alertmanager/templates/{kind}.tmpl"


def dashboard_file(uid: str) -> str:
    """The JSON of one dashboard."""
    return f"grafana/dashboards/{uid}.json"


DATASOURCE_PROMETHEUS = "prometheus"
DATASOURCE_ALERTMANAGER = "alertmanager"
DATASOURCE_LOKI, DATASOURCE_TEMPO = "loki", "tempo"
DASHBOARD_SERVICES = "services-overview"

# Alerts of the catalogue; `disable` accepts every one of them, whether this version renders it or not.
CATALOGUE = (
    "AlertsNotDelivered",
    "CacheHitRatioLow",
    "CardinalityExplosion",
    "CertificateExpiresSoon",
    "ColdStartSlow",
    "ConfigReloadFailed",
    "ConsecutiveErrors",
    "DatabaseConnectionsHigh",
    "DatabaseDown",
    "DatabaseRollbackRatioHigh",
    "DatabaseSlowQueries",
    "ErrorBudgetBurnFast",
    "ErrorBudgetBurnSlow",
    "GpuErrors",
    "GpuHighMemory",
    "GpuHighUtilization",
    "GpuHot",
    "HighClientErrorRate",
    "HighErrorRate",
    "HighLatencyAverage",
    "HighLatencyP95",
    "HighLatencyP95Critical",
    "HostDiskFillsSoon",
    "HostDiskFull",
    "HostHighCpu",
    "HostHighLoad",
    "HostHighMemory",
    "HostNetworkErrors",
    "HostSwapping",
    "InferenceSlow",
    "LatencyAnomaly",
    "LatencyBudgetBurnFast",
    "LatencyBudgetBurnSlow",
    "LlmCostBudget",
    "LlmErrorRate",
    "LlmLatencyHigh",
    "LogsNotIngested",
    "MetricsStorageNearLimit",
    "ModelAccuracyLow",
    "ProbeFailed",
    "QueueBacklog",
    "RedisHitRatioLow",
    "RedisMemoryHigh",
    "RepeatedException",
    "RuleEvaluationFailing",
    "ServiceDown",
    "TargetFlapping",
    "TelemetryRefused",
    "ThroughputNearCapacity",
    "TracesNotIngested",
    "TrafficDrop",
    "TrafficSurge",
    "Watchdog",
)
