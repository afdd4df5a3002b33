"""The shop while its database, its cache or the API service is away: what still works, what is said, how it ends."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from tests.unit.sample_app.shop_process import ROOT, SCORE, Api, Shop, api, eventually, shop
from tests.unit.sample_app.shop_servers import (
    PostgresServer,
    RedisServer,
    free_port,
    missing,
    postgres_server,
    redis_server,
)

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"not on this machine: {missing()}")
IN_TIME = 2.5
NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A database that a test may stop; it runs again afterwards."""
    with postgres_server(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A cache that a test may stop; it runs again afterwards."""
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def ml_api() -> Iterator[Api]:
    """The API service."""
    with api() as server:
        yield server


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, database: PostgresServer, cache: RedisServer, ml_api: Api
) -> Iterator[Shop]:
    """A shop of one process that is ready."""
    with shop(tmp_path_factory.mktemp("shop"), database.url, cache.url, ml_api.url) as server:
        server.until(200)
        yield server


def a_product(running: Shop) -> tuple[int, int]:
    """A new user and a new product."""
    user = running.post("users", {"name": "somebody"})["id"]
    return user, running.post("products", {"seller": user, "name": "lamp", "price": 100})["id"]


def refused(running: Shop, count: int) -> list[tuple[int, float, str]]:
    """Status, seconds and reason of so many registrations at once."""

    def register(number: int) -> tuple[int, float, str]:
        started = time.monotonic()
        answer = running.client.post("/api/v1/users/", json={"name": f"user {number}"})
        return answer.status_code, time.monotonic() - started, answer.json().get("detail", "")

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(register, range(count)))


def test_a_database_that_is_killed(running: Shop, database: PostgresServer) -> None:
    """503 with the reason in time, metrics go on without the active users; when it is back the shop sells again."""
    user, product = a_product(running)
    registered = running.value("shop_users_registered_total")
    assert running.value("shop_active_users") is not None
    database.stop()
    try:
        answers = refused(running, 4) + refused(running, 20)

        assert {status for status, _seconds, _reason in answers} == {503}
        assert max(seconds for _status, seconds, _reason in answers) < IN_TIME
        assert all(reason.startswith("the database is not available: ") for _status, _seconds, reason in answers)
        assert running.get("/healthz", 503)["detail"]
        assert running.value("dependency_up", dependency="database") == 0
        eventually(lambda: running.value("shop_active_users") is None)
    finally:
        database.start()
    running.until(200)

    assert running.post("transactions", {"buyer": user, "product": product})["amount"] == 100
    assert running.value("dependency_up", dependency="database") == 1
    assert running.value("shop_users_registered_total") == registered


def test_a_database_that_hangs(running: Shop, database: PostgresServer) -> None:
    """Open connections that answer nothing end in time too, also for those who queue behind them."""
    refused(running, 8)
    database.freeze()
    try:
        answers = refused(running, 24)
        later = refused(running, 8)
        assert running.samples()
    finally:
        database.thaw()

    assert {status for status, _seconds, _reason in answers + later} == {503}
    assert max(seconds for _status, seconds, _reason in answers + later) < 2 * IN_TIME
    assert sorted(seconds for _status, seconds, _reason in answers)[0] < IN_TIME
    running.until(200)
    assert running.post("users", {"name": "somebody"})["id"]


def test_a_database_that_was_emptied(running: Shop, database: PostgresServer) -> None:
    """The tables come back by themselves; what the cache still knows is not for sale."""
    _user, product = a_product(running)
    running.get(f"/api/v1/products/{product}/")
    with psycopg.connect(database.url) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")

    assert running.get("/api/v1/products/", 503)["detail"] == "the database was emptied and is being prepared"
    running.until(200, "/api/v1/products/")
    user = running.post("users", {"name": "somebody"})["id"]
    assert running.post("transactions", {"buyer": user, "product": product}, 404)["detail"] == f"no product {product}"
    a_product(running)


def test_a_cache_that_is_killed_fails_nothing(running: Shop, cache: RedisServer) -> None:
    """Products then come from the database, and from the cache again when it is back."""
    user, product = a_product(running)
    path = f"/api/v1/products/{product}/?user={user}"
    row = running.get(path)
    cache.stop()
    try:
        assert [running.get(path) for _ in range(3)] == [row] * 3
        assert running.post("transactions", {"buyer": user, "product": product})["amount"] == 100
        assert running.value("dependency_up", dependency="cache") == 0
    finally:
        cache.start()
    running.get(path)
    hits = running.value("cache_lookups_total", cache="product", result="hit") or 0.0
    assert running.get(path) == row
    assert running.value("cache_lookups_total", cache="product", result="hit") == hits + 1
    assert running.value("dependency_up", dependency="cache") == 1


def test_a_cache_that_hangs_fails_nothing(running: Shop, cache: RedisServer) -> None:
    """The first to ask waits a second; then nobody asks for a while."""
    _user, product = a_product(running)
    row = running.get(f"/api/v1/products/{product}/")
    cache.freeze()
    try:
        assert [running.get(f"/api/v1/products/{product}/") for _ in range(10)] == [row] * 10
        assert running.value("django_cache_get_fail_total", backend="native_redis") != 0
    finally:
        cache.thaw()
    eventually(lambda: bool(running.get(f"/api/v1/products/{product}/")) and _up(running, "cache"))


def test_a_cache_that_holds_something_else_fails_nothing(running: Shop, cache: RedisServer) -> None:
    """What another program wrote is a miss, and is written anew."""
    _user, product = a_product(running)
    path = f"/api/v1/products/{product}/"
    row = running.get(path)
    with Redis.from_url(cache.url) as client:
        key = f"shop:1:product:{product}"
        assert client.exists(key) == 1
        for value in ("[1]", "{}", '"text"', "<html>"):
            client.set(key, value)
            assert running.get(path) == row


def test_an_api_that_answers_in_drops_stops_no_sale(running: Shop, ml_api: Api) -> None:
    """Each byte comes in time, the answer would take seconds."""
    user, product = a_product(running)
    ml_api.dropping.set()
    try:
        started = time.monotonic()
        assert running.post("transactions", {"buyer": user, "product": product})["score"] is None
        assert time.monotonic() - started < IN_TIME
    finally:
        ml_api.dropping.clear()
    eventually(lambda: running.post("transactions", {"buyer": user, "product": product})["score"] == SCORE)


def test_an_api_that_hangs_stops_no_sale(running: Shop, ml_api: Api) -> None:
    """Sales go on without a score and products without recommendations, each within its second."""
    user, product = a_product(running)
    ml_api.answering.clear()
    try:
        started = time.monotonic()
        assert running.post("transactions", {"buyer": user, "product": product})["score"] is None
        assert time.monotonic() - started < IN_TIME
        seen = running.get(f"/api/v1/products/{product}/?user={user}")
        assert (seen["recommendations"], seen["recommendation_id"]) == ([], None)
        assert running.value("dependency_up", dependency="api") == 0
    finally:
        ml_api.answering.set()

    def scored() -> bool:
        return bool(running.post("transactions", {"buyer": user, "product": product})["score"] == SCORE)

    eventually(scored)
    assert running.value("dependency_up", dependency="api") == 1


def test_several_processes_start_before_their_database(tmp_path: Path, database: PostgresServer, ml_api: Api) -> None:
    """They say why they cannot serve yet, make the tables once between them, and serve; the cache is never there."""
    own = database.url.rpartition("/")[0] + "/late"
    with (
        shop(tmp_path, own, NOBODY, ml_api.url, "--workers", "2") as first,
        shop(tmp_path / "..", own, NOBODY, ml_api.url) as second,
    ):
        for early in (first, second):
            reason = early.until(503, "/api/v1/products/").json()["detail"]
            assert reason.startswith(("the database is not available: ", "the database is being prepared"))
            assert early.client.get("/metrics").status_code == 200
        with psycopg.connect(database.url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE late")
        for late in (first, second):
            late.until(200)
            a_product(late)
        assert second.value("shop_users_registered_total") == 1
    with psycopg.connect(own) as connection:
        assert connection.execute("SELECT count(*) FROM django_migrations").fetchone() == (1,)


def test_a_shop_without_a_cache(tmp_path: Path, database: PostgresServer, ml_api: Api) -> None:
    """It works, and says nothing of a cache that nobody wanted."""
    with shop(tmp_path, database.url, "", ml_api.url) as plain:
        plain.until(200)
        user, product = a_product(plain)
        assert [plain.get(f"/api/v1/products/{product}/?user={user}")["price"] for _ in range(2)] == [100, 100]
        assert plain.value("dependency_up", dependency="cache") is None
        assert plain.value("cache_lookups_total", cache="product", result="miss") == 2


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "DATABASE_URL must be"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL must be"),
        ({"DATABASE_URL": "postgresql://a@h/d?nonsense=1"}, "DATABASE_URL: "),
        ({"DATABASE_URL": "postgresql://a:secret@h/d"}, "DATABASE_PASSWORD_FILE"),
        ({"DATABASE_URL": "postgresql://a:secret%zz@h/d"}, "DATABASE_PASSWORD_FILE"),
        ({"DATABASE_URL": "postgresql://a@h/d?password=secret%zz"}, "DATABASE_PASSWORD_FILE"),
        ({"DATABASE_URL": "postgresql://a@h/d", "DATABASE_PASSWORD_FILE": "nowhere"}, "DATABASE_PASSWORD_FILE: "),
        ({"DATABASE_URL": "postgresql://a@h/d", "CACHE_URL": "x"}, "CACHE_URL must be"),
        ({"DATABASE_URL": "postgresql://a@h/d", "CACHE_URL": NOBODY, "ML_API_URL": "x"}, "ML_API_URL must be"),
        ({"DATABASE_URL": "postgresql://a@h/d", "CACHE_URL": NOBODY, "ML_API_URL": "http://a:b"}, "ML_API_URL must be"),
        ({"DATABASE_URL": "postgresql://a@h/d", "CACHE_URL": NOBODY, "ML_API_URL": "http://"}, "ML_API_URL must be"),
    ],
)
def test_settings_that_are_wrong(environment: dict[str, str], said: str) -> None:
    """Exit status 2 and the name of the variable; a password is never repeated."""
    command = [sys.executable, "-m", "sample_app.shop", "--port", str(free_port())]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)

    assert ran.returncode == 2
    assert said in ran.stderr
    assert "secret" not in ran.stderr


@pytest.mark.parametrize("port", ["-1", "0", "70000"])
def test_a_port_that_cannot_be_is_refused(port: str) -> None:
    """In a line, before anything starts."""
    command = [sys.executable, "-m", "sample_app.shop", "--port", port]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert ran.returncode == 2
    assert "--port must be 1 to 65535" in ran.stderr


def _up(running: Shop, dependency: str) -> bool:
    return running.value("dependency_up", dependency=dependency) == 1
