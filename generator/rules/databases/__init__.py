"""Databases, by their exporters: reachable, connections, statements, transactions, lookups, memory."""

from __future__ import annotations

from generator.model import Stack
from generator.rules.base import Family
from generator.rules.databases import load, reach


def databases(stack: Stack) -> Family:
    """The family of databases; empty without one."""
    if not stack.databases:
        return Family("databases")
    recordings = (*reach.recordings(stack), *load.recordings(stack))
    return Family("databases", recordings, (*reach.alerts(stack), *load.alerts(stack)))


__all__ = ["databases"]
