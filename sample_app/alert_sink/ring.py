"""The newest notifications, bounded by number and by weight."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from .payload import Alert, Labels, Notification


class Stored(NamedTuple):
    """One alert as it arrived. `received_at` is a UTC time in ISO 8601."""

    received_at: str
    receiver: str
    alert: Alert
    weight: int

    def as_json(self) -> dict[str, str | Labels]:
        """The alert as `GET /alerts` shows it."""
        return {"received_at": self.received_at, "receiver": self.receiver, **self.alert.model_dump()}


class Ring:
    """Keeps the newest alerts: at most `keep` of them, and of those as many as weigh `keep_bytes` together."""

    def __init__(self, keep: int, keep_bytes: int) -> None:
        self._keep = keep
        self._keep_bytes = keep_bytes
        self._stored: deque[Stored] = deque()
        self._weight = 0

    def add(self, notification: Notification, received_at: str) -> int:
        """Stores each alert of a notification; returns how many it had."""
        for alert in notification.alerts:
            stored = Stored(received_at, notification.receiver, alert, len(alert.model_dump_json()))
            self._stored.append(stored)
            self._weight += stored.weight
        while self._stored and (len(self._stored) > self._keep or self._weight > self._keep_bytes):
            self._weight -= self._stored.popleft().weight
        return len(notification.alerts)

    def newest_first(self, alertname: str | None = None, status: str | None = None) -> Iterator[Stored]:
        """The stored alerts, or those with this name and this status."""
        for stored in reversed(self._stored):
            if alertname is not None and stored.alert.labels.get("alertname") != alertname:
                continue
            if status is None or stored.alert.status == status:
                yield stored

    def clear(self) -> int:
        """Forgets all; returns how many there were."""
        count = len(self._stored)
        self._stored.clear()
        self._weight = 0
        return count


def split(newest_first: Iterator[Stored]) -> tuple[list[Stored], list[Stored]]:
    """The alerts that fire now, and the notifications that are over: resolved, or followed by a newer one."""
    current: list[Stored] = []
    past: list[Stored] = []
    seen: set[tuple[tuple[str, str], ...]] = set()
    for stored in newest_first:
        identity = tuple(sorted(stored.alert.labels.items()))
        is_current = stored.alert.status == "firing" and identity not in seen
        (current if is_current else past).append(stored)
        seen.add(identity)
    return current, past
