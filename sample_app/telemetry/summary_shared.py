"""Boards and baselines in files that all workers of a machine share.

In the folder of the client's multiprocess mode (names that the client of Prometheus does not read):

    summary.head            one word, the epoch in force: storing it is what makes a reset true
    summary_N.baseline      the totals at the start of epoch N, as JSON; written before the epoch is, removed after
    summary_N.board         a board, locked by its worker while that lives; the next worker takes over a dead one's
    summary.lock            held during a reset

The kernel frees the locks of a process that is killed. There are never more boards than workers were alive at once.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from math import inf
from mmap import ACCESS_READ, mmap
from pathlib import Path

from .summary_board import Board, Reading, Words, board_size, read_board
from .summary_own import Baseline
from .summary_totals import Totals

LOCK_SECONDS = 2.0
"""How long a reset waits for another one."""

_ATTEMPTS = 10


class SharedRecords:
    """The boards of all workers. Raises OSError when the folder cannot be used."""

    def __init__(self, folder: Path, errors: int) -> None:
        self._folder = folder
        self._errors = errors
        self._held: int | None = None
        with self._locked():
            self._head = _words(folder / "summary.head")
            if self._head[0] == 0:
                self._begin(Baseline(1, time.time(), Totals()))

    def board(self) -> Board:
        """A board for this process alone, until it ends. Raises OSError."""
        size = board_size(self._errors)
        for number in count():
            path = self._board_path(number)
            held = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            if _take_over(held) and os.fstat(held).st_size in (0, size):
                self._held = held
                return Board(_mapped(path, size), self._head)
            os.close(held)
        raise AssertionError("unreachable")

    def forget(self) -> None:
        """For a forked child: the board is the parent's, and so is the lock on it."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def baseline(self) -> Baseline:
        """The one in force. Raises OSError when its file is gone, ValueError or KeyError when it is broken."""
        for attempt in range(_ATTEMPTS):
            epoch = self._head[0]
            try:
                data = json.loads(self._baseline_path(epoch).read_bytes())
            except FileNotFoundError:
                if attempt + 1 == _ATTEMPTS:
                    raise
                continue
            return Baseline(epoch, float(data["since"]), Totals.from_json(data))
        raise AssertionError("unreachable")

    def readings(self, epoch: int) -> tuple[Reading, ...]:
        """What the boards of all workers, dead ones too, say about an epoch."""
        return tuple(self._read(path, epoch) for path in self._boards())

    def workers(self) -> int:
        """Processes that hold a board now."""
        return sum(_is_held(path) for path in self._boards())

    def reset(self, totals: Callable[[], Totals]) -> None:
        """Starts the next epoch, for all workers. Raises OSError, TimeoutError after two seconds without the lock."""
        with self._locked():
            self._begin(Baseline(self._head[0] + 1, time.time(), totals()))
            for path in self._folder.glob("summary_*.baseline"):
                if path != self._baseline_path(self._head[0]):
                    path.unlink(missing_ok=True)

    def _begin(self, baseline: Baseline) -> None:
        data = json.dumps({"since": baseline.since, **baseline.totals.as_json()}, allow_nan=False)
        self._baseline_path(baseline.epoch).write_text(data, encoding="utf-8")
        self._head[0] = baseline.epoch

    @contextmanager
    def _locked(self) -> Iterator[None]:
        held = os.open(self._folder / "summary.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            give_up = time.monotonic() + LOCK_SECONDS
            while not _take(held, fcntl.LOCK_EX):
                if time.monotonic() > give_up:
                    raise TimeoutError(f"{self._folder / 'summary.lock'} is held by another process")
                time.sleep(0.01)
            yield
        finally:
            os.close(held)

    def _boards(self) -> list[Path]:
        return sorted(self._folder.glob("summary_*.board"))

    def _read(self, path: Path, epoch: int) -> Reading:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                return Reading(inf, -inf, 0, ())
            with mmap(file.fileno(), 0, access=ACCESS_READ) as memory:
                return read_board(memory, epoch, time.time())

    def _board_path(self, number: int) -> Path:
        return self._folder / f"summary_{number}.board"

    def _baseline_path(self, epoch: int) -> Path:
        return self._folder / f"summary_{epoch}.baseline"


def _words(path: Path) -> Words:
    return memoryview(_mapped(path, 8)).cast("q")


def _mapped(path: Path, size: int) -> mmap:
    """A file as memory. The file that is mapped is opened apart from the one that is locked: a mapping would keep the
    lock in every forked child.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if os.fstat(descriptor).st_size < size:
            os.ftruncate(descriptor, size)
        return mmap(descriptor, size)
    finally:
        os.close(descriptor)


def _take(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _take_over(descriptor: int) -> bool:
    """Locks a board unless a worker holds it. Readers that look who does hold it too, but only for a moment."""
    while not _take(descriptor, fcntl.LOCK_EX):
        if not _take(descriptor, fcntl.LOCK_SH):
            return False
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        time.sleep(0.001)
    return True


def _is_held(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return not _take(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)
