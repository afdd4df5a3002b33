"""Reads cards through NVML, the library of NVIDIA's driver. A card that fails does not touch the others."""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import PurePosixPath
from threading import Lock
from typing import Any

from .readings import ProcessMemory, Reading, Snapshot
from .xid import XidWatch

CLOSE_SECONDS = 2.0
LONGEST_NAME = 64
"""Characters of a process's name that are shown."""

DRIVER_ERRORS = ("DRIVER_NOT_LOADED", "LIBRARY_NOT_FOUND", "LIB_RM_VERSION_MISMATCH", "UNINITIALIZED")
CARD_ERRORS = ("GPU_IS_LOST", "GPU_NOT_FOUND", "RESET_REQUIRED")
ABSENT = (
    "NOT_SUPPORTED",
    "FUNCTION_NOT_FOUND",
    "NO_DATA",
    "NOT_FOUND",
    "VGPU_ECC_NOT_SUPPORTED",
    "ARGUMENT_VERSION_MISMATCH",
    "DEPRECATED",
)
"""Errors that say: this card or this driver has no such field."""

REASONS = {
    **dict.fromkeys(DRIVER_ERRORS, "driver"),
    **dict.fromkeys(CARD_ERRORS, "lost"),
    "RESET_REQUIRED": "reset_required",
    "NO_PERMISSION": "permission",
    "TIMEOUT": "timeout",
}
OTHER_REASON = "other"

Values = Mapping[str, Any]


class NoDriver(Exception):
    """NVML cannot be used on this machine; the text says what is missing."""


class NvmlSource:
    """All cards of this machine. Raises NoDriver at once where NVML does not work or knows no card.

    A driver that goes away later gives no cards until it is back; each look tries again.
    """

    def __init__(self, hostname: str) -> None:
        self._hostname = hostname
        self._nvml = _bindings()
        self._lock = Lock()
        self._errors = dict.fromkeys([*REASONS.values(), OTHER_REASON], 0)
        self._reasons = {getattr(self._nvml, f"NVML_ERROR_{name}"): reason for name, reason in REASONS.items()}
        self._lost = _codes(self._nvml, CARD_ERRORS)
        self._driver_gone = _codes(self._nvml, DRIVER_ERRORS)
        self._absent = _codes(self._nvml, ABSENT)
        self._xids = XidWatch(self._nvml)
        self._driver = ""
        try:
            self._open()
            cards = self._nvml.nvmlDeviceGetCount()
        except self._nvml.NVMLError as error:
            raise NoDriver(_missing(self._nvml, error)) from error
        if not cards:
            raise NoDriver("the NVIDIA driver knows no GPU")

    def read(self) -> Snapshot:
        """Every card that answers, now."""
        with self._lock:
            readings: tuple[Reading, ...] = ()
            try:
                if not self._driver:
                    self._open()
                readings = tuple(self._readings())
            except self._nvml.NVMLError as error:
                self._count(error)
                self._close()
            return Snapshot("nvml", self._hostname, self._driver, readings, dict(self._errors))

    def close(self) -> None:
        """Ends the thread that waits for XID errors, and NVML; not while a look is stuck in the driver."""
        if self._lock.acquire(timeout=CLOSE_SECONDS):
            try:
                self._close()
            finally:
                self._lock.release()

    def _open(self) -> None:
        self._nvml.nvmlInit()
        self._driver = str(self._nvml.nvmlSystemGetDriverVersion())
        self._xids.start()

    def _close(self) -> None:
        self._xids.stop()
        with suppress(self._nvml.NVMLError):
            self._nvml.nvmlShutdown()
        self._driver = ""

    def _readings(self) -> Iterable[Reading]:
        for number in range(self._nvml.nvmlDeviceGetCount()):
            try:
                reading = self._reading(number)
            except self._nvml.NVMLError as error:
                if error.value in self._driver_gone:
                    raise
                self._count(error)
            else:
                yield reading

    def _reading(self, number: int) -> Reading:
        nvml = self._nvml
        handle = nvml.nvmlDeviceGetHandleByIndex(number)
        uuid = nvml.nvmlDeviceGetUUID(handle)
        bus, model = nvml.nvmlDeviceGetPciInfo(handle).busId, nvml.nvmlDeviceGetName(handle)
        values: dict[str, Any] = {}
        for part in PARTS:
            values |= self._part(part, handle)
        return Reading(number, uuid, bus, model, **values, xid=self._xids.last(uuid))

    def _part(self, part: Callable[[Any, Any], Values], handle: Any) -> Values:
        """What `part` reads; nothing where the card has no such field. Raises what ends the whole card."""
        try:
            return part(self._nvml, handle)
        except self._nvml.NVMLLibraryMismatchError:
            return {}
        except self._nvml.NVMLError as error:
            if error.value in self._lost or error.value in self._driver_gone:
                raise
            if error.value not in self._absent:
                self._count(error)
            return {}

    def _count(self, error: Any) -> None:
        self._errors[self._reasons.get(error.value, OTHER_REASON)] += 1


def _bindings() -> Any:
    try:
        return importlib.import_module("pynvml")
    except ModuleNotFoundError as error:
        raise NoDriver("the Python package nvidia-ml-py is not installed") from error


def _missing(nvml: Any, error: Any) -> str:
    known = {
        nvml.NVML_ERROR_LIBRARY_NOT_FOUND: "there is no NVIDIA driver: libnvidia-ml.so.1 is not on this machine",
        nvml.NVML_ERROR_DRIVER_NOT_LOADED: "the NVIDIA driver is installed but not loaded",
        nvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: "the NVIDIA driver was updated: restart the machine",
        nvml.NVML_ERROR_NO_PERMISSION: "this user may not talk to the NVIDIA driver",
    }
    return known.get(error.value, f"the NVIDIA driver does not answer: {error}")


def _codes(nvml: Any, names: tuple[str, ...]) -> frozenset[int]:
    return frozenset(getattr(nvml, f"NVML_ERROR_{name}") for name in names)


def _utilization(nvml: Any, handle: Any) -> Values:
    rates = nvml.nvmlDeviceGetUtilizationRates(handle)
    return {"utilization": rates.gpu, "memory_utilization": rates.memory}


def _encoder(nvml: Any, handle: Any) -> Values:
    return {"encoder_utilization": nvml.nvmlDeviceGetEncoderUtilization(handle)[0]}


def _decoder(nvml: Any, handle: Any) -> Values:
    return {"decoder_utilization": nvml.nvmlDeviceGetDecoderUtilization(handle)[0]}


def _memory(nvml: Any, handle: Any) -> Values:
    """An older driver tells no reserved memory apart: there it is part of what is in use."""
    try:
        memory = nvml.nvmlDeviceGetMemoryInfo(handle, version=nvml.nvmlMemory_v2)
    except (nvml.NVMLError_FunctionNotFound, nvml.NVMLError_ArgumentVersionMismatch):
        memory = nvml.nvmlDeviceGetMemoryInfo(handle)
        return {"memory_used": memory.used, "memory_free": memory.free}
    return {"memory_used": memory.used, "memory_free": memory.free, "memory_reserved": memory.reserved}


def _temperature(nvml: Any, handle: Any) -> Values:
    try:
        return {"temperature": nvml.nvmlDeviceGetTemperatureV(handle, nvml.NVML_TEMPERATURE_GPU)}
    except (nvml.NVMLError_FunctionNotFound, nvml.NVMLError_ArgumentVersionMismatch):
        return {"temperature": nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU)}


def _memory_temperature(nvml: Any, handle: Any) -> Values:
    """Cards without the sensor say so, or tell exactly 0."""
    found = nvml.nvmlDeviceGetFieldValues(handle, [nvml.NVML_FI_DEV_MEMORY_TEMP])[0]
    if found.nvmlReturn != nvml.NVML_SUCCESS:
        raise nvml.NVMLError(found.nvmlReturn)
    return {"memory_temperature": field_number(nvml, found) or None}


def field_number(nvml: Any, found: Any) -> float | None:
    """The number in a field value, by the type that NVML gave it; None for a type that is not known here."""
    members = {
        nvml.NVML_VALUE_TYPE_DOUBLE: "dVal",
        nvml.NVML_VALUE_TYPE_UNSIGNED_INT: "uiVal",
        nvml.NVML_VALUE_TYPE_UNSIGNED_LONG: "ulVal",
        nvml.NVML_VALUE_TYPE_UNSIGNED_LONG_LONG: "ullVal",
        nvml.NVML_VALUE_TYPE_SIGNED_LONG_LONG: "sllVal",
        nvml.NVML_VALUE_TYPE_SIGNED_INT: "siVal",
        nvml.NVML_VALUE_TYPE_UNSIGNED_SHORT: "usVal",
    }
    member = members.get(found.valueType)
    return None if member is None else float(getattr(found.value, member))


def _power(nvml: Any, handle: Any) -> Values:
    return {"power": nvml.nvmlDeviceGetPowerUsage(handle)}


def _energy(nvml: Any, handle: Any) -> Values:
    return {"energy": nvml.nvmlDeviceGetTotalEnergyConsumption(handle)}


def _sm_clock(nvml: Any, handle: Any) -> Values:
    return {"sm_clock": nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM)}


def _memory_clock(nvml: Any, handle: Any) -> Values:
    return {"memory_clock": nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_MEM)}


def _event_reasons(nvml: Any, handle: Any) -> Values:
    try:
        return {"clocks_event_reasons": nvml.nvmlDeviceGetCurrentClocksEventReasons(handle)}
    except nvml.NVMLError_FunctionNotFound:
        return {"clocks_event_reasons": nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle)}


def _replays(nvml: Any, handle: Any) -> Values:
    return {"pcie_replays": nvml.nvmlDeviceGetPcieReplayCounter(handle)}


def _ecc_corrected(nvml: Any, handle: Any) -> Values:
    kind = nvml.NVML_MEMORY_ERROR_TYPE_CORRECTED
    return {"ecc_corrected": nvml.nvmlDeviceGetTotalEccErrors(handle, kind, nvml.NVML_VOLATILE_ECC)}


def _ecc_uncorrected(nvml: Any, handle: Any) -> Values:
    kind = nvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED
    return {"ecc_uncorrected": nvml.nvmlDeviceGetTotalEccErrors(handle, kind, nvml.NVML_VOLATILE_ECC)}


def _processes(nvml: Any, handle: Any) -> Values:
    """A process that computes and draws is in both lists with the same memory; on a divided card once for each part."""
    held: dict[tuple[int, int, int], int] = {}
    for ask in (nvml.nvmlDeviceGetComputeRunningProcesses, nvml.nvmlDeviceGetGraphicsRunningProcesses):
        with suppress(nvml.NVMLError_NotSupported, nvml.NVMLLibraryMismatchError):
            for found in ask(handle):
                key = (found.pid, found.gpuInstanceId, found.computeInstanceId)
                held[key] = max(held.get(key, 0), found.usedGpuMemory or 0)
    by_pid: dict[int, int] = defaultdict(int)
    for (pid, _gpu_instance, _compute_instance), used in held.items():
        by_pid[pid] += used
    shown = sorted((pid, used) for pid, used in by_pid.items() if used)
    return {"processes": tuple(ProcessMemory(pid, _process_name(nvml, pid), used) for pid, used in shown)}


def _process_name(nvml: Any, pid: int) -> str:
    try:
        return program_name(nvml.nvmlSystemGetProcessName(pid))
    except (nvml.NVMLError, UnicodeError):
        return ""


def program_name(command: str) -> str:
    """The first word without its folder, at most 64 characters: what follows may hold secrets, or change a lot."""
    return PurePosixPath(command.strip().partition(" ")[0]).name[:LONGEST_NAME]


PARTS = (
    _utilization,
    _encoder,
    _decoder,
    _memory,
    _temperature,
    _memory_temperature,
    _power,
    _energy,
    _sm_clock,
    _memory_clock,
    _event_reasons,
    _replays,
    _ecc_corrected,
    _ecc_uncorrected,
    _processes,
)
