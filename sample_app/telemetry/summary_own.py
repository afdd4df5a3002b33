"""Boards and baselines of a process that shares nothing, and what all records can do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import time
from typing import Protocol

from .summary_board import Board, Reading, Words, board_size, read_board
from .summary_totals import Totals


@dataclass(frozen=True, slots=True)
class Baseline:
    """The totals at the start of an epoch, and when it started (Unix time)."""

    epoch: int
    since: float
    totals: Totals


class Records(Protocol):
    """Where boards and baselines are kept. Raises OSError, ValueError or KeyError where files cannot be used."""

    def board(self) -> Board: ...
    def forget(self) -> None: ...
    def baseline(self) -> Baseline: ...
    def readings(self, epoch: int) -> tuple[Reading, ...]: ...
    def workers(self) -> int: ...
    def reset(self, totals: Callable[[], Totals]) -> None: ...


class OwnRecords:
    """The one board of a process that shares nothing."""

    def __init__(self, errors: int) -> None:
        self._memory = bytearray(board_size(errors))
        self._head: Words = memoryview(bytearray(8)).cast("q")
        self._baseline = Baseline(1, time(), Totals())
        self._head[0] = 1

    def board(self) -> Board:
        """The board of this process."""
        return Board(self._memory, self._head)

    def forget(self) -> None:
        """Nothing is held that a forked child must let go."""

    def baseline(self) -> Baseline:
        """The one in force."""
        return self._baseline

    def readings(self, epoch: int) -> tuple[Reading, ...]:
        """What the board says about an epoch."""
        return (read_board(self._memory, epoch, time()),)

    def workers(self) -> int:
        """This one."""
        return 1

    def reset(self, totals: Callable[[], Totals]) -> None:
        """Starts the next epoch with the totals as they are."""
        self._baseline = Baseline(self._baseline.epoch + 1, time(), totals())
        self._head[0] = self._baseline.epoch
