"""process-exporter/config.yml: processes are grouped by the name of their program, never by arguments or number."""

from __future__ import annotations

from collections.abc import Iterable

from generator import names
from generator.bundle import Artifact
from generator.model import Component, Stack
from generator.render import to_yaml


def build(stack: Stack) -> Iterable[Artifact]:
    """The configuration, where the stack runs process-exporter."""
    if Component.PROCESS_EXPORTER in stack.components:
        config = {"process_names": [{"name": "{{.Comm}}", "cmdline": [".+"]}]}
        yield Artifact(names.PROCESS_EXPORTER_CONFIG, to_yaml(config, "How process-exporter groups processes."))
