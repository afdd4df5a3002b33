"""What one look at the cards gives, whoever looked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

Mode = Literal["nvml", "simulated"]


@dataclass(frozen=True, slots=True)
class ProcessMemory:
    """Memory of one card that one process holds, in bytes. The name is "" where nobody can tell."""

    pid: int
    name: str
    used_bytes: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One card in NVML's own units. None is a field that the card does not have.

    utilization, memory_utilization, encoder_utilization, decoder_utilization: percent of the last sample period;
        `memory_utilization` is the share of time that memory was read or written, not how full it is.
    memory_used, memory_free, memory_reserved: bytes; together all of the card's memory.
    temperature, memory_temperature: degrees Celsius.
    power: milliwatts.  energy: millijoules since the driver was loaded.
    sm_clock, memory_clock: MHz.  clocks_event_reasons: NVML's bit mask of what holds the clocks back.
    pcie_replays, ecc_corrected, ecc_uncorrected: counts since the driver was loaded.
    xid: the last XID error's code since the exporter was started, 0 before the first.
    """

    gpu: int
    uuid: str
    pci_bus_id: str
    model: str
    utilization: float | None = None
    memory_utilization: float | None = None
    encoder_utilization: float | None = None
    decoder_utilization: float | None = None
    memory_used: int | None = None
    memory_free: int | None = None
    memory_reserved: int | None = None
    temperature: float | None = None
    memory_temperature: float | None = None
    power: float | None = None
    energy: float | None = None
    sm_clock: float | None = None
    memory_clock: float | None = None
    clocks_event_reasons: int | None = None
    pcie_replays: int | None = None
    ecc_corrected: int | None = None
    ecc_uncorrected: int | None = None
    xid: int | None = None
    processes: tuple[ProcessMemory, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All cards that answered. `errors` counts by reason what went wrong since the start, 0 included."""

    mode: Mode
    hostname: str
    driver: str
    readings: tuple[Reading, ...]
    errors: Mapping[str, int]


class Source(Protocol):
    """Something that can look at the cards. `read` never raises for what is wrong with a card."""

    def read(self) -> Snapshot: ...
