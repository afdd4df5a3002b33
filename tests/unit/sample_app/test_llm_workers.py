"""Two worker processes of the whole API: one budget, one set of totals of the gateway, beacons and API keys."""

from __future__ import annotations

import asyncio
import hashlib
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.unit.sample_app.test_workers import Server

REQUESTS = 120
KEY = "key-of-the-shop"
OUTCOMES = ("ok", "error", "rejected", "cached")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Two workers whose budget ends in the middle of the test."""
    keys = tmp_path / "api-keys.txt"
    keys.write_text(f"shop:{hashlib.sha256(KEY.encode()).hexdigest()}\n")
    monkeypatch.setenv("API_KEYS_FILE", str(keys))
    monkeypatch.setenv("LLM_DAILY_BUDGET_USD", "0.0005")
    monkeypatch.setenv("LLM_PRICES", '{"tiny": [0, 1]}')
    for variable in ("CACHE_URL", "LLM_UPSTREAM_URL", "LLM_API_KEY_FILE", "LLM_MODEL"):
        monkeypatch.delenv(variable, raising=False)
    server = Server(tmp_path / "state")
    try:
        server.wait(2)
        yield server
    finally:
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(30)
        assert server.process.stdout is not None
        server.process.stdout.close()


async def traffic(url: str) -> tuple[list[httpx.Response], set[int]]:
    """Chats and beacons with the key of the shop, every request on a connection of its own."""
    limits = httpx.Limits(max_keepalive_connections=0, max_connections=8)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=30, headers={"X-API-Key": KEY}) as client:

        async def chat(number: int) -> httpx.Response:
            body = {"messages": [{"role": "user", "content": f"latency {number}"}], "max_tokens": 10}
            return await client.post("/v1/chat/completions", json=body)

        async def view() -> int:
            metrics = [{"name": "LCP", "value": 1000}, {"name": "CLS", "value": 0.1}]
            return (await client.post("/rum", json={"page": "/demo", "metrics": metrics})).status_code

        chats = await asyncio.gather(*(chat(number) for number in range(REQUESTS)))
        return chats, set(await asyncio.gather(*(view() for _ in range(REQUESTS))))


def test_two_workers_share_a_budget_and_their_totals(server: Server) -> None:
    """Sums are exact, both stop at the same budget, and a gauge is there once."""
    assert server.total("llm_budget_usd") == 0.0005
    chats, beacons = asyncio.run(traffic(server.url))
    answered = [chat.json()["usage"]["completion_tokens"] for chat in chats if chat.status_code == 200]

    assert {chat.status_code for chat in chats} == {200, 429}
    assert beacons == {204}
    assert len(server.workers()) == 2
    assert 500 <= sum(answered) <= 500 + 8 * 10
    assert server.total("llm_requests_total", model="tiny", outcome="ok") == len(answered)
    assert server.total("llm_requests_total", model="tiny", outcome="rejected") == REQUESTS - len(answered)
    assert server.total("llm_tokens_total", model="tiny", type="output") == sum(answered)
    assert server.total("llm_cost_usd_total") == pytest.approx(sum(answered) / 1e6)
    assert server.total("llm_request_duration_seconds_count", model="tiny") == len(answered)
    assert server.total("llm_budget_usd") == 0.0005
    assert server.total("dependency_up", dependency="llm") == 1
    assert server.total("web_vitals_seconds_count", page="/demo") == REQUESTS
    assert server.total("web_vitals_seconds_sum", page="/demo") == pytest.approx(REQUESTS)
    assert server.total("web_vitals_cumulative_layout_shift_count", page="/demo") == REQUESTS
    assert server.total("api_key_requests_total", key="shop") == 2 * REQUESTS


def test_half_a_character_is_refused_by_the_whole_api(server: Server) -> None:
    """JSON can name one; the answer is 422, and everything wrong is counted for no model."""
    body = b'{"messages":[{"role":"user","content":"\\ud800"}]}'
    answer = httpx.post(f"{server.url}/chat", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert sum(server.total("llm_requests_total", outcome=outcome) for outcome in OUTCOMES) == 0
