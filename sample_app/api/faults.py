"""Faults that a person switches on, kept in a small file so that every worker sees them."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

CHECK_SECONDS = 0.5
"""How long a worker may go on with what it last read."""

_ROUNDING = 1e-9


class Faults(BaseModel):
    """What is wrong on purpose. The whole of it is replaced at once; what is left out is switched off.

    error_ratio: share of requests that answer 500, 0 to 1.
    latency_seconds: added to each request, seconds.
    cpu_busy: share of the whole machine's cores to keep busy, 0 to 1; 0 leaves the machine alone.
    seconds: safety limit; `cpu_busy` ends by itself after so many seconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    error_ratio: float = Field(0.0, ge=0, le=1)
    latency_seconds: float = Field(0.0, ge=0, le=60)
    cpu_busy: float = Field(0.0, ge=0, le=1)
    seconds: float = Field(900.0, gt=0, le=86400)


class ActiveFaults(Faults):
    """The faults in force. `cpu_busy_until` is the Unix time at which burning ends, 0 when nothing burns."""

    cpu_busy_until: float = 0.0

    def at(self, now: float) -> ActiveFaults:
        """These faults at the Unix time `now`: nothing burns past its limit."""
        if self.cpu_busy and now >= self.cpu_busy_until:
            return self.model_copy(update={"cpu_busy": 0.0, "cpu_busy_until": 0.0})
        return self


class FaultStore:
    """The faults in `path`, read again at most every half second. A file that is missing or broken means no faults."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._active = ActiveFaults()
        self._read_at = float("-inf")

    def current(self) -> ActiveFaults:
        """The faults in force, at most half a second old."""
        now = time.monotonic()
        if now - self._read_at >= CHECK_SECONDS:
            self._read_at = now
            self._active = self._read()
        return self._active.at(time.time())

    def put(self, faults: Faults) -> ActiveFaults:
        """Puts `faults` in force: here at once, in other workers within half a second. Raises OSError."""
        until = time.time() + faults.seconds if faults.cpu_busy else 0.0
        active = ActiveFaults(**faults.model_dump(), cpu_busy_until=until)
        descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=".faults-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(active.model_dump_json())
        Path(name).replace(self.path)
        self._active, self._read_at = active, time.monotonic()
        return active

    def _read(self) -> ActiveFaults:
        try:
            return ActiveFaults.model_validate_json(self.path.read_bytes())
        except (OSError, ValidationError):
            return ActiveFaults()


@dataclass(slots=True)
class ErrorShare:
    """Spreads errors evenly: at a ratio of 0.05 exactly every twentieth request fails."""

    ratio: float = 0.0
    owed: float = 0.0

    def fails(self, ratio: float) -> bool:
        """Whether this request is one of the failing share."""
        if ratio != self.ratio:
            self.ratio, self.owed = ratio, 0.0
        self.owed += ratio
        if self.owed < 1 - _ROUNDING:
            return False
        self.owed -= 1
        return True
