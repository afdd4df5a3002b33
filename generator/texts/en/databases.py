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
    "DatabaseSlowQueries": AlertText(
        "Database <subject>: statements take <value>",
        "Statements of the database <subject> took <value> on average over the last 5 minutes; the limit is <limit>.",
        "The mean time of the statements that pg_stat_statements counts, of all that the exporter shows: those that "
        "cost the server most. One slow report among many fast statements does not raise it, and neither do few "
        "statements.",
        (
            "Which statements? `select calls, round(mean_exec_time) ms, round(total_exec_time / 1000) s, query from "
            "pg_stat_statements order by total_exec_time desc limit 10`.",
            "Is something waiting? `select pid, now() - query_start, wait_event_type, wait_event, left(query, 80) from "
            "pg_stat_activity where state = 'active' order by 2 desc`; who blocks: `pg_blocking_pids(pid)`.",
            "Which route of which service pays for it: look for latency that rose at the same time on the services "
            "overview, then for queries in a loop (N+1) and missing time-outs there.",
            "`explain (analyze, buffers)` of the worst one: a sequential scan of a large table wants an index, "
            "estimates that are far off want `analyze`.",
            "Disk or CPU of the host full? Then every statement is slow, and no index helps.",
        ),
    ),
    "DatabaseRollbackRatioHigh": AlertText(
        "Database <subject>: <value> of transactions roll back",
        "<value> of the transactions of the database <subject> were rolled back over the last 5 minutes; the limit is "
        "<limit>.",
        "Rollbacks / (commits + rollbacks). Transactions roll back when the application gives up, or when the server "
        "refuses: violated constraints, deadlocks, serialization failures, time-outs.",
        (
            "Compare commits and rollbacks by database: `select datname, xact_commit, xact_rollback, deadlocks, "
            "conflicts from pg_stat_database`.",
            "The server's log says why, one line an ERROR: constraint, deadlock, time-out, permission.",
            "Do the 5xx of a service rise at the same time? Each failed request rolls back: look at its logs and its "
            "last deployment first.",
            "Deadlocks: which transactions touch the same rows in another order? Unique violations: a retry without "
            "`on conflict`?",
        ),
    ),
    "RedisHitRatioLow": AlertText(
        "Cache <subject>: only <value> of lookups hit",
        "<value> of the lookups in <subject> found their key over the last 5 minutes; the limit is <limit>.",
        "Hits / (hits + misses). Below its limit the cache costs a round trip and saves little: what it should spare "
        "hits the database or the model again.",
        (
            "Has it just been restarted or flushed? `redis-cli info server` (uptime), then it fills up again by "
            "itself.",
            "Are keys thrown out? `redis-cli info stats`: evicted_keys that grow mean too little memory, see "
            "RedisMemoryHigh.",
            "Do keys expire before they are asked again? expired_keys, and the time to live that the application sets.",
            "New keys with every request? A user, a time or an unsorted list in the key, often since the last "
            "deployment.",
            "What stands behind the cache now carries its load: look at its latency and its connections.",
        ),
    ),
    "RedisMemoryHigh": AlertText(
        "Cache <subject>: <value> of its memory used",
        "<subject> uses <value> of its maxmemory; the limit is <limit>.",
        "Used memory / maxmemory; a server without maxmemory is not judged. What happens at 100 % depends on "
        "maxmemory-policy: noeviction refuses writes, the others throw keys out.",
        (
            "`redis-cli config get maxmemory-policy`. With noeviction, writes fail soon: act now.",
            "What is it full of? `redis-cli --bigkeys`, `redis-cli --memkeys`, `redis-cli info keyspace` (keys without "
            "expiry).",
            "Does the hit ratio hold, and does evicted_keys stand still? A cache that is meant to be full may have a "
            "higher limit: `redis_memory` of this database in the spec.",
            "Set times to live, shorten them, or raise maxmemory as far as the host's memory allows.",
        ),
    ),
}
