"""English: alerts of databases."""

from __future__ import annotations

from generator.texts.base import AlertText

ALERTS: dict[str, AlertText] = {
    "DatabaseDown": AlertText(
        "Database <subject> is down",
        "The exporter of the database <subject> reaches no server: <value>, expected <limit>.",
        "The exporter answers, but the database behind it does not accept its connection.",
        (
            "Is the server running, and does it accept connections? `pg_isready`, `redis-cli ping`.",
            "Password, address and TLS settings of the exporter: its log says which one fails.",
            "Disk full, or all connections taken? Look at the server's own log.",
        ),
    ),
    "DatabaseConnectionsHigh": AlertText(
        "Database <subject>: <value> connections",
        "The database <subject> has <value> connections; the limit is <limit>.",
        "More connections than planned, or more than 80 % of what the server allows.",
        (
            "Who holds them? `select state, application_name, count(*) from pg_stat_activity group by 1, 2`.",
            "Idle in transaction: a request that forgot to commit. Many idle: pools that are too large.",
            "Put a pooler between, or lower the pools; raising max_connections costs memory.",
        ),
    ),
}
