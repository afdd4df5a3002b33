"""Real PostgreSQL and Redis with their real exporters under a known load, and the Prometheus that scrapes them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from generator import names
from generator.builders.commands import POSTGRES_COLLECTORS
from tests.contract import load
from tests.contract.prometheus import Prometheus
from tests.integration.client import free_ports, wait
from tests.proof import find
from tests.unit.sample_app.shop_servers import PostgresServer, postgres_server, redis_server

POSTGRES, REDIS = "main", "cache"
FAST, SLOW = "SELECT count(*) FROM generate_series(1, 5000)", "SELECT pg_sleep(1)"
COUNTED = """
    SELECT sum(calls)::float, sum(total_exec_time)::float / 1000, string_agg(queryid::text, '|'),
        (SELECT sum(xact_commit + xact_rollback)::float FROM pg_stat_database)
    FROM pg_stat_statements WHERE query LIKE '%generate_series%' OR query LIKE '%pg_sleep%'
"""
SETTINGS = ("shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track_utility=off")
"""BEGIN and ROLLBACK are not counted, so that what is counted is what the load sends."""
LIMITS = {"statement_time": "100ms"}
"""Lower than the default, so that a few seconds of sleep outweigh the fast statements before them."""
MAXMEMORY = 16 * 2**20
ALERTS = ("DatabaseSlowQueries", "DatabaseRollbackRatioHigh", "RedisHitRatioLow", "RedisMemoryHigh")
AT_ONCE = 20
SECONDS = 60


SETTLED_SECONDS = 3


@dataclass(frozen=True)
class Truth:
    """What the servers themselves have counted, or the load. `queries` are the statements of the load."""

    statements: float = 0
    statement_seconds: float = 0
    rollbacks: int = 0
    transactions: float = 0
    hits: int = 0
    lookups: int = 0
    memory: float = 0
    queries: str = ""


@dataclass(frozen=True)
class Observed:
    """What was recorded after a load, which alerts are pending or fire, and what was true."""

    values: dict[str, float]
    alerts: frozenset[str]
    truth: Truth


class Databases:
    """The servers with their load. `observed` waits until what the load did is recorded."""

    def __init__(self, prometheus: Prometheus, url: str, cache: Redis) -> None:
        self.prometheus, self.url, self.cache = prometheus, url, cache
        self.before = Truth()
        self.rolled_back = 0

    def begin(self) -> None:
        """Every counter is there and was scraped: what it starts with is lost to every rate."""
        self.statements(FAST, 5)
        self.statements(SLOW, 1)
        self.cache.set("known", "x")
        wait("the first scrapes", lambda: self._scraped() or None, SECONDS)
        self.before = self._counted()

    def _scraped(self) -> bool:
        mine = f"count_over_time(pg_stat_statements_calls_total{{user='{names.SHOP_ROLE}'}}[3s])"
        twice = (f"count({mine} >= 2) >= 2", "count_over_time(redis_keyspace_hits_total[3s]) >= 2")
        return all(self.prometheus.query(each) for each in twice)

    def statements(self, text: str, count: int) -> None:
        """Runs a statement so often, several at a time; each is a transaction that commits."""

        def some(number: int) -> None:
            with psycopg.connect(self.url, autocommit=True) as connection:
                for _ in range(number):
                    connection.execute(text)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(some, [count // AT_ONCE] * AT_ONCE + [count % AT_ONCE]))

    def rollbacks(self, count: int) -> None:
        """So many transactions that give up."""
        with psycopg.connect(self.url) as connection:
            for _ in range(count):
                connection.execute(FAST)
                connection.rollback()
        self.rolled_back += count

    def lookups(self, hits: int, misses: int) -> None:
        """So many keys that are there, and that are not."""
        for key, count in (("known", hits), ("unknown", misses)):
            for _ in range(count):
                self.cache.get(key)

    def fill(self, share: float) -> None:
        """Values until so much of maxmemory is used."""
        number = 0
        while self._memory() < share:
            self.cache.set(f"value:{number}", b"x" * 65536)
            number += 1

    def limit_memory(self, maximum: int) -> None:
        self.cache.config_set("maxmemory", maximum)

    def _memory(self) -> float:
        return float(self.cache.info("memory")["used_memory"]) / MAXMEMORY

    def _counted(self) -> Truth:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SET pg_stat_statements.track = 'none'")
            found = connection.execute(COUNTED).fetchone()
        assert found
        stats = self.cache.info("stats")
        hits, misses = int(stats["keyspace_hits"]), int(stats["keyspace_misses"])
        return Truth(
            statements=found[0],
            statement_seconds=found[1],
            queries=found[2],
            rollbacks=self.rolled_back,
            transactions=found[3],
            hits=hits,
            lookups=hits + misses,
            memory=self._memory(),
        )

    def observed(self) -> Observed:
        """What is recorded once everything that the load did was scraped."""
        now, was = self._counted(), self.before
        wait("the load in what was scraped", lambda: self._settled(now) or None, SECONDS)
        since = replace(
            now,
            statements=now.statements - was.statements,
            statement_seconds=now.statement_seconds - was.statement_seconds,
            transactions=now.transactions - was.transactions,
            hits=now.hits - was.hits,
            lookups=now.lookups - was.lookups,
        )
        return Observed(self._values(), self._alerts(), since)

    def _settled(self, now: Truth) -> bool:
        """Whether a few seconds ago every counter stood where the servers say, so that rules have seen it since."""
        wanted = {
            f'sum(pg_stat_statements_calls_total{{queryid=~"{now.queries}"}})': now.statements,
            "sum(pg_stat_database_xact_rollback)": float(now.rollbacks),
            "redis_keyspace_hits_total + redis_keyspace_misses_total": float(now.lookups),
        }
        before = time.time() - SETTLED_SECONDS
        found = {each: self.prometheus.query(each, before) for each in wanted}
        return all(rows and float(rows[0]["value"][1]) == wanted[each] for each, rows in found.items())

    def _values(self) -> dict[str, float]:
        found = self.prometheus.query('{__name__=~"database:.+"}')
        return {each["metric"]["__name__"]: float(each["value"][1]) for each in found}

    def _alerts(self) -> frozenset[str]:
        found = self.prometheus.query('ALERTS{database!=""}')
        return frozenset(each["metric"]["alertname"] for each in found)


@contextmanager
def databases(folder: Path) -> Iterator[Databases]:
    """Everything running and warm. Skips where the exporter of this machine has no collector of statements."""
    collectors = _collectors()
    with ExitStack() as running:
        for name in (POSTGRES, REDIS):
            (folder / name).mkdir()
        server = running.enter_context(postgres_server(folder / POSTGRES, *SETTINGS))
        _prepare(server)
        redis = running.enter_context(redis_server(folder / REDIS))
        ports = free_ports(2)
        at = f"127.0.0.1:{server.port}/{names.SHOP_DATABASE}?sslmode=disable"
        who = {"DATA_SOURCE_URI": at, "DATA_SOURCE_USER": names.MONITOR_ROLE, "DATA_SOURCE_PASS": "none"}
        running.enter_context(_exporter(folder, "postgres_exporter", ports[0], collectors, who))
        address = f"--redis.addr=redis://127.0.0.1:{redis.port}"
        running.enter_context(_exporter(folder, "redis_exporter", ports[1], [address], {}))
        prometheus = Prometheus(folder)
        entries = (
            {"name": POSTGRES, "kind": "postgres", "targets": [f"127.0.0.1:{ports[0]}"], "thresholds": LIMITS},
            {"name": REDIS, "kind": "redis", "targets": [f"127.0.0.1:{ports[1]}"]},
        )
        process = prometheus.start([_nobody(prometheus)], databases=[*entries])
        running.callback(_end, process)
        cache = running.enter_context(Redis(port=redis.port, socket_timeout=10))
        made = Databases(prometheus, server.url, cache)
        made.begin()
        yield made


def _nobody(prometheus: Prometheus) -> dict[str, object]:
    """A spec has a service: Prometheus itself, which answers."""
    address = prometheus.url.removeprefix("http://")
    mapping = {"requests": {"name": "prometheus_http_requests_total", "route": "handler", "status": "code"}}
    return {"name": "nobody", "kind": "custom", "targets": [address], "metrics": mapping}


def _collectors() -> list[str]:
    found = find("postgres_exporter")
    assert found
    ran = subprocess.run([found.where, "--help"], capture_output=True, text=True, check=False)
    if "collector.stat_statements.exclude_users" not in ran.stdout + ran.stderr:
        pytest.skip(f"not on this machine: a postgres_exporter with a collector of statements ({found.version})")
    return [*POSTGRES_COLLECTORS]


def _prepare(server: PostgresServer) -> None:
    """As the stack's own database is prepared: a role that may read statistics alone."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {names.MONITOR_ROLE} LOGIN IN ROLE pg_monitor")
        connection.execute("CREATE EXTENSION pg_stat_statements")


@contextmanager
def _exporter(folder: Path, name: str, port: int, options: list[str], environment: dict[str, str]) -> Iterator[None]:
    found = find(name)
    assert found
    command = [found.where, f"--web.listen-address=127.0.0.1:{port}", *options]
    with (folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **environment})
    try:
        load.listening(port, 30)
        yield
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
