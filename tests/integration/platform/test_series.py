"""No label grows without bound, whatever clients send."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.platform.stack import PlatformStack, samples

pytestmark = pytest.mark.integration
DISTINCT = 10_000
Send = Callable[[PlatformStack, int], None]


def ask(url: str, method: str = "GET", body: dict[str, Any] | None = None, key: str = "") -> None:
    """One request; any answer will do."""
    data = None if body is None else json.dumps(body).encode()
    headers = ({"Content-Type": "application/json"} if data else {}) | ({"X-API-Key": key} if key else {})
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()
    except urllib.error.HTTPError as error:
        error.close()


def every_kind(stack: PlatformStack, number: int) -> None:
    """One request of some kind: with its own path, user, key, model, page or method."""
    api, shop = stack.api, stack.shop
    match number % 8:
        case 0:
            ask(f"{api}/nowhere/{number}")
        case 1:
            ask(f"{shop}/nowhere/{number}")
        case 2:
            ask(f"{api}/recommendations?user={number}", key=f"key-{number}")
        case 3:
            ask(f"{shop}/api/v1/products/{number}/?user={number}")
        case 4:
            ask(f"{api}/chat", "POST", {"model": f"m{number}", "messages": [{"role": "user", "content": "p95?"}]})
        case 5:
            ask(f"{api}/rum", "POST", {"page": f"/{number}", "metrics": [{"name": "LCP", "value": 900}]})
        case 6:
            ask(f"{api}/items/{number}", f"METHOD{number}")
        case 7:
            ask(f"{shop}/api/v1/users/", "POST", {"name": f"user {number}"})


def test_distinct_requests_add_no_series(stack: PlatformStack) -> None:
    """10,000 distinct paths, users, keys, models, pages and methods: no more series than after the first few."""
    for number in range(64):
        every_kind(stack, number)
    before = {"api": samples(stack.api).keys(), "shop": samples(stack.shop).keys()}

    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(lambda number: every_kind(stack, number), range(64, 64 + DISTINCT), chunksize=50):
            pass

    after = {"api": samples(stack.api), "shop": samples(stack.shop)}
    assert sum(value for key, value in after["api"].items() if key.startswith("http_requests_total{")) > DISTINCT / 2
    assert after["api"].keys() - before["api"] == set()
    assert after["shop"].keys() - before["shop"] == set()
