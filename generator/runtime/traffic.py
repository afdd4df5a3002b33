"""The load generator's command line for a stack: where its parts are, and how to get in."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from generator import names
from generator.model import Component, Stack
from generator.runtime.base import Project, RuntimeProblem, local_url
from generator.runtime.secrets import FOLDER
from generator.targets.base import LOOPBACK_ONLY, published

MODULE = "sample_app.traffic.locust"


@dataclass(frozen=True, slots=True)
class Load:
    """A command, and what its environment has beside this process's."""

    command: tuple[str, ...]
    environment: dict[str, str]


def load(project: Project, stack: Stack, more: Sequence[str]) -> Load:
    """What puts traffic on the stack's sample platform; `more` goes to the load generator as it is.

    Raises RuntimeProblem where the spec has no sample API.
    """
    if Component.ML_API not in stack.components:
        raise RuntimeProblem(
            "the spec has no sample platform to put traffic on",
            f"name {Component.ML_API.value}:8000 among the targets of a service",
        )
    flags = ["--api", local_url(stack, Component.ML_API)]
    if Component.SHOP in stack.components:
        flags += ["--shop", local_url(stack, Component.SHOP)]
    if stack.gpus.exporter == "simulated":
        flags += ["--gpu", local_url(stack, Component.GPU_EXPORTER)]
    return Load((sys.executable, "-m", MODULE, *flags, *more), _behind(project, stack))


def _behind(project: Project, stack: Stack) -> dict[str, str]:
    """The way to the database and the cache; the password stays in its file."""
    at = {c: f"127.0.0.1:{published(c, stack.ports)}" for c in LOOPBACK_ONLY if c in stack.components}
    found = {}
    if address := at.get(Component.POSTGRES):
        found["DATABASE_URL"] = f"postgresql://{names.SHOP_ROLE}@{address}/{names.SHOP_DATABASE}"
        found["DATABASE_PASSWORD_FILE"] = str(project.root / FOLDER / names.SHOP_PASSWORD)
    if address := at.get(Component.VALKEY):
        found["CACHE_URL"] = f"redis://{address}/0"
    return found
