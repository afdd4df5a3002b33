"""The engine that Django loads for ENGINE "sample_app.shop.postgres"."""

from __future__ import annotations

import time
from functools import partial
from typing import Any, TypeVar

import psycopg
from django_prometheus.db import connection_errors_total, connections_total, errors_total
from django_prometheus.db.backends.postgresql import base
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

T = TypeVar("T")

ANSWER_SECONDS = 2.2
"""How long a statement may take: longer than statement_timeout, so that a server that can speak ends it itself."""

RECONNECT_SECONDS = 1.0
"""How long after a hang no new connection is tried: the request that met it has no time left for a second wait."""


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc]
    """PostgreSQL whose connections give up on a server that stopped answering (frozen, or behind a dead network)."""

    _hung_at = float("-inf")

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        for counter in (connections_total, connection_errors_total):
            counter.labels(self.alias, self.vendor)
        for kind in (psycopg.OperationalError, psycopg.errors.QueryCanceled):
            errors_total.labels(self.alias, self.vendor, kind.__name__)

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        """A connection whose every wait ends; raises psycopg.OperationalError."""
        if time.monotonic() - self._hung_at < RECONNECT_SECONDS:
            raise psycopg.OperationalError(_text())
        connection: psycopg.Connection[Any] = super().get_new_connection(conn_params)
        connection.wait = partial(self._wait, connection)  # type: ignore[method-assign]
        return connection

    def _wait(self, connection: psycopg.Connection[Any], work: PQGen[T], interval: float = 0.1) -> T:
        try:
            return psycopg.Connection.wait(connection, work, interval, timeout=ANSWER_SECONDS)
        except psycopg.OperationalError:
            if connection.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise
            self._hung_at = time.monotonic()
            connection.pgconn.finish()
            raise psycopg.OperationalError(_text()) from None


def _text() -> str:
    return f"no answer within {ANSWER_SECONDS:g} s"
