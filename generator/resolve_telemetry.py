"""Logs and traces with every default filled in. Pure."""

from __future__ import annotations

from generator import defaults
from generator.model import Logs, Traces
from generator.spec_telemetry import KeepSpec, LogsSection, TracesSection


def logs(typed: LogsSection | None) -> Logs | None:
    """None where they are off."""
    if typed and typed.off:
        return None
    typed = typed or LogsSection()
    return Logs(typed.level or defaults.LOG_LEVEL, tuple(sorted(set(typed.redact or ()))), "logs")


def traces(typed: TracesSection | None) -> Traces | None:
    """None where they are off."""
    if typed and typed.off:
        return None
    keep = (typed and typed.keep) or KeepSpec()
    return Traces(
        errors=defaults.KEEP_ERRORS if keep.errors is None else keep.errors,
        slower_than=keep.slower_than or defaults.KEEP_SLOWER_THAN,
        others=defaults.KEEP_OTHERS if keep.others is None else keep.others,
        key="traces",
    )
