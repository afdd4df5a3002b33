"""What an address, a path and a port is where the stack runs: Compose or native processes."""

from __future__ import annotations

from generator.model import Component
from generator.targets.base import Target
from generator.targets.compose import COMPOSE
from generator.targets.native import NATIVE

TARGETS: dict[str, Target] = {target.name: target for target in (COMPOSE, NATIVE)}

__all__ = ["TARGETS", "Component", "Target"]
