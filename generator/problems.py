"""One mistake with its place and what would be right; the only form in which the generator complains."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """ERROR stops everything before a file is written; WARNING is shown and work goes on."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in the spec. `line` and `column` count from 1; 0 means the whole file."""

    code: str
    message: str
    key: str = ""
    line: int = 0
    column: int = 0
    hint: str = ""
    severity: Severity = Severity.ERROR

    def text(self, source: str) -> str:
        """`spec.yaml:LINE:COLUMN: path.to.field: what is wrong; what would be right`."""
        place = f"{source}:{self.line or 1}:{self.column or 1}"
        label = "warning: " if self.severity is Severity.WARNING else ""
        key = f"{self.key}: " if self.key else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{place}: {label}{key}{self.message}{hint}"


def ordered(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems once each, in the order of the file."""
    unique = dict.fromkeys(problems)
    return tuple(sorted(unique, key=lambda p: (p.line, p.column, p.key, p.code, p.message)))


def errors(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Only those that stop the work."""
    return tuple(p for p in problems if p.severity is Severity.ERROR)


class SpecError(Exception):
    """The spec cannot be used; carries every problem found in one run."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = ordered(problems)
        super().__init__(f"{len(self.problems)} problem(s) in the spec")
