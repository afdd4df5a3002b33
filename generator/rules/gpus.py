"""GPUs, by NVIDIA's names: use, memory, temperature, power. The same rules hold for every exporter that speaks them."""

from __future__ import annotations

from collections.abc import Iterator

from generator import names
from generator.model import Stack
from generator.promql import equals, select
from generator.rules.base import Family, RecordingRule

BY = "instance, gpu, team, simulated"
MINE = equals(names.JOB, names.JOB_GPU)
NO_VALUE = "1e15"
"""A field that a card does not have may be reported as a huge number instead of not at all."""


def gpus(stack: Stack) -> Family:
    """The family of GPUs; empty without any."""
    return Family("gpus", tuple(_recordings()) if stack.gpus.targets else ())


def _recordings() -> Iterator[RecordingRule]:
    yield RecordingRule(names.GPU_UTILIZATION, f"{_field('GPU_UTIL')} / 100")
    used, free, reserved = (_field(f"FB_{part}") for part in ("USED", "FREE", "RESERVED"))
    yield RecordingRule(names.GPU_MEMORY_USED, f"{used} / ((({used} + {free} + {reserved}) or ({used} + {free})) > 0)")
    yield RecordingRule(names.GPU_TEMPERATURE, _field("GPU_TEMP"))
    yield RecordingRule(names.GPU_POWER, _field("POWER_USAGE"))


def _field(name: str) -> str:
    """The largest value of a field for each card: a card that is divided reports one for each part."""
    return f"max by ({BY}) ({select(f'DCGM_FI_DEV_{name}', MINE)} < {NO_VALUE})"
