"""How each scenario of `sample_app.scenarios` is brought about and taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sample_app.scenarios import STORIES, Story

from .levers import Levers

SURGE, DROP = 5.0, 0.1
CONNECTIONS_SHARE = 0.85

Start = Callable[[Levers, float], None]
Stop = Callable[[Levers], None]


class Part(Enum):
    """A part of the platform that not every run has."""

    GPU = "gpu"
    DATABASE = "database"
    CACHE = "cache"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One thing that goes wrong.

    start, stop: switch it on (for so many seconds) and off; stop may be called twice, or after a failed start. Both
    raise LeverStuck. needs: the part that it touches besides the API.
    """

    story: Story
    start: Start
    stop: Stop
    needs: Part | None = None


def listing() -> str:
    """The scenarios for people to read."""
    blocks = [
        f"{s.name}  ({s.seconds:g} s)\n  {s.english}\n  {s.korean}\n  raises: {', '.join(s.alerts)}"
        for s in STORIES.values()
    ]
    return "\n\n".join(blocks)


def _api_fault(fault: str, value: float) -> tuple[Start, Stop]:
    return (
        lambda levers, seconds: levers.api_faults.on(fault, value, seconds),
        lambda levers: levers.api_faults.off(fault),
    )


def _gpu_fault(fault: str, value: Any) -> tuple[Start, Stop, Part]:
    return (
        lambda levers, seconds: levers.gpu_faults.on(fault, value, seconds),
        lambda levers: levers.gpu_faults.off(fault),
        Part.GPU,
    )


def _crowd(factor: float) -> tuple[Start, Stop]:
    return lambda levers, _seconds: levers.gather(factor), lambda levers: levers.gather(1.0)


def _repeated(name: str, every_seconds: float, work: Callable[[Levers], str]) -> tuple[Start, Stop]:
    return (
        lambda levers, _seconds: levers.repeat(name, every_seconds, lambda: work(levers)),
        lambda levers: levers.end(name),
    )


def _connections() -> tuple[Start, Stop, Part]:
    name = "DatabaseConnectionsHigh"
    start, end = _repeated(name, 10.0, lambda levers: levers.database.fill(CONNECTIONS_SHARE))

    def stop(levers: Levers) -> None:
        end(levers)
        levers.database.release()

    return start, stop, Part.DATABASE


_HOW: dict[str, tuple[Start, Stop] | tuple[Start, Stop, Part]] = {
    "HighErrorRate": _api_fault("error_ratio", 0.05),
    "HighLatencyP95": _api_fault("latency_seconds", 0.9),
    "TrafficSurge": _crowd(SURGE),
    "TrafficDrop": _crowd(DROP),
    "HostHighMemory": (Levers.hold_memory, Levers.release_memory),
    "ColdStartSlow": _repeated("ColdStartSlow", 150.0, Levers.reload_models),
    "CacheHitRatioLow": (*_repeated("CacheHitRatioLow", 0.1, Levers.flush_cache), Part.CACHE),
    "DatabaseConnectionsHigh": _connections(),
    "GpuHot": _gpu_fault("overheat", [0]),
    "HostHighCpu": _api_fault("cpu_busy", 0.78),
}
SCENARIOS = {name: Scenario(story, *_HOW[name]) for name, story in STORIES.items()}
