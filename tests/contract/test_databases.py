"""Slow statements, rollbacks, misses and a full cache on real servers raise their alerts, and healthy load does not.

Alerts hold for minutes before they fire: what is asked here is whether they are pending, that is, whether their
expression is true on what the real exporters show."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from generator import names
from tests.contract.databases import ALERTS, FAST, MAXMEMORY, SLOW, Databases, Observed, databases

pytestmark = pytest.mark.server("prometheus", "postgres", "postgres_exporter", "valkey-server", "redis_exporter")
WINDOW = 300
NEAR = 0.1
"""A rate is stretched by up to an interval beyond its samples, and these are seconds long."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Observed, Observed, Observed, Databases]]:
    """Without maxmemory and idle; after healthy load; after trouble of every kind."""
    with databases(tmp_path_factory.mktemp("databases")) as servers:
        idle = servers.observed(lambda found: names.REDIS_LOOKUPS in found.values)
        servers.limit_memory(MAXMEMORY)
        servers.statements(FAST, 300)
        servers.rollbacks(3)
        servers.lookups(hits=270, misses=30)
        healthy = servers.observed(lambda found: _seen(found) and names.REDIS_MEMORY_USED in found.values)
        servers.statements(SLOW, 160)
        servers.rollbacks(400)
        servers.lookups(hits=0, misses=900)
        servers.fill(0.95)
        troubled = servers.observed(lambda found: _seen(found) and found.values[names.REDIS_MEMORY_USED] > 0.9)
        yield idle, healthy, troubled, servers


def _seen(found: Observed) -> bool:
    """Whether the counts of the whole load are recorded."""
    truth, values = found.truth, found.values
    counted = ((names.STATEMENTS, truth.statements), (names.REDIS_LOOKUPS, truth.lookups))
    rolled_back = values.get(names.ROLLBACK_RATIO, 0) * values.get(names.TRANSACTIONS, 0) * WINDOW
    return rolled_back >= truth.rollbacks * 0.99 and all(values.get(s, 0) * WINDOW >= n * 0.99 for s, n in counted)


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
    """Mean time of statements, rollbacks, hit ratio and memory are those of pg_stat_statements, INFO and the load."""
    for found in ran[1:3]:
        values, truth = found.values, found.truth
        mean = truth.statement_seconds / truth.statements
        rolled_back = values[names.ROLLBACK_RATIO] * values[names.TRANSACTIONS] * WINDOW
        assert values[names.STATEMENT_TIME] == pytest.approx(mean, rel=NEAR)
        assert values[names.STATEMENTS] * WINDOW == pytest.approx(truth.statements, rel=NEAR)
        assert rolled_back == pytest.approx(truth.rollbacks, rel=NEAR)
        assert values[names.REDIS_HIT_RATIO] == pytest.approx(truth.hits / truth.lookups, rel=0.02)
        assert values[names.REDIS_MEMORY_USED] == pytest.approx(truth.memory, rel=NEAR)


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
