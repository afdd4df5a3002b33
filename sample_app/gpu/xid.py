"""XID errors: NVML tells them as events, once, to whoever waits for them."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from threading import Event, Thread
from typing import Any

WAIT_MILLISECONDS = 500
RETRY_SECONDS = 1.0
"""Pause after an error: with a lost card the wait ends at once, again and again."""


class XidWatch:
    """Remembers each card's last XID error in a thread of its own. Codes outlive a stop and a start."""

    def __init__(self, nvml: Any) -> None:
        self._nvml = nvml
        self._codes: dict[str, int] = {}
        self._uuids: dict[int, str] = {}
        self._stopped = Event()
        self._thread: Thread | None = None

    def last(self, uuid: str) -> int | None:
        """The card's last code, 0 before the first; None for a card that does not tell."""
        return self._codes.get(uuid)

    def start(self) -> None:
        """Waits for events of all cards that tell them; without any there is no thread. NVML must be initialized."""
        nvml = self._nvml
        self._uuids = {}
        try:
            events = nvml.nvmlEventSetCreate()
            cards = nvml.nvmlDeviceGetCount()
        except nvml.NVMLError:
            return
        for number in range(cards):
            self._register(number, events)
        if not self._uuids:
            with suppress(nvml.NVMLError):
                nvml.nvmlEventSetFree(events)
            return
        self._stopped = Event()
        self._thread = Thread(target=self._run, args=(events, self._stopped), name="xid", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Returns when the thread has ended: within about a second."""
        self._stopped.set()
        if self._thread:
            self._thread.join()
        self._thread = None

    def _register(self, number: int, events: Any) -> None:
        nvml = self._nvml
        try:
            handle = nvml.nvmlDeviceGetHandleByIndex(number)
            uuid = nvml.nvmlDeviceGetUUID(handle)
            if nvml.nvmlDeviceGetSupportedEventTypes(handle) & nvml.nvmlEventTypeXidCriticalError:
                nvml.nvmlDeviceRegisterEvents(handle, nvml.nvmlEventTypeXidCriticalError, events)
                self._uuids[_address(handle)] = uuid
                self._codes.setdefault(uuid, 0)
        except nvml.NVMLError:
            return

    def _run(self, events: Any, stopped: Event) -> None:
        nvml = self._nvml
        while not stopped.is_set():
            try:
                event = nvml.nvmlEventSetWait(events, WAIT_MILLISECONDS)
            except nvml.NVMLError as error:
                if error.value != nvml.NVML_ERROR_TIMEOUT:
                    stopped.wait(RETRY_SECONDS)
                continue
            uuid = self._uuids.get(_address(event.device))
            if uuid is not None and event.eventType & nvml.nvmlEventTypeXidCriticalError:
                self._codes[uuid] = int(event.eventData)
        with suppress(nvml.NVMLError):
            nvml.nvmlEventSetFree(events)


def _address(handle: Any) -> int:
    return ctypes.cast(handle, ctypes.c_void_p).value or 0
