"""loki/config.yml: lines by few labels, for as long as the spec says; loki/rules/: alerts on what they say.

The limits are those of a small team: 5,000 lines a second of 1 KiB, held by one process of 384 MiB.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from generator import names
from generator.builders.rule_files import alert_rule
from generator.bundle import Artifact
from generator.model import Component, Stack
from generator.render import to_yaml
from generator.rules.logged import INTERVAL, log_alerts
from generator.targets import TARGETS
from generator.targets.base import INSIDE, MORE, public_url
from generator.units import duration

SCHEMA_FROM = "2024-04-01"
"""Before any line that is taken; a schema may begin in the past, but may never be changed afterwards."""
RESOURCE_LABELS = ("service", "env", "app", "level")
LOG_LABELS = ("service", "app", "level")
"""Attributes that become labels of streams, of the resource and of the line (a container's line has no resource of its
own); all others are structured metadata."""
MESSAGE_BYTES = 16 * 1024 * 1024
CUT = "… (cut)"


def build(stack: Stack) -> Iterable[Artifact]:
    """Loki's configuration and its rules, where logs are on."""
    if stack.logs:
        yield Artifact(names.LOKI_CONFIG, to_yaml(configuration(stack), "The configuration of Loki."))
        rules = [alert_rule(stack, alert) for alert in log_alerts(stack)]
        group = {"name": "logs", "interval": duration(INTERVAL), "rules": rules}
        yield Artifact(names.LOKI_RULES, to_yaml({"groups": [group] if rules else []}, "Alerts on lines."))


def configuration(stack: Stack) -> dict[str, Any]:
    """config.yml as a mapping."""
    folder = "/loki" if stack.target == "compose" else "${STACK_STATE}/data/loki"
    return {
        "auth_enabled": False,
        "analytics": {"reporting_enabled": False},
        "server": {**_listen(stack), **_server()},
        "common": {
            "instance_addr": "127.0.0.1",
            "path_prefix": folder,
            "replication_factor": 1,
            "ring": {"kvstore": {"store": "inmemory"}},
            "storage": {"filesystem": {"chunks_directory": f"{folder}/chunks"}},
        },
        # 3.7 and 3.8 differ in the default, and with the other one rules and chunks are configured elsewhere.
        "storage_config": {"use_thanos_objstore": False},
        "schema_config": {
            "configs": [
                {
                    "from": SCHEMA_FROM,
                    "store": "tsdb",
                    "object_store": "filesystem",
                    "schema": "v13",
                    "index": {"prefix": "index_", "period": "24h"},
                }
            ]
        },
        "ingester": _ingester(folder),
        "compactor": {
            "working_directory": f"{folder}/compactor",
            "retention_enabled": True,
            "delete_request_store": "filesystem",
            "retention_delete_worker_count": 10,
        },
        "limits_config": _limits(stack),
        "querier": {"max_concurrent": 4},
        **_caches(),
        "ruler": _ruler(stack, folder),
    }


def _listen(stack: Stack) -> dict[str, Any]:
    if stack.target == "compose":
        return {"http_listen_port": INSIDE[Component.LOKI], "grpc_listen_port": MORE["loki_grpc"][1]}
    return {
        "http_listen_address": "127.0.0.1",
        "http_listen_port": stack.ports.loki,
        "grpc_listen_address": "127.0.0.1",
        "grpc_listen_port": stack.ports.loki_grpc,
    }


def _server() -> dict[str, Any]:
    """Its parts hand batches to each other over gRPC, whose own limit is below a batch of the collector. At `info` it
    would log every query, and those lines would come back to it."""
    return {
        "log_level": "warn",
        "grpc_server_max_recv_msg_size": MESSAGE_BYTES,
        "grpc_server_max_send_msg_size": MESSAGE_BYTES,
    }


def _ingester(folder: str) -> dict[str, Any]:
    """What is acknowledged is in the log on disk first. One ingester need not wait for others to see it."""
    return {
        "lifecycler": {"min_ready_duration": "0s"},
        "chunk_encoding": "snappy",
        "wal": {"enabled": True, "dir": f"{folder}/wal", "replay_memory_ceiling": "128MB"},
    }


def _limits(stack: Stack) -> dict[str, Any]:
    kept = duration(stack.retention.logs)
    return {
        "retention_period": kept,
        # What is older is still on disk for hours: nobody sees it half deleted.
        "max_query_lookback": kept,
        "max_query_length": "0s",
        "ingestion_rate_strategy": "local",
        "ingestion_rate_mb": 16,
        "ingestion_burst_size_mb": 32,
        # One busy service is one stream for each level.
        "per_stream_rate_limit": "16MB",
        "per_stream_rate_limit_burst": "32MB",
        "shard_streams": {"enabled": False},
        "max_global_streams_per_user": 5000,
        "max_line_size": "256KB",
        "max_line_size_truncate": True,
        "max_line_size_truncate_identifier": CUT,
        "reject_old_samples_max_age": "1w",
        "allow_structured_metadata": True,
        "otlp_config": {
            "resource_attributes": {
                "ignore_defaults": True,
                "attributes_config": [{"action": "index_label", "attributes": [*RESOURCE_LABELS]}],
            },
            "log_attributes": [{"action": "index_label", "attributes": [*LOG_LABELS]}],
        },
        "discover_service_name": [],
        "discover_log_levels": False,
        "max_entries_limit_per_query": 5000,
        "max_query_series": 1000,
        "max_query_bytes_read": "20GB",
        "tsdb_max_query_parallelism": 8,
        "query_timeout": "1m",
    }


def _caches() -> dict[str, Any]:
    """Each would take 100 MB by default, and there are seven."""
    small = {"embedded_cache": {"enabled": True, "max_size_mb": 32}}
    smaller = {"cache": {"embedded_cache": {"enabled": True, "max_size_mb": 8}}}
    return {
        "chunk_store_config": {"chunk_cache_config": small},
        "query_range": {"results_cache": smaller},
    }


def _ruler(stack: Stack, folder: str) -> dict[str, Any]:
    """Rules are read from the tree; without several tenants their folder has the name `fake`."""
    alertmanager = TARGETS[stack.target].address(Component.ALERTMANAGER, stack.ports, stack.listen)
    rules = "/etc/loki/rules" if stack.target == "compose" else "${STACK_OUT}/loki/rules"
    return {
        "storage": {"type": "local", "local": {"directory": rules}},
        "rule_path": f"{folder}/ruler",
        "wal": {"dir": f"{folder}/ruler-wal"},
        "alertmanager_url": f"http://{alertmanager}",
        "external_url": public_url(stack, Component.GRAFANA),
        "datasource_uid": names.DATASOURCE_LOKI,
        "external_labels": {"env": stack.environment, "stack": stack.name},
        "evaluation_interval": duration(INTERVAL),
    }
