"""Other programs: run with a time limit, and found among what runs on this host."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended; `code` is None when it could not be started or ran out of time."""

    code: int | None
    out: str
    err: str

    @property
    def ok(self) -> bool:
        return self.code == 0

    @property
    def reason(self) -> str:
        """The line that says what went wrong: the last one that it printed."""
        lines = [line.strip() for line in (self.err or self.out).splitlines() if line.strip()]
        return lines[-1][:300] if lines else f"exit status {self.code}"


def run(
    command: Sequence[str], *, timeout: float, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Ran:
    """Runs a program to its end; never raises for what the program does."""
    try:
        done = subprocess.run(
            [*command], capture_output=True, timeout=timeout, cwd=cwd, env=env, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return Ran(None, "", f"{command[0]} did not end within {timeout:.0f} s")
    except OSError as error:
        return Ran(None, "", f"{command[0]}: {error.strerror}")
    return Ran(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def alive(pid: int) -> bool:
    """Whether a process runs (one that has ended and was not waited for does not)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with contextlib.suppress(OSError):
        return not Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].strip().startswith("Z")
    return True


def command_line(pid: int) -> tuple[str, ...]:
    """The arguments of a process; empty where the system does not tell."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ()
    return tuple(part.decode(errors="replace") for part in raw.rstrip(b"\0").split(b"\0"))


def started_with(variable: str, value: str) -> dict[int, str]:
    """Names, by their ids, of processes that were started with this variable in their environment, or by such ones."""
    wanted = f"{variable}={value}".encode()
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found[int(entry.name)] = _name(command_line(int(entry.name)))
    return found


def _name(arguments: tuple[str, ...]) -> str:
    if "-m" in arguments[:-1]:
        return arguments[arguments.index("-m") + 1]
    return Path(arguments[0]).name if arguments else "a process that ends"


def end(pids: Sequence[int], patience: float) -> None:
    """Asks processes to end, and kills those that have not after `patience` seconds."""
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while any(map(alive, pids)) and time.monotonic() < deadline:
            time.sleep(0.1)
