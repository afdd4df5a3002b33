"""docker-compose.yml: the containers, each with only what it needs.

Everything in `container.py` holds for every container unless a line says why not: no capabilities, no new privileges,
a read-only root, limits on memory and processes, rotated logs. Configuration is mounted by folder: a replaced file in a
folder is seen by a reload, a file mounted by itself keeps its old inode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from generator import names
from generator.builders.compose import exporters, sample, servers, telemetry
from generator.builders.compose.container import gateway
from generator.bundle import Artifact
from generator.model import Component, Stack
from generator.render import to_yaml
from generator.targets.base import passwords

_MAKERS: dict[Component, Callable[[Stack], dict[str, Any]]] = {
    Component.PROMETHEUS: servers.prometheus,
    Component.ALERTMANAGER: servers.alertmanager,
    Component.GRAFANA: servers.grafana,
    Component.NODE_EXPORTER: exporters.node_exporter,
    Component.BLACKBOX: exporters.blackbox,
    Component.POSTGRES: sample.postgres,
    Component.VALKEY: sample.valkey,
    Component.POSTGRES_EXPORTER: exporters.postgres_exporter,
    Component.REDIS_EXPORTER: exporters.redis_exporter,
    Component.PROCESS_EXPORTER: exporters.process_exporter,
    Component.CADVISOR: exporters.cadvisor,
    Component.GPU_EXPORTER: exporters.gpu_exporter,
    Component.DCGM_EXPORTER: exporters.dcgm_exporter,
    Component.ML_API: sample.ml_api,
    Component.SHOP: sample.shop,
    Component.ALERT_SINK: sample.alert_sink,
    Component.LOKI: telemetry.loki,
    Component.TEMPO: telemetry.tempo,
    Component.COLLECTOR: telemetry.collector,
}


def build(stack: Stack) -> Iterable[Artifact]:
    """One service for each component of the stack; nothing for other targets."""
    if stack.target != "compose":
        return
    secrets = [s for s in stack.secrets() if servers.managed(s)]
    config: dict[str, Any] = {
        "name": stack.name,
        "services": {component.value: _service(stack, component) for component in stack.components},
        "networks": {"default": {"ipam": {"config": [{"subnet": stack.subnet, "gateway": gateway(stack)}]}}},
        "volumes": {name: {} for name in _volumes(stack)},
        "secrets": {
            **{name: {"file": f"./secrets/{name}"} for name in passwords(stack.components)},
            **{s.name: {"file": f"./{s.given}"} for s in secrets},
        },
    }
    yield Artifact(names.COMPOSE_FILE, to_yaml(config, "Your own additions belong in docker-compose.override.yml."))


def _service(stack: Stack, component: Component) -> dict[str, Any]:
    made = _MAKERS[component](stack) | telemetry.fetched(stack, component)
    if Component.CADVISOR in stack.components:
        made["cgroup_parent"] = names.control_group(stack.name, component.value)
    return made


def _volumes(stack: Stack) -> Iterator[str]:
    yield from ("prometheus-data", "alertmanager-data", "grafana-data")
    for component in (Component.POSTGRES, Component.LOKI, Component.TEMPO, Component.COLLECTOR):
        if component in stack.components:
            yield f"{component.value}-data"
