"""How a card answers to work, as formulas: power follows use, heat follows power, memory follows work.

The numbers are those of an NVIDIA RTX 4000 Ada Generation: 130 W, 20475 MiB, up to 2175 MHz. Every quantity comes
closer to where it is heading by the same share in equal times, so that the length of a step hardly matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

MODEL = "NVIDIA RTX 4000 Ada Generation"
MEMORY_MIB = 20475
RESERVED_MIB = 395
IDLE_MEMORY_MIB = 420.0
WEIGHTS_MIB, WORKING_MIB = 5000.0, 9000.0
"""Memory of a model that is loaded, and what full use needs besides."""

IDLE_WATTS, FULL_WATTS = 9.0, 130.0
IDLE_CELSIUS, FULL_CELSIUS = 32.0, 85.0
CELSIUS_PER_WATT = (FULL_CELSIUS - IDLE_CELSIUS) / (FULL_WATTS - IDLE_WATTS)
OVERHEATED_CELSIUS, HOTTEST_CELSIUS = 97.0, 95.0
"""Where a card without air is heading, and where its protection holds it."""

SLOWDOWN_CELSIUS, HARD_SLOWDOWN_CELSIUS = 88.0, 93.0
IDLE_SM_MHZ, SLOWED_SM_MHZ, FULL_SM_MHZ, SM_STEP_MHZ = 210.0, 1110.0, 2175.0, 15.0
IDLE_MEMORY_MHZ, FULL_MEMORY_MHZ = 405, 9001
FULL_CLOCK_USE = 0.25
"""The use from which the clocks are at their highest."""

WORKING_USE = 0.005
USE_SECONDS, HEAT_SECONDS, MEMORY_GROWS_SECONDS, MEMORY_SHRINKS_SECONDS = 3.0, 60.0, 10.0, 120.0
"""Time constants: after so many seconds 63 % of the way is done."""

GPU_IDLE, POWER_CAP, HARD_SLOWDOWN, THERMAL_SLOWDOWN, HARD_THERMAL_SLOWDOWN = 0x1, 0x4, 0x8, 0x20, 0x40


@dataclass(frozen=True, slots=True)
class CardState:
    """One card at one moment. use: 0 to 1; temperatures: degrees Celsius; memory: MiB; energy: joules."""

    use: float = 0.0
    celsius: float = IDLE_CELSIUS
    memory_celsius: float = IDLE_CELSIUS
    memory_mib: float = IDLE_MEMORY_MIB
    joules: float = 0.0

    @property
    def watts(self) -> float:
        """Power: idle power, and the rest in proportion to use and to the clock that heat leaves."""
        return IDLE_WATTS + (FULL_WATTS - IDLE_WATTS) * self.use * self._clock_limit / FULL_SM_MHZ

    @property
    def sm_mhz(self) -> int:
        """Clock of the multiprocessors, in steps of 15 MHz as the cards have them."""
        wanted = IDLE_SM_MHZ + (FULL_SM_MHZ - IDLE_SM_MHZ) * min(1.0, self.use / FULL_CLOCK_USE)
        return int(min(wanted, self._clock_limit) // SM_STEP_MHZ * SM_STEP_MHZ)

    @property
    def memory_mhz(self) -> int:
        """Clock of the memory: one for rest and one for work."""
        return FULL_MEMORY_MHZ if self.use >= WORKING_USE else IDLE_MEMORY_MHZ

    @property
    def clocks_event_reasons(self) -> int:
        """NVML's bits for what holds the clocks back."""
        reasons = GPU_IDLE if self.use < WORKING_USE else 0
        reasons |= POWER_CAP if self.watts > 0.99 * FULL_WATTS else 0
        reasons |= THERMAL_SLOWDOWN if self.celsius >= SLOWDOWN_CELSIUS else 0
        return reasons | (HARD_SLOWDOWN | HARD_THERMAL_SLOWDOWN if self.celsius >= HARD_SLOWDOWN_CELSIUS else 0)

    @property
    def _clock_limit(self) -> float:
        """MHz that heat allows: all of them up to 88 degrees, 1110 at 95 and above."""
        excess = (self.celsius - SLOWDOWN_CELSIUS) / (HOTTEST_CELSIUS - SLOWDOWN_CELSIUS)
        return FULL_SM_MHZ - (FULL_SM_MHZ - SLOWED_SM_MHZ) * min(1.0, max(0.0, excess))


def step(state: CardState, busy: float, seconds: float, *, overheated: bool = False) -> CardState:
    """The card after `seconds` (0 or more) of work for the share `busy` of the time. Same input, same output."""
    use = _towards(state.use, min(1.0, max(0.0, busy)), seconds, USE_SECONDS)
    drawing = CardState(use, state.celsius)
    heading = IDLE_CELSIUS + CELSIUS_PER_WATT * (drawing.watts - IDLE_WATTS)
    celsius = _towards(state.celsius, OVERHEATED_CELSIUS if overheated else heading, seconds, HEAT_SECONDS)
    celsius = min(celsius, HOTTEST_CELSIUS)
    wanted = IDLE_MEMORY_MIB + (WEIGHTS_MIB if use >= WORKING_USE else 0.0) + WORKING_MIB * use
    pace = MEMORY_GROWS_SECONDS if wanted > state.memory_mib else MEMORY_SHRINKS_SECONDS
    return CardState(
        use=use,
        celsius=celsius,
        memory_celsius=_towards(state.memory_celsius, celsius + 6.0 * use, seconds, HEAT_SECONDS / 2),
        memory_mib=_towards(state.memory_mib, wanted, seconds, pace),
        joules=state.joules + drawing.watts * seconds,
    )


def _towards(value: float, target: float, seconds: float, constant: float) -> float:
    return target + (value - target) * exp(-seconds / constant)
