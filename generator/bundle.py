"""The files of one rendering, whole and in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath

OWNED = (
    "prometheus",
    "alertmanager",
    "grafana",
    "blackbox",
    "postgres",
    "dcgm",
    "process-exporter",
    "supervisor",
    "loki",
    "tempo",
    "collector",
    "docs/runbooks",
)
OWNED_FILES = ("docker-compose.yml", "spec.schema.json", "docs/spec-reference.md")


@dataclass(frozen=True, slots=True, order=True)
class Artifact:
    """One generated file: a relative path with forward slashes inside the owned folders, and its whole text."""

    path: str
    content: str

    def __post_init__(self) -> None:
        parts = PurePosixPath(self.path).parts
        owned = self.path in OWNED_FILES or any(self.path.startswith(f"{folder}/") for folder in OWNED)
        if not owned or ".." in parts or "\\" in self.path or str(PurePosixPath(self.path)) != self.path:
            raise ValueError(f"a builder may not write {self.path!r}; owned are {OWNED + OWNED_FILES}")


@dataclass(frozen=True, slots=True)
class Bundle:
    """All artifacts of one rendering, sorted by path, each path once."""

    artifacts: tuple[Artifact, ...]

    @classmethod
    def of(cls, artifacts: Iterable[Artifact]) -> Bundle:
        """Sorts, and refuses two builders that write one path."""
        ordered = tuple(sorted(artifacts))
        for before, after in pairwise(ordered):
            if before.path == after.path:
                raise ValueError(f"two builders write {after.path}")
        return cls(ordered)

    def files(self) -> dict[str, str]:
        """Path -> content."""
        return {a.path: a.content for a in self.artifacts}
