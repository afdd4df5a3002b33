"""One file a page; each reads like its table of contents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from generator.dashboards.services import services_overview
from generator.model import Stack


def dashboards(stack: Stack) -> Iterator[dict[str, Any]]:
    """Every dashboard of the stack."""
    yield services_overview(stack)
