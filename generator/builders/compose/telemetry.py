"""Logs and traces: the collector, Loki and Tempo."""

from __future__ import annotations

from typing import Any

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
    image has no folder that another user could write its queues to."""
    otlp = [f"{stack.listen}:{getattr(stack.ports, field)}:{MORE[field][1]}" for field in ("otlp_grpc", "otlp_http")]
    return unasked(
        container(
            stack.images.otel_collector,
            [],
            memory="256m",
            user="0:0",
            command=["--config=/etc/otelcol/config.yml"],
            ports=[*ports(stack, Component.COLLECTOR), *otlp],
            volumes=["./collector:/etc/otelcol:ro", "otel-collector-data:/var/lib/otelcol"],
            **after(stack, Component.LOKI, Component.TEMPO),
        )
    )
