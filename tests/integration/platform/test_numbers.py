"""After a load of known size everybody who counts has counted the same: to 1 %."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.client import get, query, wait
from tests.integration.platform.stack import PlatformStack, samples

pytestmark = pytest.mark.integration
CALLED_BY_THE_SHOP = ("GET /recommendations", "POST /predict")
"""Routes of the API that the shop calls too, so that visitors alone do not explain their number."""

CREATED = {
    "POST /api/v1/users/": ("shop_user", "shop_users_registered_total"),
    "POST /api/v1/products/": ("shop_product", "shop_products_created_total"),
    "POST /api/v1/transactions/": ("shop_transaction", "shop_transactions_completed_total"),
    "POST /api/v1/messages/": ("shop_message", "shop_messages_sent_total"),
}


@dataclass(frozen=True)
class Counts:
    """What each of them says at one moment."""

    prometheus: dict[str, float]
    summary: float
    database: dict[str, int]
    own: dict[str, float]


@pytest.fixture(scope="module")
def numbers(stack: PlatformStack) -> tuple[dict[str, Any], Counts, Counts]:
    """A load to its end, and the counts before and after it."""
    before = counts(stack)
    made = stack.load("--users", 60, "--seconds", 75, "--start-hour", 20)
    return made, before, counts(stack)


def counts(stack: PlatformStack) -> Counts:
    """Once Prometheus has scraped what both services have counted."""
    pages = {"ml-api": samples(stack.api), "shop": samples(stack.shop)}

    def scraped() -> dict[str, float] | None:
        found = requests(stack)
        for service, page in pages.items():
            want = sum(value for key, value in page.items() if key.startswith(COUNTERS[service]))
            if sum(value for key, value in found.items() if key.startswith(f"{service} ")) != want:
                return None
        return found

    prometheus = wait("Prometheus to have scraped both services", scraped, 60)
    summary = get(f"{stack.api}/api/metrics/summary")["data"]["total_calls"]
    database = {table: stack.rows(table) for table, _ in CREATED.values()}
    return Counts(prometheus, summary, database, pages["ml-api"] | pages["shop"])


COUNTERS = {
    "ml-api": "http_requests_total{",
    "shop": "django_http_responses_total_by_status_view_method_total{",
}


def requests(stack: PlatformStack) -> dict[str, float]:
    """Requests by service, method and route, as Prometheus has them now."""
    api = query(stack.prometheus, 'sum by (method, handler) (http_requests_total{service="ml-api"})')
    shop = query(
        stack.prometheus,
        'sum by (method, view) (django_http_responses_total_by_status_view_method_total{service="shop"})',
    )
    found = {f"ml-api {m['method']} {m['handler']}": v for m, v in pairs(api)}
    return found | {f"shop {m['method']} {m['view']}": v for m, v in pairs(shop)}


def pairs(rows: list[dict[str, Any]]) -> list[tuple[dict[str, str], float]]:
    """Labels and value of each series."""
    return [(row["metric"], float(row["value"][1])) for row in rows]


def test_prometheus_counted_what_visitors_of_the_api_sent(numbers: tuple[dict[str, Any], Counts, Counts]) -> None:
    """Route by route."""
    made, before, after = numbers
    sent = {name: row["count"] for name, row in made["by_name"].items() if row["service"] == "api"}
    counted = {name: rise(before.prometheus, after.prometheus, f"ml-api {name}") for name in sent}

    assert sum(sent.values()) > 500
    for name in sent.keys() - set(CALLED_BY_THE_SHOP):
        assert counted[name] == pytest.approx(sent[name], rel=0.01, abs=1), name
    for name in CALLED_BY_THE_SHOP:
        assert counted[name] > sent[name] > 0, name


def test_prometheus_counted_what_visitors_of_the_shop_sent(numbers: tuple[dict[str, Any], Counts, Counts]) -> None:
    """All routes together: Django names them by view, and visitors by path."""
    made, before, after = numbers
    sent = sum(row["count"] for row in made["by_name"].values() if row["service"] == "shop")
    counted = total(after.prometheus, "shop ") - total(before.prometheus, "shop ")

    assert sent > 500
    assert counted == pytest.approx(sent, rel=0.01)


def test_the_summary_counted_what_prometheus_did(numbers: tuple[dict[str, Any], Counts, Counts]) -> None:
    """All requests of the API, those of the shop included."""
    _, before, after = numbers
    counted = total(after.prometheus, "ml-api ") - total(before.prometheus, "ml-api ")

    assert after.summary - before.summary == pytest.approx(counted, rel=0.01)


@pytest.mark.parametrize("route", CREATED)
def test_the_database_has_what_was_created(numbers: tuple[dict[str, Any], Counts, Counts], route: str) -> None:
    """Rows, the shop's own counters, and the answers that visitors got."""
    made, before, after = numbers
    table, metric = CREATED[route]
    created = made["by_name"][route]["statuses"].get("2xx", 0)

    assert created > 0
    assert after.database[table] - before.database[table] == pytest.approx(created, rel=0.01, abs=1)
    assert rise(before.own, after.own, metric) == pytest.approx(created, rel=0.01, abs=1)


def test_every_recommendation_is_one_inference(numbers: tuple[dict[str, Any], Counts, Counts]) -> None:
    """Answered requests, served recommendations and runs of the model are the same thing."""
    _, before, after = numbers
    asked = rise(before.prometheus, after.prometheus, "ml-api GET /recommendations")
    served = rise(before.own, after.own, "recommendations_served_total")
    inferred = rise(before.own, after.own, 'inference_requests_total{model="recommender",outcome="ok"}')

    assert served == pytest.approx(asked, rel=0.01)
    assert inferred == pytest.approx(asked, rel=0.01)


def rise(before: dict[str, float], after: dict[str, float], key: str) -> float:
    """By how much one count has grown."""
    return after[key] - before.get(key, 0)


def total(found: dict[str, float], prefix: str) -> float:
    """The sum of all counts whose name begins so."""
    return sum(value for key, value in found.items() if key.startswith(prefix))
