"""What the sink is told from outside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one sink.

    keep: notifications kept in memory, the newest. keep_bytes: what they may weigh together, as JSON.
    runbooks: folder with NAME.md files; None serves none. body_limit: bytes of one notification.
    """

    keep: int = 1000
    keep_bytes: int = 64 * 1024 * 1024
    runbooks: Path | None = None
    body_limit: int = 4 * 1024 * 1024
