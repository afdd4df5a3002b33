"""Writes a bundle and kills itself at the n-th call that changes the file system: `killed_writer.py ROOT FILES N`.

`FILES` is a JSON object of paths and texts. Prints the number of calls and exits with 0 when it was never killed.
Killed where it syncs a file, it loses half of it first, as a power cut would. As root it may become another user:
`... N UID`.
"""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
from pathlib import Path
from typing import Any

from generator import writer
from generator.bundle import Artifact, Bundle

EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"}


class Countdown:
    """Sees every change of the file system before it happens."""

    def __init__(self, deadly: int) -> None:
        self.deadly, self.count, self.armed = deadly, 0, False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.armed and event in EVENTS and (event != "open" or _writes(arguments)) and self.last():
            os.kill(os.getpid(), signal.SIGKILL)

    def last(self) -> bool:
        """Counts a call; whether it is the one that must not happen."""
        self.count += 1
        return self.count == self.deadly

    def fsync(self, handle: int) -> None:
        """In place of `os.fsync`, of which the interpreter tells no audit hook."""
        if self.armed and self.last():
            status = os.fstat(handle)
            if stat.S_ISREG(status.st_mode):
                os.ftruncate(handle, status.st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)


def _writes(arguments: tuple[Any, ...]) -> bool:
    flags = arguments[2] if len(arguments) > 2 and isinstance(arguments[2], int) else 0
    return bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def main(root: str, files: str, deadly: str, user: str = "") -> None:
    """Plans and applies; `deadly` 0 kills nothing."""
    bundle = Bundle.of(Artifact(path, text) for path, text in json.loads(files).items())
    countdown = Countdown(int(deadly))
    sys.addaudithook(countdown)
    os.fsync = countdown.fsync  # type: ignore[assignment]
    if user:
        os.setuid(int(user))
    countdown.armed = True
    try:
        writer.apply(writer.plan(bundle, Path(root)))
    except writer.WriterError as error:
        sys.exit(str(error))
    countdown.armed = False
    print(countdown.count)


if __name__ == "__main__":
    main(*sys.argv[1:])
