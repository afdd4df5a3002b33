"""Where logs and traces go: what a backend does not take now waits on disk until it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from generator import names
from generator.builders.collector.places import STORAGE, listen
from generator.model import Component, Stack
from generator.targets import TARGETS

LOKI, TEMPO, SPAN_METRICS = names.EXPORTER_LOKI, names.EXPORTER_TEMPO, "prometheus/spans"
QUEUES = {"logs": 2 << 30, "traces": 1 << 30}
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
