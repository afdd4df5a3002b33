"""Logs and traces with every default filled in. Pure."""

from __future__ import annotations

from generator import defaults
from generator.model import Limit, Logs, Traces
from generator.spec_telemetry import KeepSpec, LogsSection, LogThresholds, TracesSection


def logs(typed: LogsSection | None, limits: LogThresholds | None) -> Logs | None:
    """None where they are off."""
    if typed and typed.off:
        return None
    typed = typed or LogsSection()
    repeated = limits.repeated_exceptions if limits else None
    return Logs(
        level=typed.level or defaults.LOG_LEVEL,
        redact=tuple(sorted(set(typed.redact or ()))),
        repeated_exceptions=Limit(repeated, "thresholds.repeated_exceptions") if repeated else defaults.REPEATED,
        key="logs",
    )


def traces(typed: TracesSection | None) -> Traces | None:
    """None where they are off."""
    if typed and typed.off:
        return None
    keep = (typed and typed.keep) or KeepSpec()
    return Traces(
        errors=keep.errors or defaults.KEEP_ERRORS,
        slower_than=keep.slower_than or defaults.KEEP_SLOWER_THAN,
        others=keep.others or defaults.KEEP_OTHERS,
        key="traces",
    )
