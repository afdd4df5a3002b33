"""Keeps the whole machine as busy as `/faults` says: a controller process with one burner process a core.

Runs as a program of its own with the standard library alone: `python burner.py FAULTS_FILE PARENT_PID`. It ends when
the file says 0 or its time is over, when the parent is gone, or when another controller already serves the same file.
Burners run at the lowest priority, so that real work goes first, and stop within a tenth of a second of the controller.
"""

from __future__ import annotations

import fcntl
import json
import mmap
import os
import random
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

STEP_SECONDS = 0.5
LOCK_SECONDS = 5.0
GAIN = 0.5
"""Share of the distance to the target that one step corrects: settles in about three seconds without overshoot."""

PERIOD_SECONDS = 0.1
_STAT = Path("/proc/stat")
_IDLE, _IOWAIT, _STEAL = 3, 4, 7


class Burner:
    """The controller process as its app sees it."""

    def __init__(self, faults_file: Path) -> None:
        self._faults_file = faults_file
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Starts a controller; it ends at once when another one already serves the file."""
        self._processes = [process for process in self._processes if process.poll() is None]
        command = [sys.executable, "-P", str(Path(__file__)), str(self._faults_file), str(os.getpid())]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
        self._processes.append(process)

    def stop(self) -> None:
        """Ends what `start` started and waits for it."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait()
        self._processes = []


def next_duty(duty: float, target: float, busy: float | None) -> float:
    """The share of its time that each burner should work next, 0 to 1.

    `busy` is the machine's busy share in the last step; None where nobody can tell: then the target is all there is.
    """
    if busy is None:
        return target
    return min(1.0, max(0.0, duty + GAIN * (target - busy)))


def busy_share(before: tuple[int, ...], after: tuple[int, ...]) -> float | None:
    """1 - idle - iowait - steal between two readings of the first line of /proc/stat, in ticks; None if it stood still.

    guest and guest_nice (the last two) are already part of user and nice.
    """
    spent = [late - early for early, late in zip(before[:8], after[:8], strict=True)]
    total = sum(spent)
    if total <= 0:
        return None
    return 1 - (spent[_IDLE] + spent[_IOWAIT] + spent[_STEAL]) / total


def target_of(faults_file: Path, now: float) -> float:
    """The busy share asked for at the Unix time `now`; 0 when the file is missing, broken or its time is over."""
    try:
        faults = json.loads(faults_file.read_text(encoding="utf-8"))
        return float(faults["cpu_busy"]) if now < float(faults["cpu_busy_until"]) else 0.0
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0


def main(faults_file: Path, parent: int) -> None:
    """Serves `faults_file` until there is nothing to burn."""
    with faults_file.with_suffix(".lock").open("w") as lock:
        if not _locked(lock):
            return
        duty = mmap.mmap(-1, 8)
        _write(duty, 0.0)
        for _ in range(os.cpu_count() or 1):
            _fork_burner(duty)
        _control(faults_file, parent, duty)


def _control(faults_file: Path, parent: int, shared: mmap.mmap) -> None:
    before, duty = _ticks(), 0.0
    while os.getppid() == parent and (target := target_of(faults_file, time.time())) > 0:
        time.sleep(STEP_SECONDS)
        after = _ticks()
        duty = next_duty(duty, target, busy_share(before, after) if before and after else None)
        _write(shared, duty)
        before = after


def _fork_burner(shared: mmap.mmap) -> None:
    controller = os.getpid()
    if os.fork():
        return
    os.nice(19)
    while os.getppid() == controller:
        work = PERIOD_SECONDS * random.uniform(0.5, 1.5)  # noqa: S311  (keeps burners out of step with the kernel's tick)
        duty = struct.unpack("d", shared[:8])[0]
        end = time.monotonic() + work * duty
        while time.monotonic() < end:
            sum(range(500))
        time.sleep(work * (1 - duty))
    os._exit(0)


def _write(shared: mmap.mmap, duty: float) -> None:
    shared[:8] = struct.pack("d", duty)


def _ticks() -> tuple[int, ...]:
    try:
        with _STAT.open(encoding="ascii") as file:
            return tuple(int(field) for field in file.readline().split()[1:9])
    except (OSError, ValueError):
        return ()


def _locked(lock: IO[str]) -> bool:
    give_up = time.monotonic() + LOCK_SECONDS
    while time.monotonic() < give_up:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
