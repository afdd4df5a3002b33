"""Logs and traces: the collector, Loki and Tempo."""

from __future__ import annotations

from typing import Any

from generator.builders.collector.exporters import secrets
from generator.builders.collector.receivers import read
from generator.builders.commands import COLLECTOR_MEMORY, collector_settings
from generator.builders.compose.container import after, container, ports, unasked
from generator.model import Component, Stack
from generator.targets.base import MORE


def loki(stack: Stack) -> dict[str, Any]:
    return container(
        stack.images.loki,
        ["/usr/bin/loki", "-health"],
        memory="384m",
        environment={"GOMEMLIMIT": "320MiB"},
        stop_grace_period="30s",
        command=["-config.file=/etc/loki/config.yml"],
        ports=ports(stack, Component.LOKI),
        volumes=["./loki:/etc/loki:ro", "loki-data:/loki"],
        **after(stack, Component.ALERTMANAGER),
    )


def tempo(stack: Stack) -> dict[str, Any]:
    return container(
        stack.images.tempo,
        ["/tempo", "-health"],
        memory="320m",
        environment={"GOMEMLIMIT": "280MiB"},
        stop_grace_period="15s",
        command=["-target=all", "-config.file=/etc/tempo/config.yml"],
        ports=ports(stack, Component.TEMPO),
        volumes=["./tempo:/etc/tempo:ro", "tempo-data:/var/tempo"],
    )


def collector(stack: Stack) -> dict[str, Any]:
    """Its image holds nothing that could ask for its health; `up` and Prometheus do. Root without any capability: the
    image has no folder that another user could write its queues to. The engine hands lines over from this host.

    It waits for no backend: it keeps what these will take."""
    otlp = [f"{stack.listen}:{getattr(stack.ports, field)}:{MORE[field][1]}" for field in ("otlp_grpc", "otlp_http")]
    mounted = [secret.name for secret in secrets(stack)]
    more: dict[str, Any] = {"secrets": mounted} if mounted else {}
    fluent = [f"127.0.0.1:{stack.ports.fluent_forward}:{MORE['fluent_forward'][1]}"] if read(stack) else []
    return unasked(
        container(
            stack.images.otel_collector,
            [],
            memory=f"{COLLECTOR_MEMORY}m",
            user="0:0",
            command=["--config=/etc/otelcol/config.yml"],
            environment=collector_settings(),
            ports=[*ports(stack, Component.COLLECTOR), *otlp, *fluent],
            volumes=["./collector:/etc/otelcol:ro", "otel-collector-data:/var/lib/otelcol"],
            **more,
        )
    )


def fetched(stack: Stack, component: Component) -> dict[str, Any]:
    """The engine hands a component's lines to the collector, and keeps some for `docker compose logs`. It holds back
    what the collector does not take now, and starts and stops containers all the same. Nothing needs its socket.

    Each line is acknowledged: the engine's proxy of a published port takes connections before the collector does, and
    what was written into it would be lost."""
    if component not in read(stack):
        return {}
    options = {
        "fluentd-address": f"127.0.0.1:{stack.ports.fluent_forward}",
        "fluentd-async": "true",
        "fluentd-request-ack": "true",
        "fluentd-sub-second-precision": "true",
        "tag": component.value,
        "cache-max-size": "10m",
        "cache-max-file": "3",
    }
    return {"logging": {"driver": "fluentd", "options": options}}
