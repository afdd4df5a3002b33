"""What databases do, on input series that would trip a careless rule."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from tests.rules.promtool import SPEC, Rules

pytestmark = pytest.mark.server("promtool")
DATABASES: list[dict[str, Any]] = [
    {"name": "main", "kind": "postgres", "targets": ["pg:9187"]},
    {"name": "reports", "kind": "postgres", "targets": ["reports:9187"], "thresholds": {"statement_time": "5s"}},
    {"name": "cache", "kind": "redis", "targets": ["redis:9121"]},
]


@pytest.fixture
def rules(tmp_path: Path) -> Rules:
    """Two databases, one of which may be slow, and a cache."""
    return Rules(tmp_path, {**copy.deepcopy(SPEC), "databases": DATABASES})


def of(metric: str, database: str, **labels: str) -> str:
    """A series as the database's exporter shows it."""
    shown = {"job": f"database/{database}", "database": database, "instance": "e:1", "team": "ops", **labels}
    inner = ",".join(f'{name}="{value}"' for name, value in shown.items())
    return f"{metric}{{{inner}}}"


def statements(database: str, per_step: float, seconds: float, query: str = "1") -> dict[str, str]:
    """A statement that runs so often in each interval and takes so long."""
    labels = {"datname": "shop", "queryid": query, "user": "shop"}
    return {
        of("pg_stat_statements_calls_total", database, **labels): f"0+{per_step}x200",
        of("pg_stat_statements_seconds_total", database, **labels): f"0+{per_step * seconds}x200",
    }


def test_each_database_has_its_own_limit(rules: Rules) -> None:
    """Two seconds are too long for one, and not for the other."""
    series = {**statements("main", 15, 2), **statements("reports", 15, 2)}

    assert rules.fires(series, "DatabaseSlowQueries", "20m", database="main", team="ops")
    assert not rules.fires(series, "DatabaseSlowQueries", "20m", database="reports")


def test_the_mean_weighs_statements_by_their_calls(rules: Rules) -> None:
    """One slow report among many fast statements: 10 s once, 1 ms 150 times in each interval."""
    series = {**statements("main", 150, 0.001), **statements("main", 1, 10, query="2")}
    mean = rules.values(series, "database:statement_time_seconds:mean_rate5m", "20m")

    assert [*mean.values()] == [pytest.approx((150 * 0.001 + 10) / 151)]
    assert not rules.fires(series, "DatabaseSlowQueries", "20m")


def test_a_statement_that_is_shown_for_the_first_time_is_no_jump(rules: Rules) -> None:
    """The exporter shows the most expensive statements: one that joins them brings its whole past with it."""
    newcomer = {"datname": "shop", "queryid": "9", "user": "shop"}
    series = {
        **statements("main", 150, 0.001),
        of("pg_stat_statements_calls_total", "main", **newcomer): "_x60 100000+1x140",
        of("pg_stat_statements_seconds_total", "main", **newcomer): "_x60 900000+0.001x140",
    }

    for moment in ("15m15s", "16m", "19m"):
        mean = rules.values(series, "database:statement_time_seconds:mean_rate5m", moment)
        assert [*mean.values()] == [pytest.approx(0.001)]


def test_names_of_older_exporters_are_known(rules: Rules) -> None:
    """As the queries that Debian 12 ships name them."""
    labels = {"datname": "shop", "queryid": "1", "rolname": "shop", "server": "pg:5432"}
    series = {
        of("pg_stat_statements_calls", "main", **labels): "0+15x200",
        of("pg_stat_statements_total_time_seconds", "main", **labels): "0+30x200",
    }

    assert rules.fires(series, "DatabaseSlowQueries", "20m", database="main")


def test_databases_of_one_server_count_together(rules: Rules) -> None:
    """4 % of the transactions of all its databases roll back, though it is 40 % of one's."""
    series = {
        of("pg_stat_database_xact_commit", "main", datname="large"): "0+900x200",
        of("pg_stat_database_xact_rollback", "main", datname="large"): "0+0x200",
        of("pg_stat_database_xact_commit", "main", datname="small"): "0+60x200",
        of("pg_stat_database_xact_rollback", "main", datname="small"): "0+40x200",
    }

    assert [*rules.values(series, "database:rollbacks:ratio_rate5m", "20m").values()] == [pytest.approx(0.04)]
    assert not rules.fires(series, "DatabaseRollbackRatioHigh", "20m")


def test_an_idle_server_has_no_ratio(rules: Rules) -> None:
    """No lookup, no transaction, no statement, no maxmemory: nothing is divided by nothing."""
    series = {
        **statements("main", 0, 0),
        of("pg_stat_database_xact_commit", "main"): "7x200",
        of("pg_stat_database_xact_rollback", "main"): "7x200",
        of("redis_keyspace_hits_total", "cache"): "7x200",
        of("redis_keyspace_misses_total", "cache"): "7x200",
        of("redis_memory_used_bytes", "cache"): "1000000x200",
        of("redis_memory_max_bytes", "cache"): "0x200",
    }

    found = rules.values(series, '{__name__=~"database:.+(ratio|mean).*",__name__!~".+:limit"}', "20m")
    assert found == {}
