"""up, down, status, logs: the only part that talks to running servers, with Docker or without."""

from __future__ import annotations

from generator.runtime.base import Project, Report, Row, Runtime, RuntimeName, RuntimeProblem, Say
from generator.runtime.choose import choose, down, recorded, running, up
from generator.runtime.table import lines

__all__ = [
    "Project",
    "Report",
    "Row",
    "Runtime",
    "RuntimeName",
    "RuntimeProblem",
    "Say",
    "choose",
    "down",
    "lines",
    "recorded",
    "running",
    "up",
]
