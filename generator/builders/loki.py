"""loki/config.yml: lines by few labels, for as long as the spec says, and alerts on what they say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from generator import names
from generator.bundle import Artifact
from generator.model import Component, Stack
from generator.render import to_yaml
from generator.targets import TARGETS
from generator.targets.base import INSIDE, MORE
from generator.units import duration

SCHEMA_FROM = "2024-04-01"
LABELS = ("service", "env", "app")
"""Resource attributes that become labels of streams; `level` comes from the line's severity."""


def build(stack: Stack) -> Iterable[Artifact]:
    """Loki's configuration, where logs are on."""
    if stack.logs:
        yield Artifact(names.LOKI_CONFIG, to_yaml(configuration(stack), "The configuration of Loki."))


def configuration(stack: Stack) -> dict[str, Any]:
    folder = "/loki" if stack.target == "compose" else "${STACK_STATE}/data/loki"
    alertmanager = TARGETS[stack.target].address(Component.ALERTMANAGER, stack.ports, stack.listen)
    return {
        "auth_enabled": False,
        "analytics": {"reporting_enabled": False},
        "server": _server(stack),
        "common": {
            "instance_addr": "127.0.0.1",
            "path_prefix": folder,
            "replication_factor": 1,
            "ring": {"kvstore": {"store": "inmemory"}},
            "storage": {"filesystem": {"chunks_directory": f"{folder}/chunks", "rules_directory": f"{folder}/rules"}},
        },
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
        "compactor": {
            "working_directory": f"{folder}/compactor",
            "retention_enabled": True,
            "delete_request_store": "filesystem",
        },
        "limits_config": _limits(stack),
        "ruler": {"alertmanager_url": f"http://{alertmanager}"},
    }


def _server(stack: Stack) -> dict[str, Any]:
    if stack.target == "compose":
        return {"http_listen_port": INSIDE[Component.LOKI], "grpc_listen_port": MORE["loki_grpc"][1]}
    return {
        "http_listen_address": "127.0.0.1",
        "http_listen_port": stack.ports.loki,
        "grpc_listen_address": "127.0.0.1",
        "grpc_listen_port": stack.ports.loki_grpc,
    }


def _limits(stack: Stack) -> dict[str, Any]:
    attributes = [{"action": "index_label", "attributes": [*LABELS]}]
    return {
        "retention_period": duration(stack.retention.logs),
        "allow_structured_metadata": True,
        "otlp_config": {"resource_attributes": {"ignore_defaults": True, "attributes_config": attributes}},
    }
