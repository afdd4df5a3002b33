"""collector/config.yml: what arrives by OTLP and from containers, made safe, counted, thinned out and handed on.

traces: OTLP -> secrets -> span_metrics, service_graph (which count every span) and tail_sampling -> Tempo
logs:   OTLP, other containers' lines -> labels, secrets -> Loki

No batch stands before a queue: what a sender was told is taken lies on disk, but for spans of traces not yet judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from generator import names
from generator.builders.collector import statements
from generator.builders.collector.exporters import LOKI, SPAN_METRICS, TEMPO, exporters, named, sent
from generator.builders.collector.places import GUARD, HEALTH, STORAGE, folder, listen
from generator.builders.collector.receivers import read, receivers
from generator.builders.collector.sampling import sampling
from generator.builders.commands import COLLECTOR_LIMIT, COLLECTOR_SPIKE
from generator.bundle import Artifact
from generator.model import Component, Stack
from generator.render import to_yaml
from generator.units import duration

SPANS, EDGES, JUDGED, COPIED = "span_metrics", "service_graph", "forward", "forward/logs"
LINES, SPAN_TEXTS, ATTRIBUTES, SPAN_NAMES = "transform/logs", "transform/traces", "redaction", "transform/metrics"
SAMPLING, BATCH = "tail_sampling", "batch"
LATENCY_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.8, 1, 2.5, 5, 10)
"""Seconds; 0.8 is the default limit of the p95."""
SERIES = 2_000
"""Span names that no rule bounds end here, in one series for all others."""


def build(stack: Stack) -> Iterable[Artifact]:
    """The collector's configuration, where there is a collector."""
    if Component.COLLECTOR in stack.components:
        yield Artifact(names.COLLECTOR_CONFIG, to_yaml(configuration(stack), "The configuration of the collector."))


def configuration(stack: Stack) -> dict[str, Any]:
    return {
        "extensions": {HEALTH: {"endpoint": listen(stack, "otel_collector")}, STORAGE: _storage(stack)},
        "receivers": dict(receivers(stack)),
        "processors": dict(_processors(stack)),
        **({"connectors": connectors} if (connectors := dict(_connectors(stack))) else {}),
        "exporters": dict(exporters(stack)),
        "service": {
            "extensions": [HEALTH, STORAGE],
            "pipelines": dict(_pipelines(stack)),
            "telemetry": {"metrics": {"readers": [{"pull": {"exporter": {"prometheus": _own_metrics(stack)}}}]}},
        },
    }


def _storage(stack: Stack) -> dict[str, Any]:
    """Files that survive a killed collector; one that a dying machine has spoilt is put aside, and its disk space is
    given back once an outage is over."""
    compaction = {
        "on_start": True,
        "on_rebound": True,
        "cleanup_on_start": True,
        "directory": folder(stack),
        "rebound_needed_threshold_mib": 128,
        "rebound_trigger_threshold_mib": 16,
    }
    return {"directory": folder(stack), "create_directory": True, "recreate": True, "compaction": compaction}


def _processors(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    yield GUARD, {"check_interval": "1s", "limit_mib": COLLECTOR_LIMIT, "spike_limit_mib": COLLECTOR_SPIKE}
    if stack.logs:
        fetched = tuple(c.value for c in read(stack)) if stack.target == "compose" else ()
        yield LINES, statements.logs(stack, fetched)
    if stack.traces:
        yield SPAN_TEXTS, statements.traces(stack)
        yield ATTRIBUTES, statements.attributes(stack)
        yield SAMPLING, sampling(stack.traces)
        yield SPAN_NAMES, statements.span_metrics()
    if stack.traces or _also(stack, "logs"):
        yield BATCH, {"timeout": "200ms", "send_batch_size": 512, "send_batch_max_size": 2048}


def _connectors(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    if _also(stack, "logs"):
        yield COPIED, {}
    if not stack.traces:
        return
    buckets = [duration(bound) for bound in LATENCY_BOUNDS]
    made: dict[str, dict[str, Any]] = {
        SPANS: {
            "namespace": "traces.spanmetrics",
            "histogram": {"unit": "s", "explicit": {"buckets": buckets}},
            "exemplars": {"enabled": True, "max_per_data_point": 2},
            "exclude_dimensions": ["collector.instance.id"],
            "resource_metrics_key_attributes": ["service.name"],
            "aggregation_cardinality_limit": SERIES,
            "metrics_flush_interval": "15s",
        },
        JUDGED: {},
        EDGES: {
            "latency_histogram_buckets": buckets,
            # A caller's and the called service's spans may come seconds apart.
            "store": {"ttl": "15s", "max_items": 20_000},
            "database_name_attributes": ["db.system.name", "db.system"],
            "virtual_node_peer_attributes": ["peer.service", "gen_ai.provider.name", "server.address"],
            "metrics_flush_interval": "15s",
        },
    }
    yield from made.items()


def _pipelines(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    if stack.logs:
        also = _also(stack, "logs")
        sent_to = [LOKI, COPIED] if also else [LOKI]
        yield "logs", {"receivers": [*dict(receivers(stack))], "processors": [GUARD, LINES], "exporters": sent_to}
        if also:
            # The batch keeps to itself that one of them takes nothing more: senders would send Loki's lines again.
            yield "logs/others", {"receivers": [COPIED], "processors": [BATCH], "exporters": also}
    if stack.traces:
        processors = [GUARD, SPAN_TEXTS, ATTRIBUTES]
        yield "traces/all", {"receivers": ["otlp"], "processors": processors, "exporters": [SPANS, EDGES, JUDGED]}
        kept = [TEMPO, *_also(stack, "traces")]
        yield "traces/kept", {"receivers": [JUDGED], "processors": [SAMPLING, BATCH], "exporters": kept}
        yield "metrics/spans", {"receivers": [SPANS, EDGES], "processors": [SPAN_NAMES], "exporters": [SPAN_METRICS]}


def _also(stack: Stack, signal: str) -> list[str]:
    return [named(exporter) for exporter in stack.exporters if signal in sent(stack, exporter)]


def _own_metrics(stack: Stack) -> dict[str, Any]:
    host, _, port = listen(stack, "collector_metrics").rpartition(":")
    as_documented = {"without_type_suffix": True, "without_units": True, "without_scope_info": True}
    return {"host": host, "port": int(port), **as_documented}
