"""tempo/config.yml: traces on local disk, for as long as the spec says. Metrics of spans are the collector's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from generator import names
from generator.bundle import Artifact
from generator.model import Component, Stack
from generator.render import to_yaml
from generator.targets.base import INSIDE, MORE
from generator.units import duration


def build(stack: Stack) -> Iterable[Artifact]:
    """Tempo's configuration, where traces are on."""
    if stack.traces:
        yield Artifact(names.TEMPO_CONFIG, to_yaml(configuration(stack), "The configuration of Tempo."))


def configuration(stack: Stack) -> dict[str, Any]:
    folder = "/var/tempo" if stack.target == "compose" else "${STACK_STATE}/data/tempo"
    kept = duration(stack.retention.traces)
    return {
        "stream_over_http_enabled": True,
        "usage_report": {"reporting_enabled": False},
        "server": _server(stack),
        "distributor": {"receivers": {"otlp": {"protocols": {"grpc": {"endpoint": _otlp(stack)}}}}},
        "storage": {
            "trace": {"backend": "local", "wal": {"path": f"{folder}/wal"}, "local": {"path": f"{folder}/blocks"}}
        },
        "overrides": {"defaults": {"compaction": {"block_retention": kept}}},
    }


def _server(stack: Stack) -> dict[str, Any]:
    if stack.target == "compose":
        return {"http_listen_port": INSIDE[Component.TEMPO], "grpc_listen_port": MORE["tempo_grpc"][1]}
    return {
        "http_listen_address": "127.0.0.1",
        "http_listen_port": stack.ports.tempo,
        "grpc_listen_address": "127.0.0.1",
        "grpc_listen_port": stack.ports.tempo_grpc,
    }


def _otlp(stack: Stack) -> str:
    if stack.target == "compose":
        return f"0.0.0.0:{MORE['tempo_otlp'][1]}"
    return f"127.0.0.1:{stack.ports.tempo_otlp}"
