"""Where logs and traces go: what a backend does not take now waits on disk until it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from generator import names
from generator.builders.collector.ottl import plain
from generator.builders.collector.places import STORAGE, listen
from generator.model import Component, Stack
from generator.model_alerting import Exporter, Secret, every_secret
from generator.targets import TARGETS

LOKI, TEMPO, SPAN_METRICS = names.EXPORTER_LOKI, names.EXPORTER_TEMPO, "prometheus/spans"
QUEUES = {"logs": 2 << 30, "traces": 1 << 30, "others": 512 << 20}
"""Bytes on disk. 5,000 lines/s of 600 bytes fill the first in ten minutes, a hundred in nine hours."""


def exporters(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    target = TARGETS[stack.target]
    if stack.logs:
        loki = f"http://{target.address(Component.LOKI, stack.ports, stack.listen)}/otlp"
        yield LOKI, {"endpoint": loki, "compression": "none", **patient("logs")}
    if stack.traces:
        tempo = target.more("tempo_otlp", stack.ports, stack.listen)
        yield TEMPO, {"endpoint": tempo, "compression": "none", "tls": {"insecure": True}, **patient("traces")}
        yield (
            SPAN_METRICS,
            {"endpoint": listen(stack, "span_metrics"), "enable_open_metrics": True, "without_scope_info": True},
        )
    for exporter in stack.exporters:
        if sent(stack, exporter):
            yield named(exporter), {**_elsewhere(stack, exporter), **patient("others")}


def named(exporter: Exporter) -> str:
    return f"{'datadog' if exporter.kind == 'datadog' else 'otlp_http'}/{exporter.name}"


def sent(stack: Stack, exporter: Exporter) -> tuple[str, ...]:
    """The signals that it gets: what is switched off is nowhere."""
    on = {"logs": stack.logs, "traces": stack.traces}
    return tuple(signal for signal in exporter.signals if on[signal])


def secrets(stack: Stack) -> tuple[Secret, ...]:
    """What the collector reads from files."""
    return every_secret((), stack.exporters) if Component.COLLECTOR in stack.components else ()


def _elsewhere(stack: Stack, exporter: Exporter) -> dict[str, Any]:
    secret = exporter.secret
    value = f"${{file:{_place(stack, secret)}}}" if secret else ""
    if exporter.kind == "datadog":
        return {"api": {"site": exporter.endpoint, "key": value}}
    words = {"sentry": f"sentry sentry_key={value}", "elasticsearch": f"ApiKey {value}"}
    headers = {"headers": {exporter.header: words.get(exporter.kind, value)}} if secret else {}
    return {"endpoint": plain(exporter.endpoint), **headers}


def _place(stack: Stack, secret: Secret) -> str:
    return f"${{env:STACK_STATE}}/secrets/{secret.name}" if stack.target == "native" else secret.mounted


def patient(signal: str) -> dict[str, Any]:
    """A queue on disk, tried for ever. What is taken from it for a request is only forgotten once that succeeded."""
    batch = {"flush_timeout": "500ms", "sizer": "bytes", "min_size": 256 << 10, "max_size": 1 << 20}
    return {
        "sending_queue": {
            "storage": STORAGE,
            "sizer": "bytes",
            "queue_size": QUEUES[signal],
            "num_consumers": 4,
            "batch": batch,
        },
        "retry_on_failure": {"initial_interval": "1s", "max_interval": "10s", "max_elapsed_time": "0s"},
        "timeout": "30s",
    }
