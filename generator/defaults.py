"""Every default and where it comes from; versions are pinned here and only here.

A limit names the requirement that asked for it, see docs/decisions.md.
"""

from __future__ import annotations

from typing import Literal

from generator.model import GpuLimits, HostLimits, Images, Levels, Limit, Limits, Ports, Retention

DAY = 86400.0


def _limit(value: float, asked: str) -> Limit:
    return Limit(value, f"default ({asked})")


LIMITS = Limits(
    error_ratio=_limit(0.01, "requirements 001, 004"),
    client_error_ratio=_limit(0.05, "requirement 002"),
    latency_p95=_limit(0.8, "requirements 001, 004"),
    latency_p95_critical=_limit(5.0, "requirement 002"),
    latency_average=_limit(3.0, "requirement 002"),
    consecutive_errors=_limit(10, "requirement 002"),
    min_requests=_limit(20, "ours"),
    min_errors=_limit(5, "ours"),
    up_changes=_limit(4, "requirement 001"),
    samples_per_scrape=_limit(10_000, "ours"),
    samples_growth=_limit(2, "requirements 001, 004"),
    capacity_share=_limit(0.9, "requirement 003"),
    traffic_factor=_limit(3, "ours"),
    traffic_minimum=_limit(1, "ours"),
    latency_factor=_limit(2, "requirement 004"),
    latency_floor=_limit(0.1, "ours"),
)
HOST_LIMITS = HostLimits(
    cpu=Levels(_limit(0.70, "requirement 003"), _limit(0.85, "requirement 003")),
    memory=Levels(_limit(0.75, "requirement 003"), _limit(0.90, "requirement 003")),
    disk=Levels(_limit(0.80, "requirement 001"), _limit(0.90, "ours")),
    swap=_limit(0.10, "requirements 001, 003"),
    load_per_core=_limit(2.0, "requirement 003"),
    network_errors=_limit(0.01, "requirement 001"),
    disk_fills_within=_limit(DAY, "ours"),
    disk_fills_above=_limit(0.60, "ours"),
)
GPU_LIMITS = GpuLimits(
    gpu=Levels(_limit(0.80, "requirement 003"), _limit(0.90, "requirement 003")),
    gpu_memory=Levels(_limit(0.80, "requirement 003"), _limit(0.90, "requirement 003")),
    gpu_temperature=Levels(_limit(80, "requirement 003"), _limit(90, "requirement 003")),
)
DATABASE_CONNECTIONS = _limit(80, "requirement 004")
DATABASE_CONNECTIONS_SHARE = 0.80
DATABASE_LIMITS = {
    "statement_time": _limit(0.5, "ours"),
    "rollback_ratio": _limit(0.05, "ours"),
    "redis_hit_ratio": _limit(0.50, "ours"),
    "redis_memory": _limit(0.90, "ours"),
    "min_statements": _limit(20, "ours"),
    "min_transactions": _limit(100, "ours"),
    "min_lookups": _limit(100, "ours"),
}
MODEL_LIMITS = {
    "inference.latency_p95": _limit(1.0, "requirement 003"),
    "inference.queue_wait": _limit(1.0, "requirements 000, 003"),
    "inference.cold_start": _limit(10.0, "requirement 000"),
    "cache_hit_ratio": _limit(0.50, "requirements 001, 003, 004"),
    "llm.latency_p95": _limit(5.0, "ours"),
    "llm.error_ratio": _limit(0.05, "requirement 001"),
}
CERTIFICATE_DAYS = _limit(14, "ours")
METRICS_STORAGE = _limit(0.80, "ours")
SAMPLES_SMALL = _limit(1_000, "ours")

SLO_WINDOW = 30 * DAY

ENVIRONMENT = "production"
TEAM = "ops"
LOCALE = "en"
TIMEZONE = "Asia/Seoul"
SCRAPE_INTERVAL = 15.0
SCRAPE_TIMEOUT = 10.0
LISTEN = "127.0.0.1"
SUBNET = "172.30.77.0/24"
PORTS = Ports(
    grafana=3000,
    prometheus=9090,
    alertmanager=9093,
    node_exporter=9100,
    blackbox=9115,
    ml_api=8000,
    alert_sink=8080,
    shop=8001,
    postgres=15432,  # not the usual ones: a database of the host's own may hold those
    valkey=16379,
    postgres_exporter=9187,
    redis_exporter=9121,
    gpu_exporter=9400,
    dcgm_exporter=9401,
    process_exporter=9256,
    cadvisor=8081,
    loki=3100,
    loki_grpc=9096,
    tempo=3200,
    tempo_grpc=9097,
    tempo_otlp=14317,
    otel_collector=13133,
    otlp_grpc=4317,
    otlp_http=4318,
    collector_metrics=8888,
    span_metrics=8889,
    fluent_forward=24224,
)
RETENTION = Retention(metrics=30 * DAY, metrics_size="20GB", logs=14 * DAY, traces=7 * DAY)
LOG_LEVEL: Literal["info"] = "info"
REPEATED = _limit(10, "ours")
# Requirement 004: errors 100 %, normal traffic 1 to 10 %.
DATADOG_SITE = "datadoghq.com"
KEEP_ERRORS, KEEP_SLOWER_THAN, KEEP_OTHERS = 1.0, 1.0, 0.05
IMAGES = Images(
    prometheus="prom/prometheus:v3.14.0",
    alertmanager="prom/alertmanager:v0.34.0",
    grafana="grafana/grafana:13.2.2",
    node_exporter="prom/node-exporter:v1.12.1",
    blackbox="prom/blackbox-exporter:v0.28.0",
    postgres="postgres:18.6",
    valkey="valkey/valkey:9.1.1",
    postgres_exporter="quay.io/prometheuscommunity/postgres-exporter:v0.20.1",
    redis_exporter="oliver006/redis_exporter:v1.88.0",
    dcgm_exporter="nvcr.io/nvidia/k8s/dcgm-exporter:4.5.3-4.8.2-distroless",
    process_exporter="ncabatoff/process-exporter:0.8.7",
    cadvisor="gcr.io/cadvisor/cadvisor:v0.55.1",
    loki="grafana/loki:3.7.6",
    tempo="grafana/tempo:3.0.3",
    otel_collector="otel/opentelemetry-collector-contrib:0.159.0",
)
HOST_TARGETS = ("node-exporter:9100",)
GPU_EXPORTER: Literal["dcgm"] = "dcgm"
RECEIVER = "sink"
RECEIVER_URL = "http://alert-sink:8080/alerts"
GROUP_WAIT = 30.0
GROUP_INTERVAL = 300.0
REPEAT_INTERVAL = 4 * 3600.0
DISCOVERY_REFRESH = 30.0
DOCKER_HOST = "unix:///var/run/docker.sock"
