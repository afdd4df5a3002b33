"""What the two runtimes share: a project on disk, one row for each component, one kind of failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from generator import pipeline
from generator.model import Component, Stack
from generator.targets.base import bound_to, port_field, published

Say = Callable[[str], None]
RuntimeName = Literal["docker", "native"]
STATE_FOLDER = ".run"
ANYWHERE = "0.0.0.0"  # noqa: S104 - compared, not bound


class RuntimeProblem(Exception):
    """The stack cannot be run; `message` says what is wrong and `hint` what would be right. Both are for the user."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.message, self.hint = message, hint


@dataclass(frozen=True, slots=True)
class Project:
    """A checkout with its spec: `root` is the folder, `raw` the bytes of the spec, `source` its name in messages."""

    root: Path
    raw: bytes
    source: str = "spec.yaml"

    @property
    def state(self) -> Path:
        """What is made on this machine: binaries, data, logs. Git ignores it."""
        return self.root / STATE_FOLDER

    def stack(self, target: str) -> Stack:
        """The stack as the target runs it; raises SpecError."""
        return pipeline.load(self.raw, self.source, target)


@dataclass(frozen=True, slots=True)
class Row:
    """One component: `state` is up, starting, failed, stopped or missing."""

    component: str
    state: str
    url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """How a command ended. `problems` make it a failure; `notes` do not."""

    runtime: RuntimeName
    rows: tuple[Row, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether everything that can run here does."""
        return not self.problems


def unwell(rows: tuple[Row, ...]) -> tuple[str, ...]:
    """What is wrong with a stack in these states; one line when nothing of it runs."""
    states = {row.state for row in rows}
    if not states - {"missing", "stopped"}:
        return ("nothing of this stack runs; start it with `make up`",)
    return tuple(f"{row.component}: {row.state}" for row in rows if row.state not in ("up", "missing"))


class Runtime(Protocol):
    """Where the stack runs. Each method may raise RuntimeProblem (and SpecError where it reads the spec)."""

    @property
    def name(self) -> RuntimeName:
        """What a user calls it."""
        ...

    def up(self, say: Say, timeout: float = 180.0) -> Report:
        """Starts what is not running, brings the rest up to date, and waits until all is healthy."""
        ...

    def down(self, say: Say, *, delete_data: bool = False) -> Report:
        """Stops everything; keeps the data, or deletes it for good."""
        ...

    def status(self) -> Report:
        """What is up now, with URLs."""
        ...

    def logs(self, components: tuple[str, ...] = (), lines: int = 100, follow: bool = False) -> Iterator[str]:
        """The last lines of the components' logs (of all without names); with `follow`, goes on until interrupted."""
        ...

    def known(self) -> bool:
        """Whether the stack has ever been up here."""
        ...

    def running(self) -> bool:
        """Whether anything of the stack runs here."""
        ...


def spec_key(component: Component) -> str:
    """The key of the spec that moves a component to another port."""
    return f"stack.ports.{port_field(component)}"


def reachable(stack: Stack, component: Component) -> str:
    """The address at which this host reaches a component."""
    host = bound_to(component, stack.listen)
    return "127.0.0.1" if host == ANYWHERE else host


def local_url(stack: Stack, component: Component) -> str:
    """Where this host reaches a component."""
    return f"http://{reachable(stack, component)}:{published(component, stack.ports)}"
