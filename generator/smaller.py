"""The stack without the servers of logs and traces that cannot be had where it is to run. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from generator.model import Component, Stack

LOGS = frozenset({Component.LOKI, Component.COLLECTOR})
TRACES = frozenset({Component.TEMPO, Component.COLLECTOR})


def without(stack: Stack, missing: Collection[Component]) -> Stack:
    """As if the spec had switched off what cannot work: no job, no data source and no alert for what does not run."""
    logs = None if LOGS & set(missing) else stack.logs
    traces = None if TRACES & set(missing) else stack.traces
    of_these = (LOGS if logs else frozenset()) | (TRACES if traces else frozenset())
    kept = tuple(c for c in stack.components if c not in LOGS | TRACES or c in of_these)
    return replace(stack, logs=logs, traces=traces, components=kept)
