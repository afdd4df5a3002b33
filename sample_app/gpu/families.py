"""Readings become metric families with the names, labels and units of NVIDIA's dcgm-exporter. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import Metric, generate_latest
from prometheus_client.registry import Collector

from . import VERSION
from .readings import Reading, Snapshot

MIB = 2**20
MOST_PROCESS_SERIES = 64
LARGEST_VALUE = 2**62
"""What is as large as this is a mark for "no value": DCGM's blanks and NVML's 64-bit ones are above it."""

NO_VALUE = frozenset({2.0**32 - 1})
"""NVML's 32-bit mark for "no value"."""

OTHER = "other"
_COUNTER_COMMENT = re.compile(rb"^(# (?:HELP|TYPE) DCGM_\w+)_total ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Field:
    """One DCGM field: its name, type and meaning, where a reading holds it, and by what to divide for DCGM's unit."""

    name: str
    kind: str
    meaning: str
    attribute: str
    divisor: int = 1


FIELDS = (
    Field("DCGM_FI_DEV_GPU_UTIL", "gauge", "Share of time that kernels ran in percent", "utilization"),
    Field("DCGM_FI_DEV_MEM_COPY_UTIL", "gauge", "Share of time that memory was busy in percent", "memory_utilization"),
    Field("DCGM_FI_DEV_ENC_UTIL", "gauge", "Use of the video encoder in percent", "encoder_utilization"),
    Field("DCGM_FI_DEV_DEC_UTIL", "gauge", "Use of the video decoder in percent", "decoder_utilization"),
    Field("DCGM_FI_DEV_FB_USED", "gauge", "Frame buffer memory in use in MiB", "memory_used", MIB),
    Field("DCGM_FI_DEV_FB_FREE", "gauge", "Frame buffer memory that is free in MiB", "memory_free", MIB),
    Field(
        "DCGM_FI_DEV_FB_RESERVED", "gauge", "Frame buffer memory that the driver keeps in MiB", "memory_reserved", MIB
    ),
    Field("DCGM_FI_DEV_GPU_TEMP", "gauge", "Temperature of the GPU in degrees Celsius", "temperature"),
    Field("DCGM_FI_DEV_MEMORY_TEMP", "gauge", "Temperature of the memory in degrees Celsius", "memory_temperature"),
    Field("DCGM_FI_DEV_POWER_USAGE", "gauge", "Power that the card draws in W", "power", 1000),
    Field("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "counter", "Energy since the driver was loaded in mJ", "energy"),
    Field("DCGM_FI_DEV_SM_CLOCK", "gauge", "Clock of the multiprocessors in MHz", "sm_clock"),
    Field("DCGM_FI_DEV_MEM_CLOCK", "gauge", "Clock of the memory in MHz", "memory_clock"),
    Field(
        "DCGM_FI_DEV_CLOCKS_EVENT_REASONS", "gauge", "What holds the clocks back as a bit mask", "clocks_event_reasons"
    ),
    Field("DCGM_FI_DEV_PCIE_REPLAY_COUNTER", "counter", "PCIe packets that were sent again", "pcie_replays"),
    Field("DCGM_FI_DEV_XID_ERRORS", "gauge", "Code of the last XID error or 0", "xid"),
    Field("DCGM_FI_DEV_ECC_SBE_VOL_TOTAL", "counter", "Memory errors that ECC corrected", "ecc_corrected"),
    Field("DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", "counter", "Memory errors that ECC could not correct", "ecc_uncorrected"),
)


def page(snapshot: Snapshot) -> bytes:
    """The page in Prometheus' text format 0.0.4. NVIDIA's counters keep their names, without a `_total`."""
    return _COUNTER_COMMENT.sub(rb"\1 ", generate_latest(_Collected(snapshot)))


class _Collected(Collector):
    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterable[Metric]:
        return families(self._snapshot)


def families(snapshot: Snapshot) -> Iterator[Metric]:
    """Every family of which there is at least one series."""
    mark = {"simulated": "true"} if snapshot.mode == "simulated" else {}
    for field in FIELDS:
        metric = Metric(field.name, field.meaning, field.kind)
        for reading in snapshot.readings:
            found = value(getattr(reading, field.attribute))
            if found is not None:
                metric.add_sample(field.name, {**_labels(reading, snapshot), **mark}, found / field.divisor)
        if metric.samples:
            yield metric
    processes = Metric("gpu_process_memory_used_bytes", "Memory of a card that one process holds in bytes", "gauge")
    for labels, used in _processes(snapshot.readings):
        processes.add_sample(processes.name, {**labels, **mark}, used)
    if processes.samples:
        yield processes
    yield from _own(snapshot, mark)


def value(number: float | None) -> float | None:
    """The number, or None for what stands for "no value": nothing, NaN, below 0, all bits set."""
    if number is None or not 0 <= number < LARGEST_VALUE or number in NO_VALUE:
        return None
    return float(number)


def _labels(reading: Reading, snapshot: Snapshot) -> dict[str, str]:
    return {
        "gpu": str(reading.gpu),
        "UUID": reading.uuid,
        "pci_bus_id": reading.pci_bus_id,
        "device": f"nvidia{reading.gpu}",
        "modelName": reading.model,
        "Hostname": snapshot.hostname,
        "DCGM_FI_DRIVER_VERSION": snapshot.driver,
    }


def _processes(readings: tuple[Reading, ...]) -> Iterator[tuple[dict[str, str], int]]:
    """At most 64 series: the largest by name, the rest as one for each card."""
    found = [(reading, process) for reading in readings for process in reading.processes]
    found.sort(key=lambda pair: (-pair[1].used_bytes, pair[0].gpu, pair[1].pid))
    named = len(found) if len(found) <= MOST_PROCESS_SERIES else max(0, MOST_PROCESS_SERIES - len(readings))
    for reading, process in found[:named]:
        yield _process_labels(reading, str(process.pid), process.name), process.used_bytes
    for reading in readings:
        rest = [process.used_bytes for owner, process in found[named:] if owner is reading]
        if rest:
            yield _process_labels(reading, "", OTHER), sum(rest)


def _process_labels(reading: Reading, pid: str, name: str) -> dict[str, str]:
    return {"gpu": str(reading.gpu), "UUID": reading.uuid, "pid": pid, "process_name": name}


def _own(snapshot: Snapshot, mark: dict[str, str]) -> Iterator[Metric]:
    info = Metric("gpu_exporter_info", "Where the numbers come from", "gauge")
    info.add_sample(info.name, {"mode": snapshot.mode, "version": VERSION, **mark}, 1)
    yield info
    errors = Metric("gpu_exporter_errors", "Cards, fields and loads that could not be read", "counter")
    for reason, count in snapshot.errors.items():
        errors.add_sample("gpu_exporter_errors_total", {"reason": reason, **mark}, count)
    yield errors
