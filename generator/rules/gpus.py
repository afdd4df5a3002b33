"""GPUs, by NVIDIA's names: use, memory, temperature, power, errors. The same rules hold for every exporter of them."""

from __future__ import annotations

from collections.abc import Iterator

from generator import names
from generator.model import Levels, Limit, Severity, Stack
from generator.promql import equals, select
from generator.rules.base import AlertRule, Family, RecordingRule
from generator.rules.gpu_scenarios import Card, busy, erring, filled, hot, limited
from generator.rules.notation import DEGREES, RATIO, VALUE, Notation
from generator.units import number

BY = "instance, gpu, team, simulated"
MINE = equals(names.JOB, names.JOB_GPU)
NO_VALUE = "1e15"
"""A field that a card does not have may be reported as a huge number instead of not at all."""
RECENT = "1h"
"""So long an error counts. Nothing else says that it is over: a card's last code stays until the driver restarts."""
SUBJECT = "GPU {{ $labels.gpu }} ({{ $labels.instance }})"


def gpus(stack: Stack) -> Family:
    """The family of GPUs; empty without any."""
    if not stack.gpus.targets:
        return Family("gpus")
    return Family("gpus", tuple(_recordings()), tuple(_alerts(stack)))


def _recordings() -> Iterator[RecordingRule]:
    yield _recording(names.GPU_UTILIZATION, f"{_field('GPU_UTIL')} / 100")
    used, free, reserved = (_field(f"FB_{part}") for part in ("USED", "FREE", "RESERVED"))
    yield _recording(names.GPU_MEMORY_USED, f"{used} / ((({used} + {free} + {reserved}) or ({used} + {free})) > 0)")
    yield _recording(names.GPU_TEMPERATURE, _field("GPU_TEMP"))
    yield _recording(names.GPU_POWER, _field("POWER_USAGE"))
    yield _recording(names.GPU_XID, _field("XID_ERRORS"))
    yield _recording(names.GPU_ECC_UNCORRECTED, _field("ECC_DBE_VOL_TOTAL"))


def _recording(record: str, expr: str) -> RecordingRule:
    """`host` is what inhibition compares with a host that is down."""
    return RecordingRule(record, f'label_replace({expr}, "host", "$1", "instance", "(.+):[0-9]+")')


def _field(name: str) -> str:
    """The largest value of a field for each card: a card that is divided reports one for each part."""
    return f"max by ({BY}) ({select(f'DCGM_FI_DEV_{name}', MINE)} < {NO_VALUE})"


def _alerts(stack: Stack) -> Iterator[AlertRule]:
    limits = stack.gpus.limits
    yield from _levels(stack, "GpuHighUtilization", names.GPU_UTILIZATION, limits.gpu, 600, RATIO, busy)
    yield from _levels(stack, "GpuHighMemory", names.GPU_MEMORY_USED, limits.gpu_memory, 300, RATIO, filled)
    yield from _levels(stack, "GpuHot", names.GPU_TEMPERATURE, limits.gpu_temperature, 300, DEGREES, hot)
    yield AlertRule(
        name="GpuErrors",
        expr=_errors(),
        hold=0,
        severity=Severity.CRITICAL,
        value='{{ with $labels.xid }}XID {{ . }}{{ else }}ECC × {{ $value | printf "%.0f" }}{{ end }}',
        limit="0",
        subject=SUBJECT,
        scenarios=tuple(erring(stack)),
    )


def _errors() -> str:
    """A code that came up, or a counter that grew, within the last hour and has not been reset to 0 since.

    Also of a card that has fallen off the bus with it. Each code is an alert of its own, by the label `xid`.
    """
    xid, ecc = names.GPU_XID, names.GPU_ECC_UNCORRECTED
    code = f"last_over_time({xid}[{RECENT}]) > 0 and changes({xid}[{RECENT}]) > 0"
    grown = f"increase({ecc}[{RECENT}]) > 0 and last_over_time({ecc}[{RECENT}]) > 0"
    return f'count_values by ({BY}, host) ("xid", {code}) or ({grown})'


def _levels(
    stack: Stack, name: str, series: str, levels: Levels, hold: float, notation: Notation, card: Card
) -> Iterator[AlertRule]:
    for severity, limit in ((Severity.WARNING, levels.warning), (Severity.CRITICAL, levels.critical)):
        yield _level(stack, name, series, limit, severity, hold, notation, card)


def _level(
    stack: Stack, name: str, series: str, limit: Limit, severity: Severity, hold: float, notation: Notation, card: Card
) -> AlertRule:
    return AlertRule(
        name=name,
        expr=f"{series} > {number(limit.value)}",
        hold=hold,
        severity=severity,
        value=notation(VALUE),
        limit=notation(repr(float(limit.value))),
        subject=SUBJECT,
        limits=((name, limit),),
        scenarios=tuple(limited(stack, name, severity, hold, limit.value, card)),
    )
