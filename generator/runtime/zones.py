"""Time zones for Alertmanager where neither the machine nor the image has any, as small ones often have not."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.resources import files as package
from pathlib import Path

from generator import names
from generator.model import Stack
from generator.runtime import files
from generator.runtime.base import RuntimeProblem

SYSTEM = Path("/usr/share/zoneinfo")


def zones() -> Mapping[str, str]:
    """The variable that leads Go programs to the time zones of a Python package; nothing where the system has some."""
    if "ZONEINFO" in os.environ or (SYSTEM.is_dir() and any(SYSTEM.iterdir())):
        return {}
    return {"ZONEINFO": str(_packaged())}


def place(stack: Stack, root: Path) -> None:
    """Puts the stack's zone beside the configuration of Alertmanager, which is told by variables to look there."""
    source = next((p for p in (SYSTEM / stack.timezone, _packaged() / stack.timezone) if p.is_file()), None)
    target = root / names.ALERTMANAGER_ZONES / stack.timezone
    if source is None or (target.is_file() and target.read_bytes() == source.read_bytes()):
        return
    files.folder(target.parent)
    part = target.with_name(f".{target.name}.part")
    try:
        part.write_bytes(source.read_bytes())
        part.chmod(0o644)
        part.replace(target)
    except OSError as error:
        raise RuntimeProblem(f"cannot write {target}: {error.strerror}") from error


def _packaged() -> Path:
    return Path(str(package("tzdata"))) / "zoneinfo"
