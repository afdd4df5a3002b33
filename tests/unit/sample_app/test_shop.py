"""The shop with a real PostgreSQL and a real Redis: what it answers, what it counts, and what it refuses."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.unit.sample_app.shop_process import SCORE, SUGGESTED, Api, Shop, api, eventually, shop
from tests.unit.sample_app.shop_servers import missing, postgres, redis

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"not on this machine: {missing()}")
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TABLES = ("user", "product", "transaction", "message")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a running database."""
    with postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a running cache."""
    with redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="module")
def ml_api() -> Iterator[Api]:
    """The API service."""
    with api() as server:
        yield server


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory, database: str, cache: str, ml_api: Api) -> Iterator[Shop]:
    """A shop of one process that is ready."""
    with shop(tmp_path_factory.mktemp("shop"), database, cache, ml_api.url) as running:
        running.until(200)
        yield running


def rows(database: str) -> dict[str, int]:
    """How many rows each table has, and what was paid."""
    with psycopg.connect(database) as connection:
        counts = {}
        for table in TABLES:
            found = connection.execute(f"SELECT count(*) FROM shop_{table}").fetchone()  # noqa: S608
            counts[table] = int(found[0]) if found else -1
        found = connection.execute("SELECT coalesce(sum(amount), 0)::bigint FROM shop_transaction").fetchone()
        return counts | {"revenue": int(found[0]) if found else -1}


def counted(running: Shop) -> dict[str, float | None]:
    """The same numbers as the shop's metrics have them."""
    samples = running.samples()
    names = {
        "user": "shop_users_registered_total",
        "product": "shop_products_created_total",
        "transaction": "shop_transactions_completed_total",
        "message": "shop_messages_sent_total",
        "revenue": "shop_revenue_krw_total",
    }
    return {key: samples.get((name, ())) for key, name in names.items()}


def load(running: Shop, size: int) -> dict[str, int]:
    """A load of known size, eight requests at a time, with failing clients among them; what its answers say it did."""
    seller = running.post("users", {"name": "seller"})["id"]
    product = running.post("products", {"seller": seller, "name": "lamp", "price": 12_000})["id"]

    def act(number: int) -> int:
        user = running.post("users", {"name": f"user {number}"})["id"]
        made = running.post("products", {"seller": user, "name": f"thing {number}", "price": number})["id"]
        running.get(f"/api/v1/products/{made}/?user={user}")
        running.post("messages", {"sender": user, "recipient": seller, "text": "still there?"})
        running.post("transactions", {"buyer": user, "product": 10**9}, 404)
        running.post("users", {"name": ""}, 400)
        return int(running.post("transactions", {"buyer": user, "product": product})["amount"])

    with ThreadPoolExecutor(8) as pool:
        paid = sum(pool.map(act, range(size)))
    return {"user": size + 1, "product": size + 1, "transaction": size, "message": size, "revenue": paid}


def workers(state_dir: Path) -> set[int]:
    """The pids that have written counters."""
    return {int(path.stem.split("_")[1]) for path in (state_dir / "metrics").glob("counter_*.db")}


def test_one_action_crosses_the_database_the_cache_and_the_api(one: Shop, ml_api: Api) -> None:
    """Answers are those of the contract, a trace goes on to the API, and each part shows in the metrics."""
    user = one.post("users", {"name": "김민지"})
    assert user == {"id": user["id"], "name": "김민지"}
    product = one.post("products", {"seller": user["id"], "name": "책상", "price": 90_000})
    assert product == {"id": product["id"], "seller": user["id"], "name": "책상", "price": 90_000}

    asked = len(ml_api.asked)
    path = f"/api/v1/products/{product['id']}/?user={user['id']}"
    seen = [one.get(path, traceparent=TRACE) for _ in range(2)]
    sale = one.post("transactions", {"buyer": user["id"], "product": product["id"]})
    one.post("messages", {"sender": user["id"], "recipient": user["id"], "text": "hello"})

    assert seen == [{**product, "recommendations": SUGGESTED, "recommendation_id": "r1"}] * 2
    assert sale == {"id": sale["id"], "amount": 90_000, "score": SCORE}
    wanted = f"/recommendations?user={user['id']}&limit=5"
    assert ml_api.asked[asked:] == [("GET", wanted, TRACE), ("GET", wanted, TRACE), ("POST", "/predict", "")]
    assert len(ml_api.features[-1]) == 4
    one.get(path, traceparent="00-nonsense")
    assert ml_api.asked[-1] == ("GET", wanted, "")
    samples = one.samples()
    assert samples["django_db_execute_total", (("alias", "default"), ("vendor", "postgresql"))] > 0
    assert samples["django_cache_get_hits_total", (("backend", "native_redis"),)] >= 1
    assert samples["cache_lookups_total", (("cache", "product"), ("result", "hit"))] >= 1
    assert [samples["dependency_up", (("dependency", name),)] for name in ("database", "cache", "api")] == [1, 1, 1]
    assert one.get("/healthz") == {"status": "ok"}


def test_products_come_in_pages_the_newest_first(one: Shop) -> None:
    seller = one.post("users", {"name": "seller"})["id"]
    made = [one.post("products", {"seller": seller, "name": "cup", "price": 0})["id"] for _ in range(21)]
    first, second = one.get("/api/v1/products/"), one.get("/api/v1/products/?page=2")

    assert [row["id"] for row in first["products"]] == sorted(made, reverse=True)[:20]
    assert (first["page"], first["next"], second["page"]) == (1, 2, 2)
    assert second["products"][0]["id"] == made[0]
    assert one.get("/api/v1/products/?page=10000") == {"page": 10_000, "next": None, "products": []}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("users", b""),
        ("users", b"\xff"),
        ("users", b"[" * 50_000),
        ("users", b"[]"),
        ("users", b'{"name": "' + b"x" * 70_000 + b'"}'),
        ("users", b'{"name": 5}'),
        ("users", b'{"name": " "}'),
        ("users", rb'{"name": "a\u0000b"}'),
        ("users", rb'{"name": "a\ud800b"}'),
        ("users", json.dumps({"name": "x" * 201}).encode()),
        ("products", b'{"seller": 1, "name": "x", "price": -1}'),
        ("products", b'{"seller": 1, "name": "x", "price": 1.5}'),
        ("products", b'{"seller": true, "name": "x", "price": 1}'),
        ("products", b'{"seller": 1, "name": "x", "price": 1000000000001}'),
        ("transactions", b'{"buyer": 9223372036854775808, "product": 1}'),
        ("transactions", b'{"buyer": 1}'),
        ("messages", b'{"sender": 1, "recipient": 1, "text": ""}'),
    ],
)
def test_what_nobody_can_read_is_refused(one: Shop, kind: str, body: bytes) -> None:
    answer = httpx.post(f"{one.url}/api/v1/{kind}/", content=body, timeout=30)

    assert answer.status_code == 400
    assert answer.json()["detail"]


@pytest.mark.parametrize("query", ["page=0", "page=x", "page=10001", "page=99999999999999999999", "page=-1"])
def test_pages_that_are_none(one: Shop, query: str) -> None:
    assert "page" in one.get(f"/api/v1/products/?{query}", 400)["detail"]


def test_ids_that_nothing_has(one: Shop) -> None:
    """404, and nothing is counted."""
    user = one.post("users", {"name": "somebody"})["id"]
    product = one.post("products", {"seller": user, "name": "pen", "price": 1})["id"]
    before = counted(one)

    for path in ("999999/", f"{2**63}/", "9" * 3000 + "/", f"{product}/?user=999999", f"{product}/?user={2**63 - 1}"):
        assert one.get(f"/api/v1/products/{path}", 404)["detail"]
    one.get(f"/api/v1/products/{product}/?user=x", 400)
    nobody = 10**12
    for kind, body in (
        ("products", {"seller": nobody, "name": "x", "price": 1}),
        ("transactions", {"buyer": nobody, "product": product}),
        ("transactions", {"buyer": user, "product": nobody}),
        ("messages", {"sender": user, "recipient": nobody, "text": "x"}),
        ("messages", {"sender": nobody, "recipient": user, "text": "x"}),
    ):
        assert str(nobody) in one.post(kind, body, 404)["detail"]
    assert one.client.delete(f"/api/v1/products/{product}/").status_code == 405
    assert counted(one) == before


def test_answers_rows_and_metrics_agree(one: Shop, database: str) -> None:
    """After a load of known size the three say the same, exactly."""
    earlier, before = counted(one), rows(database)
    said = load(one, 40)

    assert {key: now - before[key] for key, now in rows(database).items()} == said
    assert {key: (now or 0) - (earlier[key] or 0) for key, now in counted(one).items()} == said


def test_two_workers_give_one_set_of_sums(database: str, cache: str, ml_api: Api, tmp_path: Path) -> None:
    """Whichever worker answers the scrape, and with the active users beside the sums."""
    with shop(tmp_path, database, cache, ml_api.url, "--workers", "2") as two:
        two.until(200)
        before = rows(database)
        said = load(two, 40)
        two.client.close()

        two.client = type(two.client)(base_url=two.url, timeout=30, headers={"connection": "close"})
        assert {key: now - before[key] for key, now in rows(database).items()} == said
        assert [counted(two) for _ in range(10)] == [said] * 10
        eventually(lambda: len(workers(tmp_path)) == 2)
        assert two.value("shop_active_users") == rows(database)["user"]
        assert two.value("dependency_up", dependency="database") == 1

        os.kill(min(workers(tmp_path)), signal.SIGKILL)
        two.until(200)
        assert [counted(two) for _ in range(5)] == [said] * 5


def test_active_users_are_those_of_the_last_quarter_of_an_hour(
    one: Shop, database: str, cache: str, ml_api: Api, tmp_path: Path
) -> None:
    """Whoever looks at a product is here again."""
    user = one.post("users", {"name": "somebody"})["id"]
    product = one.post("products", {"seller": user, "name": "pen", "price": 1})["id"]
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE shop_user SET last_seen = now() - interval '16 minutes'")
    one.get(f"/api/v1/products/{product}/?user={user}")

    with shop(tmp_path, database, cache, ml_api.url) as fresh:
        fresh.until(200)
        assert fresh.value("shop_active_users") == 1
        fresh.post("users", {"name": "asked at most every ten seconds"})
        assert fresh.value("shop_active_users") == 1


def test_nothing_that_clients_make_up_becomes_a_series(one: Shop) -> None:
    """1,000 distinct paths, users, names and methods add no series."""
    user = one.post("users", {"name": "somebody"})["id"]
    product = one.post("products", {"seller": user, "name": "pen", "price": 1})["id"]

    def vary(number: int) -> None:
        method = f"M{chr(65 + number % 26)}{chr(65 + number // 26 % 26)}"
        assert one.client.request(method, "/api/v1/users/").status_code == 405
        assert one.get(f"/nothing/{number}/", 404) == {"detail": "no such path"}
        one.client.get(f"/api/v1/products/{product}/?user={number + 10**6}", headers={"x-api-key": str(number)})
        one.client.get(f"/api/v1/products/{product}/?user={user}")
        one.client.get(f"/api/v1/products/{number + 10**6}/", headers={"host": f"h{number}.example"})
        one.client.post("/api/v1/users/", json={"name": f"user {number}"})

    vary(0)
    one.client.put("/api/v1/users/")
    before = set(one.samples())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(vary, range(1, 1001)))

    assert set(one.samples()) == before


def test_errors_are_visible_to_increase_from_the_start(database: str, cache: str, ml_api: Api, tmp_path: Path) -> None:
    """Before its first request every endpoint has a series for each kind of failure, at 0."""
    with shop(tmp_path, database, cache, ml_api.url) as fresh:
        fresh.until(200)
        samples = fresh.samples()

    name = "django_http_responses_total_by_status_view_method_total"
    for view, method in (("users", "POST"), ("products", "GET"), ("product", "GET"), ("transactions", "POST")):
        for status in ("400", "404", "500", "503"):
            assert samples[name, (("method", method), ("status", status), ("view", view))] == 0
    assert samples["shop_transactions_completed_total", ()] == 0
    assert samples["process_cpu_seconds_total", ()] > 0
    assert {"timestamp", "level", "message", "service", "logger"} <= json.loads(
        fresh.log.read_text().splitlines()[0]
    ).keys()
    assert not [name for name, _labels in samples if name.endswith("_created")]
