"""Writes a bundle and kills itself at the n-th call that changes the file system: `killed_writer.py ROOT FILES N`.

`FILES` is a JSON object of paths and texts. Prints the number of calls and exits with 0 when it was never killed.
"""

from __future__ import annotations

import json
import os
import signal
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
        if not self.armed or event not in EVENTS or (event == "open" and not _writes(arguments)):
            return
        self.count += 1
        if self.count == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)


def _writes(arguments: tuple[Any, ...]) -> bool:
    flags = arguments[2] if len(arguments) > 2 and isinstance(arguments[2], int) else 0
    return bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def main(root: str, files: str, deadly: str) -> None:
    """Plans and applies; `deadly` 0 kills nothing."""
    bundle = Bundle.of(Artifact(path, text) for path, text in json.loads(files).items())
    countdown = Countdown(int(deadly))
    sys.addaudithook(countdown)
    countdown.armed = True
    writer.apply(writer.plan(bundle, Path(root)))
    countdown.armed = False
    print(countdown.count)


if __name__ == "__main__":
    main(*sys.argv[1:])
