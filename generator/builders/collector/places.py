"""Where the collector listens and keeps its queues, in each runtime."""

from __future__ import annotations

from generator.model import Component, Stack
from generator.targets.base import INSIDE, MORE, SENT_TO

GUARD, STORAGE, HEALTH = "memory_limiter", "file_storage", "health_check"


def listen(stack: Stack, field: str) -> str:
    """Inside its container on every address; natively on this host alone, but for what services send."""
    if stack.target == "compose":
        inside = MORE[field][1] if field in MORE else INSIDE[Component.COLLECTOR]
        return f"0.0.0.0:{inside}"
    host = stack.listen if field in SENT_TO else "127.0.0.1"
    return f"{host}:{getattr(stack.ports, field)}"


def folder(stack: Stack) -> str:
    return "/var/lib/otelcol" if stack.target == "compose" else "${env:STACK_STATE}/data/otel-collector"
