"""process-exporter/config.yml: processes are grouped by program; those of Python by the module or app that they run."""

from __future__ import annotations

from collections.abc import Iterable

from generator import names
from generator.bundle import Artifact
from generator.model import Component, Stack
from generator.render import to_yaml

PYTHON = (
    r"python[0-9.]*\s(?:-\S+\s)*-m\s(?P<Name>[A-Za-z_][\w.]*)",
    r"(?:gunicorn|uvicorn|hypercorn|celery)\s(?:.*\s)?(?P<Name>[A-Za-z_][\w.]*:[A-Za-z_]\w*)",
)
"""What is run, never its other arguments: they may hold secrets, and every other value would be another group."""


def build(stack: Stack) -> Iterable[Artifact]:
    """The configuration, where the stack runs process-exporter."""
    if Component.PROCESS_EXPORTER in stack.components:
        groups = [{"name": "{{.Matches.Name}}", "cmdline": [pattern]} for pattern in PYTHON]
        config = {"process_names": [*groups, {"name": "{{.Comm}}", "cmdline": [".+"]}]}
        yield Artifact(names.PROCESS_EXPORTER_CONFIG, to_yaml(config, "How process-exporter groups processes."))
