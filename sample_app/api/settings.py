"""What the API is told from outside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one API.

    state_dir: a writable folder that all workers of this API share; holds the faults that are switched on.
    """

    state_dir: Path

    @property
    def faults_file(self) -> Path:
        """Where the faults are kept."""
        return self.state_dir / "faults.json"

    @property
    def metrics_dir(self) -> Path:
        """Where several workers share their metrics."""
        return self.state_dir / "metrics"
