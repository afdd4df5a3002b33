"""Simulated cards that work as much as the models of the sample API do."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from threading import Event, Lock, Thread

from .faults import Faults
from .load import Busy, NoLoad, busy_seconds, fetch, share
from .model import IDLE_MEMORY_MIB, MEMORY_MIB, MODEL, RESERVED_MIB, CardState, step
from .readings import ProcessMemory, Reading, Snapshot

DRIVER = "simulated"
INTERVAL_SECONDS = 5.0
SPREAD = 0.94
"""Each card gets this share of the work of the one before it."""

_MIB = 2**20
_log = logging.getLogger(__name__)


class UnknownCard(ValueError):
    """A fault names a card that is not there."""


class Simulator:
    """`cards` cards, advanced by `tick`. `load` gives seconds that all models were busy so far, or raises NoLoad."""

    def __init__(
        self, cards: int, hostname: str, load: Callable[[], float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._hostname = hostname
        self._load = load
        self._clock = clock
        self._lock = Lock()
        self._states = (CardState(),) * cards
        self._at = clock()
        self._busy: Busy | None = None
        self._faults, self._until = Faults(), self._at
        self._errors = {"lost": 0, "load": 0}

    def tick(self) -> None:
        """Looks at the load and moves every card to this moment. A load that does not answer leaves the cards idle."""
        before, self._busy = self._busy, self._look()
        busy = share(before, self._busy) if self._busy else 0.0
        with self._lock:
            now = self._clock()
            hot = self._active(now).overheat
            seconds, self._at = now - self._at, now
            self._states = tuple(
                step(state, busy * SPREAD**number, seconds, overheated=number in hot)
                for number, state in enumerate(self._states)
            )

    def read(self) -> Snapshot:
        """The cards as of the last tick. Each look at a lost card counts as an error, as with a real one."""
        with self._lock:
            faults = self._active(self._clock())
            self._errors["lost"] += len(faults.lost)
            readings = tuple(
                _reading(number, state, faults.xid.get(number, 0))
                for number, state in enumerate(self._states)
                if number not in faults.lost
            )
            return Snapshot("simulated", self._hostname, DRIVER, readings, dict(self._errors))

    def faults(self) -> Faults:
        """The faults in force; `seconds` is what is left of their time, 900 when there are none."""
        with self._lock:
            now = self._clock()
            active = self._active(now)
            return active.model_copy(update={"seconds": self._until - now}) if active.cards() else active

    def put_faults(self, faults: Faults) -> Faults:
        """Puts `faults` in force in place of all others. Raises UnknownCard."""
        unknown = sorted(number for number in faults.cards() if number >= len(self._states))
        if unknown:
            raise UnknownCard(f"there is no card {unknown[0]}; there are 0 to {len(self._states) - 1}")
        with self._lock:
            self._faults, self._until = faults, self._clock() + faults.seconds
        return faults

    def _active(self, now: float) -> Faults:
        return self._faults if now < self._until else Faults()

    def _look(self) -> Busy | None:
        try:
            seconds = self._load()
        except NoLoad as error:
            if self._busy is not None or not self._errors["load"]:
                _log.warning("the cards idle: no load to follow: %s", error)
            with self._lock:
                self._errors["load"] += 1
            return None
        return Busy(seconds, self._clock())


class Ticker:
    """Calls `tick` every `interval` seconds in a thread of its own. One that raises is logged; the next one comes."""

    def __init__(self, tick: Callable[[], None], interval: float = INTERVAL_SECONDS) -> None:
        self._tick, self._interval = tick, interval
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="ticker", daemon=True)

    def start(self) -> None:
        """The first tick is at once."""
        self._thread.start()

    def stop(self) -> None:
        """Returns when no tick is under way any more: at most as long as one takes."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._tick()
            except Exception:
                _log.exception("the cards stay as they are until the next look")
            self._stopped.wait(self._interval)


def load_at(url: str) -> Callable[[], float]:
    """The load of the models behind the page of metrics at `url`; without one it is always 0."""
    return (lambda: busy_seconds(fetch(url))) if url else (lambda: 0.0)


def _reading(number: int, state: CardState, xid: int) -> Reading:
    used = round(state.memory_mib)
    working = round(used - IDLE_MEMORY_MIB)
    processes = (ProcessMemory(1000 + number, "inference-server", working * _MIB),) if working > 0 else ()
    return Reading(
        gpu=number,
        uuid=f"GPU-{uuid.uuid5(uuid.NAMESPACE_OID, f'simulated-{number}')}",
        pci_bus_id=f"00000000:{number + 1:02X}:00.0",
        model=MODEL,
        utilization=round(100 * state.use),
        memory_utilization=round(60 * state.use),
        encoder_utilization=0,
        decoder_utilization=0,
        memory_used=used * _MIB,
        memory_free=(MEMORY_MIB - RESERVED_MIB - used) * _MIB,
        memory_reserved=RESERVED_MIB * _MIB,
        temperature=round(state.celsius),
        memory_temperature=round(state.memory_celsius),
        power=round(1000 * state.watts),
        energy=round(1000 * state.joules),
        sm_clock=state.sm_mhz,
        memory_clock=state.memory_mhz,
        clocks_event_reasons=state.clocks_event_reasons,
        pcie_replays=0,
        ecc_corrected=0,
        ecc_uncorrected=0,
        xid=xid,
        processes=processes,
    )
