"""Slow statements, rollbacks, misses and a full cache on real servers raise their alerts, and healthy load does not.

Alerts hold for minutes before they fire: what is asked here is whether they are pending, that is, whether their
expression is true on what the real exporters show."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from generator import names
from tests.contract.databases import ALERTS, FAST, MAXMEMORY, SLOW, Databases, Observed, databases

pytestmark = pytest.mark.server("prometheus", "postgres", "postgres_exporter", "valkey-server", "redis_exporter")
NEAR, STRETCHED = 0.1, 0.25
"""Rates are stretched beyond their samples, which are few here; a counter that begins at 0 is stretched less."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Observed, Observed, Observed, Databases]]:
    """Without maxmemory and idle; after healthy load; after trouble of every kind."""
    with databases(tmp_path_factory.mktemp("databases")) as servers:
        idle = servers.observed()
        servers.limit_memory(MAXMEMORY)
        servers.statements(FAST, 300)
        servers.rollbacks(3)
        servers.lookups(hits=270, misses=30)
        healthy = servers.observed()
        servers.statements(SLOW, 160)
        servers.rollbacks(400)
        servers.lookups(hits=0, misses=900)
        servers.fill(0.95)
        troubled = servers.observed()
        yield idle, healthy, troubled, servers


Ran = tuple[Observed, Observed, Observed, Databases]


def test_healthy_load_raises_nothing(ran: Ran) -> None:
    """300 fast statements, 1 % of them rolled back, nine lookups of ten that hit, a cache that is nearly empty."""
    idle, healthy, _, _ = ran

    assert idle.alerts == healthy.alerts == frozenset()
    assert 0 < healthy.values[names.ROLLBACK_RATIO] < 0.05
    assert healthy.values[names.STATEMENT_TIME] < 0.05
    assert healthy.values[names.REDIS_MEMORY_USED] < 0.5


def test_trouble_raises_each_alert(ran: Ran) -> None:
    """Every alert of what databases do is pending, and no other is."""
    _, _, troubled, _ = ran

    assert troubled.alerts == frozenset(ALERTS)


def test_what_is_recorded_is_what_the_servers_count(ran: Ran) -> None:
    """Mean time of statements, hit ratio and memory are those of pg_stat_statements and INFO."""
    for found in ran[1:3]:
        values, truth = found.values, found.truth
        mean = truth.statement_seconds / truth.statements
        assert values[names.STATEMENT_TIME] == pytest.approx(mean, rel=NEAR)
        assert values[names.REDIS_HIT_RATIO] == pytest.approx(truth.hits / truth.lookups, rel=0.02)
        assert values[names.REDIS_MEMORY_USED] == pytest.approx(truth.memory, rel=NEAR)


def test_rollbacks_are_shares_of_what_the_server_counts(ran: Ran) -> None:
    """The exporter's own transactions are among them; they go on while the test looks."""
    values, truth = ran[2].values, ran[2].truth

    assert values[names.ROLLBACK_RATIO] == pytest.approx(truth.rollbacks / truth.transactions, rel=STRETCHED)


def test_limits_are_series(ran: Ran) -> None:
    """The database's own limit, and the defaults."""
    values = ran[2].values

    assert values[names.database_limit("statement_time")] == 0.1
    assert values[names.database_limit("rollback_ratio")] == 0.05
    assert values[names.database_limit("redis_hit_ratio")] == 0.5
    assert values[names.database_limit("redis_memory")] == 0.9


def test_a_server_without_maxmemory_has_no_share_of_it(ran: Ran) -> None:
    """The exporter says 0, and nothing is divided by it."""
    assert names.REDIS_MEMORY_USED not in ran[0].values


def test_every_rule_is_healthy(ran: Ran) -> None:
    """No rule fails on what the exporters show."""
    assert {name: error for name, error in ran[3].prometheus.rules() if error} == {}
