"""dcgm/counters.csv: which fields NVIDIA's dcgm-exporter shows: those that rules, panels and reports read."""

from __future__ import annotations

from collections.abc import Iterable

from generator import names
from generator.bundle import Artifact
from generator.model import Component, Stack
from generator.render import comment

# dcgm-exporter takes lines of three fields: no comma in a meaning.
COUNTERS: tuple[tuple[str, str, str], ...] = (
    ("DCGM_FI_DEV_GPU_UTIL", "gauge", "GPU utilization in %"),
    ("DCGM_FI_DEV_MEM_COPY_UTIL", "gauge", "memory bandwidth utilization in %"),
    ("DCGM_FI_DEV_ENC_UTIL", "gauge", "encoder utilization in %"),
    ("DCGM_FI_DEV_DEC_UTIL", "gauge", "decoder utilization in %"),
    ("DCGM_FI_DEV_FB_USED", "gauge", "frame buffer memory used in MiB"),
    ("DCGM_FI_DEV_FB_FREE", "gauge", "frame buffer memory free in MiB"),
    ("DCGM_FI_DEV_FB_RESERVED", "gauge", "frame buffer memory reserved in MiB"),
    ("DCGM_FI_DEV_GPU_TEMP", "gauge", "GPU temperature in C"),
    ("DCGM_FI_DEV_MEMORY_TEMP", "gauge", "memory temperature in C"),
    ("DCGM_FI_DEV_POWER_USAGE", "gauge", "power draw in W"),
    ("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "counter", "energy since the driver was loaded in mJ"),
    ("DCGM_FI_DEV_SM_CLOCK", "gauge", "SM clock in MHz"),
    ("DCGM_FI_DEV_MEM_CLOCK", "gauge", "memory clock in MHz"),
    ("DCGM_FI_DEV_CLOCKS_EVENT_REASONS", "gauge", "bit mask of what holds clocks back"),
    ("DCGM_FI_DEV_PCIE_REPLAY_COUNTER", "counter", "PCIe retries"),
    ("DCGM_FI_DEV_XID_ERRORS", "gauge", "the last XID error's code"),
    ("DCGM_FI_DEV_ECC_SBE_VOL_TOTAL", "counter", "corrected ECC errors since boot"),
    ("DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", "counter", "uncorrectable ECC errors since boot"),
    ("DCGM_FI_DRIVER_VERSION", "label", "version of the driver"),
)


def build(stack: Stack) -> Iterable[Artifact]:
    """The list, where the stack runs dcgm-exporter."""
    if Component.DCGM_EXPORTER in stack.components:
        rows = (f"{field}, {kind}, {meaning}\n" for field, kind, meaning in COUNTERS)
        yield Artifact(
            names.DCGM_COUNTERS, comment("The fields of dcgm-exporter: name, type, meaning.") + "".join(rows)
        )
