"""The generator as one pure function: text in, bundle out. No disk, clock, environment or network."""

from __future__ import annotations

from dataclasses import dataclass, replace

from generator import checks
from generator.builders import BUILDERS
from generator.bundle import Bundle
from generator.load import Loaded
from generator.load import load as load_spec
from generator.model import Stack
from generator.problems import Problem, SpecError, errors, ordered
from generator.resolve import resolve
from generator.targets import TARGETS


@dataclass(frozen=True, slots=True)
class Resolved:
    """A usable stack and what should be said about it (warnings only)."""

    stack: Stack
    warnings: tuple[Problem, ...]


def read(raw: bytes, target: str) -> Resolved:
    """The stack that a spec describes; raises SpecError with every problem when it cannot be used."""
    loaded = load_spec(raw)
    stack = resolve(loaded.spec, TARGETS[target])
    found = ordered(_place(loaded, problem) for problem in checks.check(stack))
    if errors(found):
        raise SpecError(found)
    return Resolved(stack, found)


def load(raw: bytes, source: str, target: str) -> Stack:
    """Like `read`, without the warnings. `source` names the spec in messages only."""
    del source
    return read(raw, target).stack


def render(stack: Stack) -> Bundle:
    """Every file of the stack."""
    return Bundle.of(artifact for build in BUILDERS for artifact in build(stack))


def generate(text: str, source: str = "spec.yaml", target: str = "compose") -> Bundle:
    """spec text -> Bundle; raises SpecError."""
    return render(load(text.encode(), source, target))


def _place(loaded: Loaded, problem: Problem) -> Problem:
    at = loaded.problem(problem.code, problem.key, problem.message)
    return replace(problem, line=at.line, column=at.column)
