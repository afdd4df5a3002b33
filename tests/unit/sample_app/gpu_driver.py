"""A driver for tests: the functions of libnvidia-ml.so.1 as the C interface has them, under the real Python binding.

Cards are at made-up addresses. What a card's `answers` do not name is "not supported"; an `Error` is returned as it is.
"""

from __future__ import annotations

import ctypes
import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pynvml  # type: ignore[import-untyped]
import pytest

SUCCESS, NOT_SUPPORTED, NOT_FOUND, INSUFFICIENT_SIZE, TIMEOUT = 0, 3, 6, 7, 10
NO_PERMISSION, DRIVER_NOT_LOADED, GPU_IS_LOST, RESET_REQUIRED = 4, 9, 15, 16
FIRST_ADDRESS = 0x10000
SCALARS = frozenset(
    {
        "nvmlDeviceGetPowerUsage",
        "nvmlDeviceGetTotalEnergyConsumption",
        "nvmlDeviceGetClockInfo",
        "nvmlDeviceGetTotalEccErrors",
        "nvmlDeviceGetPcieReplayCounter",
        "nvmlDeviceGetCurrentClocksEventReasons",
        "nvmlDeviceGetCurrentClocksThrottleReasons",
        "nvmlDeviceGetTemperature",
        "nvmlDeviceGetEncoderUtilization",
        "nvmlDeviceGetDecoderUtilization",
        "nvmlDeviceGetSupportedEventTypes",
    }
)
STRUCTS = frozenset(
    {
        "nvmlDeviceGetUtilizationRates",
        "nvmlDeviceGetMemoryInfo",
        "nvmlDeviceGetMemoryInfo_v2",
        "nvmlDeviceGetTemperatureV",
    }
)
PROCESS_LISTS = frozenset({"nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetGraphicsRunningProcesses_v3"})
TEXTS = frozenset({"nvmlDeviceGetUUID", "nvmlDeviceGetName"})


@dataclass(frozen=True, slots=True)
class Error:
    """A return value of NVML."""

    code: int


@dataclass
class FakeCard:
    """What a card answers, by the C function's name, with the selecting argument where there is one."""

    uuid: str
    bus: str
    name: str
    answers: dict[Any, Any] = field(default_factory=dict)
    broken: int = SUCCESS
    """What every function returns once the card has failed."""


@dataclass
class FakeDriver:
    """libnvidia-ml.so.1 with these cards; `absent` are functions that this version of it does not have."""

    cards: list[FakeCard]
    absent: frozenset[str] = frozenset()
    state: int = SUCCESS
    processes: dict[int, str] = field(default_factory=dict)
    events: queue.Queue[tuple[int, int, int] | Error] = field(default_factory=queue.Queue)
    registered: list[int] = field(default_factory=list)

    def __getattr__(self, name: str) -> Callable[..., int]:
        if not name.startswith("nvml") or name in self.absent:
            raise AttributeError(name)

        def function(*arguments: Any) -> int:
            return self._call(name, arguments)

        return function

    def _call(self, name: str, arguments: tuple[Any, ...]) -> int:
        if name == "nvmlShutdown":
            return SUCCESS
        if self.state:
            return self.state
        if not name.startswith("nvmlDevice") or name in ("nvmlDeviceGetCount_v2", "nvmlDeviceGetHandleByIndex_v2"):
            return int(getattr(self, f"_{name}")(*arguments))
        index = _address(arguments[0]) - FIRST_ADDRESS
        card = self.cards[index]
        return card.broken or _device(card, name, arguments[1:]) if name != REGISTER else self._register(index)

    def _register(self, index: int) -> int:
        self.registered.append(index)
        return SUCCESS

    def _nvmlInitWithFlags(self, _flags: int) -> int:
        return SUCCESS

    def _nvmlSystemGetDriverVersion(self, text: Any, _length: Any) -> int:
        text.value = b"580.105.08"
        return SUCCESS

    def _nvmlDeviceGetCount_v2(self, count: Any) -> int:
        count._obj.value = len(self.cards)
        return SUCCESS

    def _nvmlDeviceGetHandleByIndex_v2(self, index: Any, handle: Any) -> int:
        card: FakeCard = self.cards[index.value]
        if not card.broken:
            _point(handle._obj, FIRST_ADDRESS + index.value)
        return card.broken

    def _nvmlSystemGetProcessName(self, pid: Any, text: Any, _length: Any) -> int:
        if pid.value not in self.processes:
            return NOT_FOUND
        text.value = self.processes[pid.value].encode()
        return SUCCESS

    def _nvmlEventSetCreate(self, events: Any) -> int:
        _point(events._obj, 1)
        return SUCCESS

    def _nvmlEventSetFree(self, _events: Any) -> int:
        return SUCCESS

    def _nvmlEventSetWait_v2(self, _events: Any, data: Any, milliseconds: Any) -> int:
        try:
            event = self.events.get(timeout=milliseconds.value / 1000)
        except queue.Empty:
            return TIMEOUT
        if isinstance(event, Error):
            return event.code
        _point_field(data._obj, "device", FIRST_ADDRESS + event[0])
        data._obj.eventType, data._obj.eventData = event[1], event[2]
        return SUCCESS


REGISTER = "nvmlDeviceRegisterEvents"


def _device(card: FakeCard, name: str, arguments: tuple[Any, ...]) -> int:
    if name in TEXTS:
        arguments[0].value = (card.uuid if name == "nvmlDeviceGetUUID" else card.name).encode()
        return SUCCESS
    if name == "nvmlDeviceGetPciInfo_v3":
        arguments[0]._obj.busId = card.bus
        return SUCCESS
    if name == "nvmlDeviceGetFieldValues":
        return _field_values(card, arguments[0].value, arguments[1]._obj)
    selectors = tuple(argument.value for argument in arguments if hasattr(argument, "value"))
    answer = card.answers.get((name, *selectors) if name in SCALARS and selectors else name, Error(NOT_SUPPORTED))
    if isinstance(answer, Error):
        return answer.code
    if name in SCALARS:
        next(argument for argument in arguments if hasattr(argument, "_obj"))._obj.value = answer
    elif name in STRUCTS:
        for part, number in answer.items():
            setattr(arguments[0]._obj, part, number)
    elif name in PROCESS_LISTS:
        return _process_list(answer, arguments[0]._obj, arguments[1])
    else:
        raise AssertionError(f"the tests' driver has no {name}")
    return SUCCESS


def _field_values(card: FakeCard, count: int, values: Any) -> int:
    for position in range(count):
        answer = card.answers.get(("field", values[position].fieldId), Error(NOT_SUPPORTED))
        if isinstance(answer, Error):
            values[position].nvmlReturn = answer.code
            continue
        kind, member, number = answer
        values[position].nvmlReturn, values[position].valueType = SUCCESS, kind
        setattr(values[position].value, member, number)
    return SUCCESS


def _process_list(found: list[dict[str, int]], count: Any, array: Any) -> int:
    if count.value < len(found) or (found and array is None):
        count.value = len(found)
        return INSUFFICIENT_SIZE
    count.value = len(found)
    for position, process in enumerate(found):
        for part, number in process.items():
            setattr(array[position], part, number)
    return SUCCESS


def _address(handle: Any) -> int:
    return ctypes.cast(handle, ctypes.c_void_p).value or 0


def _point(pointer: Any, address: int) -> None:
    ctypes.c_void_p.from_buffer(pointer).value = address


def _point_field(struct: Any, name: str, address: int) -> None:
    ctypes.c_void_p.from_buffer(struct, getattr(type(struct), name).offset).value = address


def full_card(number: int = 0) -> FakeCard:
    """A data-center card that has everything."""
    return FakeCard(
        uuid=f"GPU-0000000{number}-1111-2222-3333-444444444444",
        bus=f"00000000:{0x18 + number:02X}:00.0",
        name="NVIDIA H100 80GB HBM3",
        answers={
            "nvmlDeviceGetUtilizationRates": {"gpu": 87, "memory": 41},
            "nvmlDeviceGetEncoderUtilization": 5,
            "nvmlDeviceGetDecoderUtilization": 6,
            "nvmlDeviceGetMemoryInfo_v2": {
                "total": 81559 * 2**20,
                "reserved": 559 * 2**20,
                "free": 41000 * 2**20,
                "used": 40000 * 2**20,
            },
            "nvmlDeviceGetMemoryInfo": {"total": 81559 * 2**20, "free": 41000 * 2**20, "used": 40559 * 2**20},
            "nvmlDeviceGetTemperatureV": {"temperature": 61},
            ("nvmlDeviceGetTemperature", pynvml.NVML_TEMPERATURE_GPU): 60,
            ("field", pynvml.NVML_FI_DEV_MEMORY_TEMP): (pynvml.NVML_VALUE_TYPE_UNSIGNED_INT, "uiVal", 74),
            "nvmlDeviceGetPowerUsage": 512345,
            "nvmlDeviceGetTotalEnergyConsumption": 987654321012,
            ("nvmlDeviceGetClockInfo", pynvml.NVML_CLOCK_SM): 1980,
            ("nvmlDeviceGetClockInfo", pynvml.NVML_CLOCK_MEM): 2619,
            "nvmlDeviceGetCurrentClocksEventReasons": 0x4,
            "nvmlDeviceGetCurrentClocksThrottleReasons": 0x8,
            "nvmlDeviceGetPcieReplayCounter": 2,
            ("nvmlDeviceGetTotalEccErrors", 0, 0): 7,
            ("nvmlDeviceGetTotalEccErrors", 1, 0): 1,
            "nvmlDeviceGetSupportedEventTypes": pynvml.nvmlEventTypeXidCriticalError | 1,
            "nvmlDeviceGetComputeRunningProcesses_v3": [],
            "nvmlDeviceGetGraphicsRunningProcesses_v3": [],
        },
    )


@contextmanager
def installed(driver: FakeDriver) -> Iterator[FakeDriver]:
    """Puts the driver under the Python binding."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pynvml, "nvmlLib", driver)
        patch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})
        yield driver
