"""Brings the tables into being in the background, so that the server can start before its database."""

from __future__ import annotations

import logging
import threading

from django.core.management import call_command
from django.db import DatabaseError, InterfaceError, connection

from .dependencies import Dependency, Unavailable

RETRY_SECONDS = 0.5
BUSY_SECONDS = 0.1
PATIENCE_SECONDS = 1.5
"""How long a request waits for tables that are being made: a worker that has just started refuses nobody."""

_LOCK = 0x73686F70
"""The advisory lock of everybody who makes tables: "shop" in ASCII."""

_PREPARING = "the database is being prepared"

_log = logging.getLogger(__name__)


class Schema:
    """Whether the tables are there. `database` is asked every half second until they are."""

    def __init__(self, database: Dependency) -> None:
        self._database = database
        self._ready = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._reason = _PREPARING
        self._failing = False

    def start(self) -> None:
        """Begins to make the tables where nothing does so yet; returns at once."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="migrate", daemon=True)
                self._thread.start()

    def require(self) -> None:
        """Raises Unavailable, with the reason, while the tables are not there."""
        if self._ready.is_set():
            return
        self.start()
        if not self._ready.wait(0 if self._failing else PATIENCE_SECONDS):
            raise Unavailable(self._reason)

    def lost(self) -> None:
        """Somebody took the tables away: makes them again."""
        self._ready.clear()
        self.start()

    def _run(self) -> None:
        while not self._ready.is_set():
            try:
                with self._database.call(DatabaseError, InterfaceError):
                    migrated = _migrate()
            except Unavailable as error:
                self._tell(str(error), failing=True)
                self._ready.wait(RETRY_SECONDS)
            else:
                self._tell(_PREPARING, failing=False)
                if migrated:
                    self._ready.set()
                    _log.info("the database is ready")
                else:
                    self._ready.wait(BUSY_SECONDS)

    def _tell(self, reason: str, *, failing: bool) -> None:
        if failing and reason != self._reason:
            _log.warning(reason)
        self._reason, self._failing = reason, failing


def _migrate() -> bool:
    """Whether the tables are there now; False while another process makes them. The lock ends with the connection."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
            if not cursor.fetchone()[0]:
                return False
        call_command("migrate", verbosity=0, interactive=False)
        return True
    finally:
        connection.close()
