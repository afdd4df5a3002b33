"""Which switch does what: the scenarios that this process can bring about, by the faults that already exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sample_app.scenarios import STORIES, Story

API_FAULTS: dict[str, tuple[str, float]] = {
    "HighErrorRate": ("error_ratio", 0.05),
    "HighLatencyP95": ("latency_seconds", 0.9),
    "HostHighCpu": ("cpu_busy", 0.78),
}
GPU_FAULTS: dict[str, tuple[str, list[int]]] = {"GpuHot": ("overheat", [0])}
RELOAD = "ColdStartSlow"
DEFAULTS: dict[str, float] = {"error_ratio": 0.0, "latency_seconds": 0.0, "cpu_busy": 0.0}


@dataclass(frozen=True, slots=True)
class Switch:
    """A scenario on the page: a switch, a push button, or the command that brings it about elsewhere."""

    story: Story
    kind: str
    on: bool = False

    def as_json(self, locale: str) -> dict[str, Any]:
        """For the page's script."""
        text = self.story.korean if locale == "ko" else self.story.english
        command = f"make load SCENARIO={self.story.name}" if self.kind == "command" else ""
        return {
            "name": self.story.name,
            "text": text,
            "alerts": [*self.story.alerts],
            "kind": self.kind,
            "on": self.on,
            "command": command,
        }


def switches(api_faults: dict[str, Any], gpu_faults: dict[str, Any] | None) -> tuple[Switch, ...]:
    """Every scenario with its state; `gpu_faults` is None without a simulator."""
    found = []
    for name, story in STORIES.items():
        if name in API_FAULTS:
            found.append(Switch(story, "switch", bool(api_faults.get(API_FAULTS[name][0]))))
        elif name in GPU_FAULTS and gpu_faults is not None:
            found.append(Switch(story, "switch", bool(gpu_faults.get(GPU_FAULTS[name][0]))))
        elif name == RELOAD:
            found.append(Switch(story, "button"))
        else:
            found.append(Switch(story, "command"))
    return tuple(found)


def api_faults_with(current: dict[str, Any], name: str, *, on: bool) -> dict[str, Any]:
    """The API's faults with one more or one less; the others stay."""
    fault, value = API_FAULTS[name]
    kept = {key: current.get(key, 0.0) for key in DEFAULTS}
    return {**kept, fault: value if on else 0.0, "seconds": STORIES[name].seconds}


def gpu_faults_with(name: str, *, on: bool) -> dict[str, Any]:
    """The simulator's faults: it has one switch here."""
    fault, value = GPU_FAULTS[name]
    return {fault: value, "seconds": STORIES[name].seconds} if on else {}
