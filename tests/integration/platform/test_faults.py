"""A dependency that hangs: an answer in time that says what is wrong, and recovery without help."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

import pytest

from sample_app.shop.postgres.base import RECONNECT_SECONDS
from tests.integration.client import wait
from tests.integration.platform.stack import PlatformStack, samples

pytestmark = pytest.mark.integration
PATIENCE_SECONDS = 15.0
"""Far above the timeout of any dependency, and far below for ever."""


@dataclass(frozen=True)
class Answer:
    """What a service said, and how long it took."""

    status: int
    body: Any
    seconds: float


def ask(url: str, body: dict[str, Any] | None = None) -> Answer:
    """One request; raises TimeoutError or URLError when no answer comes in time."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"} if data else {})
    start = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return Answer(answer.status, json.loads(answer.read()), time.monotonic() - start)
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, json.loads(error.read()), time.monotonic() - start)


def works(url: str) -> bool | None:
    """Whether it answers 200 (None: not yet)."""
    return ask(url).status == 200 or None


def steady(url: str) -> bool | None:
    """Whether it answers 200 for so long that no thread of it still gives its dependency a rest after a hang."""
    end = time.monotonic() + 2 * RECONNECT_SECONDS
    while time.monotonic() < end:
        if not works(url):
            return None
        time.sleep(0.1)
    return True


def test_a_database_that_hangs(stack: PlatformStack) -> None:
    """The shop answers 503 with the reason, its metrics say so, and it sells again when the database does."""
    products = f"{stack.shop}/api/v1/products/"
    wait("the shop", lambda: works(products), 60)
    with stack.frozen("postgres"):
        answers = [ask(products) for _ in range(3)]
        down = wait("dependency_up to fall", lambda: samples(stack.shop).get(DATABASE) == 0 or None, 30)
    wait("the shop to be back", lambda: steady(products), 60)

    assert down
    assert {answer.status for answer in answers} == {503}
    assert all("database" in answer.body["detail"] for answer in answers)
    assert all(answer.seconds < PATIENCE_SECONDS for answer in answers)
    assert samples(stack.shop)[DATABASE] == 1


DATABASE = 'dependency_up{dependency="database"}'


def test_a_cache_that_hangs_fails_nothing(stack: PlatformStack) -> None:
    """Chat and shop go on without it, and use it again when it is back."""
    chat = {"messages": [{"role": "user", "content": "Is the cache there?"}]}
    with stack.frozen("valkey"):
        answers = [ask(f"{stack.api}/chat", chat), ask(f"{stack.shop}/api/v1/products/")]
        wait("dependency_up to fall", lambda: samples(stack.api).get(CACHE) == 0 or None, 30)

    def back() -> bool | None:
        return (ask(f"{stack.api}/chat", chat).status == 200 and samples(stack.api).get(CACHE) == 1) or None

    wait("the cache to be used again", back, 60)
    assert [answer.status for answer in answers] == [200, 200], answers


CACHE = 'dependency_up{dependency="cache"}'


def test_an_api_that_hangs_stops_no_sale(stack: PlatformStack) -> None:
    """The shop sells without a score from the API."""
    shop = f"{stack.shop}/api/v1"
    people = [ask(f"{shop}/users/", {"name": name}).body["id"] for name in ("seller", "buyer")]
    product = ask(f"{shop}/products/", {"seller": people[0], "name": "lamp", "price": 1000}).body["id"]
    with stack.frozen("ml-api"):
        sale = ask(f"{shop}/transactions/", {"buyer": people[1], "product": product})
    wait("the API to be back", lambda: works(f"{stack.api}/healthz"), 60)

    assert sale.status == 201
    assert sale.body["amount"] == 1000
