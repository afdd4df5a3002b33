"""Services that the shop needs: whether each is up, and how nobody waits long for one that hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

HANGS_SECONDS = 0.9
"""A failure that took so long is a hang, not a refusal."""

PAUSE_SECONDS = 2.5
"""While a dependency hangs one call goes through in so many seconds; it is longer than any call can take."""


class Unavailable(Exception):
    """A dependency could not serve a call; the text says which and why."""


class Dependency:
    """One service, for all threads of this process.

    name: what texts call it. report: takes 1.0 after a call worked, 0.0 after it failed.
    answered: errors, or causes of errors, by which the service itself answered: it does not hang, however slow it was.
    """

    def __init__(
        self,
        name: str,
        report: Callable[[float], None],
        answered: tuple[type[BaseException], ...] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._report = report
        self._answered = answered
        self._clock = clock
        self._lock = threading.Lock()
        self._hangs = ""
        self._next_try = 0.0

    @contextmanager
    def call(self, *errors: type[Exception]) -> Iterator[None]:
        """One call. Turns `errors` into Unavailable; raises it at once while the service hangs."""
        self._admit()
        started = self._clock()
        try:
            yield
        except errors as error:
            self._failed(error, self._clock() - started)
            raise Unavailable(self._text(error)) from error
        self._worked()

    def _admit(self) -> None:
        with self._lock:
            if not self._hangs:
                return
            now = self._clock()
            if now < self._next_try:
                raise Unavailable(self._hangs)
            self._next_try = now + PAUSE_SECONDS

    def _failed(self, error: Exception, seconds: float) -> None:
        self._report(0.0)
        answered = isinstance(error, self._answered) or isinstance(error.__cause__, self._answered)
        with self._lock:
            self._hangs = self._text(error) if seconds >= HANGS_SECONDS and not answered else ""
            self._next_try = self._clock() + PAUSE_SECONDS

    def _worked(self) -> None:
        self._report(1.0)
        if self._hangs:
            with self._lock:
                self._hangs = ""

    def _text(self, error: Exception) -> str:
        lines = str(error).splitlines()
        return f"the {self._name} is not available: {lines[0] if lines else type(error).__name__}"
