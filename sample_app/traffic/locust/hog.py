"""Holds memory until a share of the machine's is in use, as a leak would.

Runs as a program of its own with the standard library alone: `python hog.py SHARE PARENT_PID SECONDS`. It ends after
its seconds or when the parent is gone; the kernel then has the memory back at once. It is the first that the kernel
kills when memory runs out.
"""

from __future__ import annotations

import mmap
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

LEFT_FREE = 1 << 30
"""Bytes that stay available whatever is asked."""

STEPS = 512
"""A step holds the machine's memory / STEPS."""

PAUSE_SECONDS = 0.2
_MEMINFO = Path("/proc/meminfo")


def change(total: int, available: int, share: float) -> int:
    """Bytes to hold more (above 0) or to give back (below), by MemTotal and MemAvailable in bytes: one step or none."""
    step = step_bytes(total)
    wanted = int(total * share) - (total - available)
    spare = available - LEFT_FREE
    if spare < 0 or wanted < -step:
        return -step
    return step if min(wanted, spare) >= step else 0


def step_bytes(total: int) -> int:
    """The size of one step: whole pages."""
    return max(mmap.PAGESIZE, total // STEPS // mmap.PAGESIZE * mmap.PAGESIZE)


def read_memory() -> tuple[int, int]:
    """MemTotal and MemAvailable in bytes. Raises OSError where there is no /proc/meminfo."""
    fields = dict(line.split(":") for line in _MEMINFO.read_text(encoding="ascii").splitlines())
    total, available = (int(fields[name].split()[0]) * 1024 for name in ("MemTotal", "MemAvailable"))
    return total, available


def main(share: float, parent: int, seconds: float) -> None:
    """Holds memory until its time is over or the parent is gone."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    held: list[mmap.mmap] = []
    end = time.monotonic() + seconds
    while os.getppid() == parent and time.monotonic() < end:
        more = change(*read_memory(), share)
        if more > 0:
            held.append(_hold(more))
        elif more < 0 and held:
            held.pop().close()
        time.sleep(PAUSE_SECONDS)


def _hold(size: int) -> mmap.mmap:
    """Memory whose pages are written, so that the kernel has to provide them."""
    memory = mmap.mmap(-1, size)
    memory.write(b"\x01" * size)
    return memory


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
