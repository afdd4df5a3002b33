"""collector/config.yml: what arrives by OTLP and from containers, made safe, counted, thinned out and handed on.

traces: OTLP -> redact -> span_metrics, service_graph (which count every span) and tail_sampling -> Tempo
logs:   OTLP, other containers' lines -> redact -> few labels -> Loki
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from generator import names
from generator.bundle import Artifact
from generator.model import Component, Stack, Traces
from generator.render import to_yaml
from generator.targets import TARGETS
from generator.targets.base import INSIDE, MORE
from generator.units import duration

GUARD, STORAGE, HEALTH = "memory_limiter", "file_storage", "health_check"
SPANS, EDGES, SPAN_METRICS = "span_metrics", "service_graph", "prometheus/spans"
LATENCY_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.8, 1, 2.5, 5, 10)
"""Seconds; 0.8 is the default limit of the p95."""


def build(stack: Stack) -> Iterable[Artifact]:
    """The collector's configuration, where there is a collector."""
    if Component.COLLECTOR in stack.components:
        yield Artifact(names.COLLECTOR_CONFIG, to_yaml(configuration(stack), "The configuration of the collector."))


def configuration(stack: Stack) -> dict[str, Any]:
    return {
        "extensions": {
            HEALTH: {"endpoint": _listen(stack, "otel_collector")},
            STORAGE: {"directory": _storage(stack), "create_directory": True},
        },
        "receivers": dict(_receivers(stack)),
        "processors": dict(_processors(stack)),
        **({"connectors": _connectors()} if stack.traces else {}),
        "exporters": dict(_exporters(stack)),
        "service": {
            "extensions": [HEALTH, STORAGE],
            "pipelines": dict(_pipelines(stack)),
            "telemetry": {"metrics": {"readers": [{"pull": {"exporter": {"prometheus": _own_metrics(stack)}}}]}},
        },
    }


def _receivers(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    protocols = {"grpc": {"endpoint": _listen(stack, "otlp_grpc")}, "http": {"endpoint": _listen(stack, "otlp_http")}}
    yield "otlp", {"protocols": protocols}


def _processors(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    yield GUARD, {"check_interval": "1s", "limit_percentage": 75, "spike_limit_percentage": 20}
    if stack.traces:
        yield "tail_sampling", _sampling(stack.traces)


def _sampling(traces: Traces) -> dict[str, Any]:
    """A trace is kept when one policy wants it."""
    errors = {"name": "errors", "type": "status_code", "status_code": {"status_codes": ["ERROR"]}}
    slow = {"name": "slow", "type": "latency", "latency": {"threshold_ms": round(traces.slower_than * 1000)}}
    others = {"name": "others", "type": "probabilistic", "probabilistic": _share(traces.others)}
    return {"decision_wait": "10s", "num_traces": 50_000, "policies": [errors, slow, others]}


def _share(share: float) -> dict[str, Any]:
    return {"sampling_percentage": round(share * 100, 6)}


def _connectors() -> dict[str, Any]:
    buckets = [duration(bound) for bound in LATENCY_BOUNDS]
    return {
        SPANS: {
            "histogram": {"explicit": {"buckets": buckets}},
            "exemplars": {"enabled": True},
            "dimensions": [{"name": "http.route"}, {"name": "http.request.method"}],
        },
        "forward": {},
        EDGES: {"latency_histogram_buckets": buckets, "store": {"ttl": "10s", "max_items": 10_000}},
    }


def _exporters(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    """Queues on disk: what Loki or Tempo does not take now it is given later, until it is there again."""
    patient = {
        "sending_queue": {"storage": STORAGE, "queue_size": 100_000},
        "retry_on_failure": {"max_elapsed_time": "0s"},
    }
    target = TARGETS[stack.target]
    if stack.logs:
        loki = f"http://{target.address(Component.LOKI, stack.ports, stack.listen)}/otlp"
        yield "otlp_http/loki", {"endpoint": loki, **patient}
    if stack.traces:
        tempo = target.more("tempo_otlp", stack.ports, stack.listen)
        yield "otlp_grpc/tempo", {"endpoint": tempo, "tls": {"insecure": True}, **patient}
        yield SPAN_METRICS, {"endpoint": _listen(stack, "span_metrics"), "enable_open_metrics": True}


def _pipelines(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    if stack.logs:
        yield "logs", {"receivers": ["otlp"], "processors": [GUARD], "exporters": ["otlp_http/loki"]}
    if stack.traces:
        yield "traces/all", {"receivers": ["otlp"], "processors": [GUARD], "exporters": [SPANS, EDGES, "forward"]}
        kept = {"receivers": ["forward"], "processors": ["tail_sampling"], "exporters": ["otlp_grpc/tempo"]}
        yield "traces/kept", kept
        yield "metrics/spans", {"receivers": [SPANS, EDGES], "exporters": [SPAN_METRICS]}


def _listen(stack: Stack, field: str) -> str:
    """Inside its container on every address; natively on this host alone, but for what services send."""
    if stack.target == "compose":
        inside = MORE[field][1] if field in MORE else INSIDE[Component.COLLECTOR]
        return f"0.0.0.0:{inside}"
    host = stack.listen if field in ("otlp_grpc", "otlp_http") else "127.0.0.1"
    return f"{host}:{getattr(stack.ports, field)}"


def _own_metrics(stack: Stack) -> dict[str, Any]:
    host, _, port = _listen(stack, "collector_metrics").rpartition(":")
    return {"host": host, "port": int(port)}


def _storage(stack: Stack) -> str:
    return "/var/lib/otelcol" if stack.target == "compose" else "${env:STACK_STATE}/data/otel-collector"
