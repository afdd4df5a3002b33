"""Runbooks from a folder, by name."""

from __future__ import annotations

import re
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


def read_runbook(folder: Path | None, name: str) -> str | None:
    """The text of `folder`/`name`.md; None when there is none, or when the name or a link leads out of the folder."""
    if folder is None or not _NAME.fullmatch(name):
        return None
    try:
        path = (folder / f"{name}.md").resolve(strict=True)
        if not path.is_relative_to(folder.resolve(strict=True)):
            return None
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
