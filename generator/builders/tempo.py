"""tempo/config.yml: traces on local disk, for as long as the spec says. Metrics of spans are the collector's.

The limits are those of a small team: 2,000 spans a second, held by one process of 320 MiB.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from generator import names
from generator.bundle import Artifact
from generator.model import Component, Stack
from generator.render import to_yaml
from generator.targets.base import INSIDE, MORE
from generator.units import duration

MESSAGE_MIB = 16


def build(stack: Stack) -> Iterable[Artifact]:
    """Tempo's configuration, where traces are on."""
    if stack.traces:
        yield Artifact(names.TEMPO_CONFIG, to_yaml(configuration(stack), "The configuration of Tempo."))


def configuration(stack: Stack) -> dict[str, Any]:
    """config.yml as a mapping; every folder is named, since the defaults are those of the image."""
    folder = "/var/tempo" if stack.target == "compose" else "${STACK_STATE}/data/tempo"
    kept = _hours(stack.retention.traces)
    return {
        "stream_over_http_enabled": True,
        "usage_report": {"reporting_enabled": False},
        "server": {**_listen(stack), "log_level": "warn"},
        "distributor": {"receivers": {"otlp": {"protocols": {"grpc": _otlp(stack)}}}},
        "live_store": {
            "wal": {"path": f"{folder}/live-store/traces"},
            "shutdown_marker_dir": f"{folder}/live-store/shutdown-marker",
            "max_live_traces_bytes": 100_000_000,
            # The collector hands traces over whole, so they need not wait long in memory, where a kill would take them.
            "max_trace_idle": "2s",
            "flush_check_period": "2s",
        },
        "storage": {
            "trace": {
                "backend": "local",
                "wal": {"path": f"{folder}/wal"},
                "local": {"path": f"{folder}/blocks"},
                "pool": {"max_workers": 50, "queue_depth": 5000},
            }
        },
        "query_frontend": {"search": {"max_duration": kept, "max_result_limit": 1000}},
        # What a tenant's overrides leave open is taken from the worker, and from what the scheduler gives it to do.
        "backend_scheduler": {
            "local_work_path": f"{folder}/scheduler",
            "provider": {"compaction": {"compaction": {"block_retention": kept}}},
        },
        # A job that is broken off begins anew; by default a server without any would stop after half a minute.
        "backend_worker": {"compaction": {"block_retention": kept}, "finish_on_shutdown_timeout": "5s"},
        "overrides": {"defaults": _limits(stack)},
    }


def _hours(seconds: float) -> str:
    """As Go writes a duration, which knows no days."""
    return f"{seconds / 3600:g}h" if seconds % 3600 == 0 else f"{seconds:g}s"


def _limits(stack: Stack) -> dict[str, Any]:
    kept = duration(stack.retention.traces)
    return {
        "ingestion": {
            "rate_strategy": "local",
            "rate_limit_bytes": 20_000_000,
            "burst_size_bytes": 30_000_000,
            "max_traces_per_user": 50_000,
        },
        "global": {"max_bytes_per_trace": 5_000_000},
        "read": {"max_search_duration": kept},
        "compaction": {"block_retention": kept},
    }


def _listen(stack: Stack) -> dict[str, Any]:
    if stack.target == "compose":
        return {"http_listen_port": INSIDE[Component.TEMPO], "grpc_listen_port": MORE["tempo_grpc"][1]}
    return {
        "http_listen_address": "127.0.0.1",
        "http_listen_port": stack.ports.tempo,
        "grpc_listen_address": "127.0.0.1",
        "grpc_listen_port": stack.ports.tempo_grpc,
    }


def _otlp(stack: Stack) -> dict[str, Any]:
    """Where the collector hands traces over, in batches larger than gRPC takes by default."""
    host, port = "127.0.0.1", stack.ports.tempo_otlp
    if stack.target == "compose":
        host, port = "0.0.0.0", MORE["tempo_otlp"][1]  # noqa: S104 - inside the container
    return {"endpoint": f"{host}:{port}", "max_recv_msg_size_mib": MESSAGE_MIB}
