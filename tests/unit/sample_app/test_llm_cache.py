"""The gateway with a real Redis or Valkey: answers that are kept, the budget of several hosts, a server in trouble."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from sample_app.api.llm import LlmSettings
from tests.unit.sample_app.inference_helpers import eventually
from tests.unit.sample_app.llm_helpers import Llm, UpstreamHost, answers, completion, llm
from tests.unit.sample_app.shop_servers import RedisServer, redis_server

pytestmark = pytest.mark.server("valkey-server")
PRICES = {"tiny": (1.0, 2.0), "other": (5.0, 10.0)}
IN_TIME = 4.0


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A server for all tests of the module."""
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def server(started: RedisServer) -> RedisServer:
    """It, emptied."""
    with Redis(port=started.port) as client:
        client.flushall()
    return started


@pytest.fixture
def calm(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> RedisServer:
    """The server for tests without trouble: on a crowded machine a call may take longer than a request would wait."""
    monkeypatch.setattr("sample_app.api.llm.link.CALL_SECONDS", 20.0)
    return server


@contextmanager
def gateway(folder: Path, server: RedisServer, **settings: Any) -> Iterator[Llm]:
    """A gateway of a host of its own, which keeps its file in `folder`."""
    folder.mkdir(exist_ok=True)
    with llm(LlmSettings(folder, cache_url=server.url, **{"prices": PRICES, **settings})) as running:
        yield running


def test_the_same_prompt_is_answered_from_the_cache(tmp_path: Path, calm: RedisServer) -> None:
    """The same words and usage, without tokens, cost or time; an answer has an id of its own."""
    with gateway(tmp_path, calm) as running:
        first, second = running.ask(), running.ask()

        assert (first.headers["X-Cache"], second.headers["X-Cache"]) == ("miss", "hit")
        assert [first.json()[key] for key in ("model", "choices", "usage")] == [
            second.json()[key] for key in ("model", "choices", "usage")
        ]
        assert first.json()["id"] != second.json()["id"]
        assert running.lookups() == (1, 1)
        assert running.outcomes() == {"ok": 1, "cached": 1}
        assert running.value("llm_tokens_total", model="tiny", type="input") == first.json()["usage"]["prompt_tokens"]
        assert running.value("llm_request_duration_seconds_count", model="tiny") == 1
        assert running.value("dependency_up", dependency="cache") == 1


def test_only_what_is_the_same_in_all_parts_is(tmp_path: Path, calm: RedisServer) -> None:
    """Another model, length or message is another prompt; who asks is not a part of it. Chance is never kept."""
    with gateway(tmp_path, calm) as running:
        for different in ({}, {"model": "another"}, {"max_tokens": 5}, {"content": "What is a cache?"}):
            assert running.ask(**different).headers["X-Cache"] == "miss"
        assert running.ask(user="somebody").headers["X-Cache"] == "hit"
        assert [running.ask(temperature=1).headers["X-Cache"] for _ in range(2)] == ["miss"] * 2
        assert running.lookups() == (1, 4)


def test_an_answer_is_forgotten_in_time(tmp_path: Path, calm: RedisServer) -> None:
    """After its seconds it is asked for again."""
    with gateway(tmp_path, calm, cache_seconds=1) as running:
        assert running.ask().headers["X-Cache"] == "miss"
        with Redis(port=calm.port) as client:
            assert all(client.pttl(name) <= 1000 for name in client.scan_iter("sample-app:llm:answer:*"))
            assert [client.ttl(name) > 86_400 for name in client.scan_iter("sample-app:llm:spend:*")] == [True]
        assert eventually(lambda: bool(running.ask()) and running.lookups()[1] == 2)


def test_hosts_share_answers_of_the_same_upstream_alone(tmp_path: Path, calm: RedisServer) -> None:
    """An answer of the built-in model is never given for one of the upstream."""
    upstream = UpstreamHost()
    upstream.start()
    try:
        with gateway(tmp_path / "a", calm) as one, gateway(tmp_path / "b", calm) as other:
            assert [one.ask().headers["X-Cache"], other.ask().headers["X-Cache"]] == ["miss", "hit"]
        with gateway(tmp_path / "c", calm, upstream=upstream.url) as real:
            assert [real.ask().json()["choices"][0]["message"]["content"] for _ in range(2)] == ["Fine."] * 2
        assert len(upstream.requests) == 1
    finally:
        upstream.stop()


def test_what_failed_is_not_kept(tmp_path: Path, calm: RedisServer) -> None:
    """The next request asks again."""
    upstream = UpstreamHost()
    upstream.start()
    try:
        with gateway(tmp_path, calm, upstream=upstream.url) as running:
            upstream.behaviour = answers({}, 500)
            assert running.ask().status_code == 503
            upstream.behaviour = answers(completion("Better."))
            assert running.ask().json()["choices"][0]["message"]["content"] == "Better."
            upstream.stop()
            assert running.ask().status_code == 200
    finally:
        upstream.stop()


def test_the_budget_is_one_for_several_hosts(tmp_path: Path, calm: RedisServer) -> None:
    """429 on a host that spent nothing itself; answers that are kept are still given."""
    budget = {"daily_budget_usd": 1e-9}
    with gateway(tmp_path / "a", calm, **budget) as one, gateway(tmp_path / "b", calm, **budget) as other:
        assert [one.ask().status_code, one.ask("new").status_code, other.ask("new").status_code] == [200, 429, 429]
        assert (other.ask().status_code, other.outcomes()) == (200, {"cached": 1, "rejected": 1})


def test_an_emptied_cache_gives_no_budget_back(tmp_path: Path, calm: RedisServer) -> None:
    """The host's file still knows."""
    with gateway(tmp_path, calm, daily_budget_usd=1e-9) as running:
        assert running.ask().status_code == 200
        with Redis(port=calm.port) as client:
            client.flushall()
        assert running.ask().status_code == 429


@pytest.mark.parametrize("value", [b"", b"nonsense", b"[]", b'{"text": 1}', b"\xff", b"null"])
def test_what_somebody_else_wrote_is_a_miss(tmp_path: Path, calm: RedisServer, value: bytes) -> None:
    """It is asked for again and written over."""
    with gateway(tmp_path, calm) as running, Redis(port=calm.port) as client:
        running.ask()
        for name in client.scan_iter("sample-app:llm:answer:*"):
            client.set(name, value)

        assert [running.ask().headers["X-Cache"] for _ in range(2)] == ["miss", "hit"]
        assert running.lookups() == (1, 2)


def test_a_cache_that_is_killed_fails_nothing(tmp_path: Path, server: RedisServer) -> None:
    """Answers go on, the budget holds, lookups are not counted; when it is back answers are kept again."""
    with gateway(tmp_path, server, daily_budget_usd=0.001) as running:
        assert running.ask().status_code == 200
        server.stop()
        try:
            tried = [running.timed() for _ in range(5)]
            assert [answer.status_code for answer, _seconds in tried] == [200] * 5
            assert max(seconds for _answer, seconds in tried) < IN_TIME
            assert running.lookups() == (0, 1)
            assert running.value("dependency_up", dependency="cache") == 0
            statuses = [running.ask(max_tokens=64).status_code for _ in range(60)]
            assert 429 in statuses
            assert set(statuses[statuses.index(429) :]) == {429}
        finally:
            server.start()
    with gateway(tmp_path / "later", server) as running:
        assert [running.ask().headers["X-Cache"] for _ in range(2)] == ["miss", "hit"]


@pytest.mark.parametrize("kind", ["killed", "frozen"])
def test_a_cache_comes_back_by_itself(tmp_path: Path, server: RedisServer, kind: str) -> None:
    """Who asks a cache that hangs waits half a second at most, all of them at once; nobody gets another's answer."""
    with gateway(tmp_path, server) as running:
        expected = {n: running.ask(f"p{n} latency").json()["choices"] for n in range(12)}
        if kind == "killed":
            server.stop()
        else:
            server.freeze()
        try:
            with ThreadPoolExecutor(12) as pool:
                tried = list(pool.map(lambda n: running.timed(f"p{n} latency"), range(12)))
        finally:
            server.thaw()
            if kind == "killed":
                server.start()
        assert [answer.json()["choices"] for answer, _seconds in tried] == list(expected.values())
        assert max(seconds for _answer, seconds in tried) < IN_TIME

        assert eventually(lambda: running.ask().headers["X-Cache"] == "hit")
        assert running.value("dependency_up", dependency="cache") == 1
        with ThreadPoolExecutor(12) as pool:
            again = list(pool.map(lambda n: running.ask(f"p{n} latency").json()["choices"], range(12)))
        assert again == list(expected.values())


def test_a_cache_that_was_never_there(tmp_path: Path) -> None:
    """The gateway starts and answers without it."""
    with llm(LlmSettings(tmp_path, cache_url="redis://127.0.0.1:1/0")) as running:
        assert [running.ask().status_code for _ in range(3)] == [200] * 3
        assert running.value("dependency_up", dependency="cache") == 0
