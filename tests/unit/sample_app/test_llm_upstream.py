"""The gateway before a user's own OpenAI server on loopback: what is sent, what comes back, every kind of trouble."""

from __future__ import annotations

import fcntl
import gzip
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sample_app.api.llm import LlmSettings
from sample_app.api.llm.upstream import ANSWER_BYTES
from tests.unit.sample_app.inference_helpers import eventually
from tests.unit.sample_app.llm_helpers import QUESTION, Behaviour, Handler, Llm, UpstreamHost, answers, completion, llm

TIMEOUT = 1.0
IN_TIME = 4.0
PRICES = {"big": (100.0, 1000.0), "other": (5.0, 10.0)}


@pytest.fixture
def upstream() -> Iterator[UpstreamHost]:
    """A running OpenAI server."""
    host = UpstreamHost()
    host.start()
    yield host
    host.stop()


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """The upstream's API key."""
    path = tmp_path / "upstream.key"
    path.write_text("sk-first\n")
    return path


@pytest.fixture
def gateway(tmp_path: Path, upstream: UpstreamHost, key_file: Path) -> Iterator[Llm]:
    """A gateway that waits a second for it."""
    settings = LlmSettings(tmp_path, f"{upstream.url}/", key_file, model="big", timeout_seconds=TIMEOUT, prices=PRICES)
    with llm(settings) as running:
        yield running


def test_a_request_goes_through_with_its_usage(gateway: Llm, upstream: UpstreamHost) -> None:
    """The model, the messages and the key arrive; the upstream's words, name and tokens come back and are priced."""
    answer = gateway.ask(temperature=0.5, max_tokens=9, user="somebody", metadata={"a": "b"})

    messages = [{"role": "user", "content": QUESTION}]
    sent = {"model": "big", "messages": messages, "temperature": 0.5, "max_tokens": 9}
    assert upstream.requests == [("/v1/chat/completions", "Bearer sk-first", sent)]
    said = answer.json()
    assert (said["model"], said["choices"][0]["message"]["content"]) == ("big-2", "Fine.")
    assert said["usage"] == {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}
    assert gateway.value("llm_tokens_total", model="big", type="input") == 12
    assert gateway.value("llm_tokens_total", model="big", type="output") == 5
    assert gateway.value("llm_cost_usd_total", model="big") == pytest.approx(0.0062)
    assert gateway.value("dependency_up", dependency="llm") == 1


def test_a_model_without_a_price_is_asked_by_its_name(gateway: Llm, upstream: UpstreamHost) -> None:
    """Its label is `other`; neither the client's name nor the upstream's becomes one."""
    assert gateway.ask(model="new-model").json()["model"] == "big-2"

    assert upstream.requests[0][2]["model"] == "new-model"
    assert gateway.outcomes("other") == {"ok": 1}
    assert gateway.value("llm_cost_usd_total", model="other") == pytest.approx(110e-6)
    assert not {value for _name, labels in gateway.series() for _key, value in labels} & {"new-model", "big-2"}


def test_a_key_that_changes_is_used_at_once(gateway: Llm, upstream: UpstreamHost, key_file: Path) -> None:
    """A key that cannot be sent is 503 and not repeated; the next good one works."""
    for wrong in ("", "two words", "k\x00y", "schlüssel"):
        key_file.write_text(wrong)
        refused = gateway.ask()
        assert refused.status_code == 503
        assert "API key" in refused.json()["detail"]
        assert not wrong or wrong not in refused.json()["detail"]
    key_file.write_text("sk-second")
    assert gateway.ask().status_code == 200
    assert [key for _path, key, _body in upstream.requests] == ["Bearer sk-second"]


@pytest.mark.parametrize("usage", [None, "absent"])
def test_a_server_that_counts_no_tokens_is_counted(gateway: Llm, upstream: UpstreamHost, usage: str | None) -> None:
    """With the tokens of the built-in model."""
    body = completion("Fine, thanks.", usage=None)
    if usage:
        del body["usage"]
    upstream.behaviour = answers(body)

    assert gateway.ask().json()["usage"] == {"prompt_tokens": 5, "completion_tokens": 4, "total_tokens": 9}


def test_an_answer_without_words_still_costs(gateway: Llm, upstream: UpstreamHost) -> None:
    """A model that spends its tokens on thinking answers null."""
    upstream.behaviour = answers(completion(None))

    assert gateway.ask().json()["choices"][0]["message"]["content"] == ""
    assert gateway.value("llm_tokens_total", model="big", type="output") == 5


def broken_gzip(handler: Handler) -> None:
    """Says gzip and is not."""
    handler.reply(b"not gzip at all", 200, ("Content-Encoding", "gzip"))


def bomb(handler: Handler) -> None:
    """Small on the wire and larger than allowed."""
    handler.reply(gzip.compress(b" " * (ANSWER_BYTES + 1)), 200, ("Content-Encoding", "gzip"))


GARBAGE: list[Behaviour] = [
    lambda handler: handler.reply(b""),
    lambda handler: handler.reply(b"<html>Welcome</html>"),
    lambda handler: handler.reply(b"\xff\xfe\x00"),
    lambda handler: handler.reply(b'{"choices":' * 5000),
    lambda handler: handler.reply(b"", 302, ("Location", "http://127.0.0.1:1/")),
    answers([]),
    answers({"choices": []}),
    answers({"choices": [{"message": {}}]}),
    answers(completion(usage={"prompt_tokens": -1, "completion_tokens": 1})),
    answers(completion(usage={"prompt_tokens": 1e300, "completion_tokens": 1})),
    answers(completion(usage={"prompt_tokens": "12", "completion_tokens": 1})),
    answers(completion(), 201),
    broken_gzip,
    bomb,
]


@pytest.mark.parametrize("behaviour", GARBAGE)
def test_an_answer_that_nobody_can_read_is_502(gateway: Llm, upstream: UpstreamHost, behaviour: Behaviour) -> None:
    """It costs nothing, says why, and the next answer is as good as ever."""
    upstream.behaviour = behaviour
    refused, seconds = gateway.timed()

    assert refused.status_code == 502
    assert refused.json()["detail"].startswith("the upstream's answer is ")
    assert seconds < IN_TIME
    assert gateway.value("dependency_up", dependency="llm") == 0
    upstream.behaviour = answers()
    assert gateway.ask().status_code == 200
    assert gateway.outcomes("big") == {"error": 1, "ok": 1}
    assert gateway.value("llm_request_duration_seconds_count", model="big") == 2
    assert gateway.value("llm_tokens_total", model="big", type="input") == 12
    assert gateway.value("dependency_up", dependency="llm") == 1


def no_http(handler: Handler) -> None:
    """Another protocol altogether."""
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n")
    handler.close_connection = True


def cut(handler: Handler) -> None:
    """Ends before the answer does."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices"')
    handler.close_connection = True


def hung_up(handler: Handler) -> None:
    """Ends without an answer."""
    handler.close_connection = True


@pytest.mark.parametrize(
    "behaviour", [*(answers({"error": "x"}, status) for status in (500, 502, 503, 401, 403)), no_http, cut, hung_up]
)
def test_an_upstream_that_fails_is_503(gateway: Llm, upstream: UpstreamHost, behaviour: Behaviour) -> None:
    """Every time at once, asked once each, and well again with the upstream."""
    upstream.behaviour = behaviour
    tried = [gateway.timed() for _ in range(3)]

    assert [answer.status_code for answer, _seconds in tried] == [503] * 3
    assert all(answer.json()["detail"].startswith("the upstream ") for answer, _seconds in tried)
    assert max(seconds for _answer, seconds in tried) < IN_TIME
    assert len(upstream.requests) == 3
    assert gateway.value("dependency_up", dependency="llm") == 0
    upstream.behaviour = answers()
    assert gateway.ask().status_code == 200
    assert gateway.outcomes("big") == {"error": 3, "ok": 1}


def hangs(released: threading.Event) -> Behaviour:
    """Takes the request and never answers."""

    def behaviour(_handler: Handler) -> None:
        released.wait(60)

    return behaviour


def drips(released: threading.Event) -> Behaviour:
    """Answers a byte at a time, so that no single wait is long."""

    def behaviour(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        while not released.wait(0.1):
            handler.wfile.write(b" ")

    return behaviour


@pytest.mark.parametrize("trouble", [hangs, drips])
def test_an_upstream_that_is_too_slow_is_503(
    gateway: Llm, upstream: UpstreamHost, trouble: Callable[[threading.Event], Behaviour]
) -> None:
    """All who ask at once are told within the timeout, and nobody's connection is lost afterwards."""
    released = threading.Event()
    upstream.behaviour = trouble(released)
    started = time.monotonic()
    try:
        with ThreadPoolExecutor(12) as pool:
            tried = list(pool.map(lambda n: gateway.timed(f"{n}"), range(12)))
    finally:
        released.set()

    assert {answer.status_code for answer, _seconds in tried} == {503}
    assert {answer.json()["detail"] for answer, _seconds in tried} == {"the upstream did not answer within 1 s"}
    assert min(seconds for _answer, seconds in tried) >= TIMEOUT * 0.9
    assert time.monotonic() - started < 2 * IN_TIME
    upstream.behaviour = answers()
    assert [gateway.ask().status_code for _ in range(12)] == [200] * 12


def test_an_upstream_that_is_down_and_comes_back(gateway: Llm, upstream: UpstreamHost) -> None:
    """503 while nobody listens, 200 when somebody does, without a restart of the gateway."""
    assert gateway.ask().status_code == 200
    upstream.stop()
    for refused, seconds in [gateway.timed() for _ in range(3)]:
        assert (refused.status_code, seconds < IN_TIME) == (503, True)
        assert refused.json()["detail"].startswith("the upstream cannot be reached (")
    upstream.start()

    assert eventually(lambda: gateway.ask().status_code == 200)
    assert gateway.value("dependency_up", dependency="llm") == 1


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (400, {"error": {"message": "too long"}}, "too long"),
        (404, {"error": "no such model"}, "no such model"),
        (422, {"message": "m" * 1000}, "m" * 300),
        (429, {"detail": "slow down"}, "slow down"),
        (418, ["x"], "the upstream answered 418"),
        (413, {"error": {"message": {"a": 1}}}, "the upstream answered 413"),
    ],
)
def test_what_the_upstream_rejects_is_passed_on(
    gateway: Llm, upstream: UpstreamHost, status: int, body: Any, said: str
) -> None:
    """With its status and words; the upstream counts as up, and the budget is not touched."""
    upstream.behaviour = answers(body, status)
    refused = gateway.ask()

    assert (refused.status_code, refused.json()["detail"]) == (status, said)
    assert gateway.outcomes("big") == {"rejected": 1}
    assert gateway.value("dependency_up", dependency="llm") == 1
    assert gateway.value("llm_cost_usd_total", model="big") == 0


def test_the_budget_stops_calls_of_the_upstream(tmp_path: Path, upstream: UpstreamHost) -> None:
    """429 without asking; the upstream's own 429 is another matter."""
    settings = LlmSettings(tmp_path, upstream.url, model="big", prices=PRICES, daily_budget_usd=0.01)
    with llm(settings) as running:
        assert [running.ask().status_code for _ in range(5)] == [200, 200, 429, 429, 429]
    assert len(upstream.requests) == 2


def test_what_the_file_could_not_take_is_not_forgotten(tmp_path: Path, upstream: UpstreamHost) -> None:
    """The answer is given although its cost cannot be written; this worker remembers it and writes it next time."""
    settings = LlmSettings(tmp_path, upstream.url, model="big", prices=PRICES, daily_budget_usd=0.01)
    held = os.open(settings.spend_file, os.O_RDWR | os.O_CREAT)

    def answer_and_hold(handler: Handler) -> None:
        fcntl.flock(held, fcntl.LOCK_EX)
        answers()(handler)

    upstream.behaviour = answer_and_hold
    try:
        with llm(settings) as running:
            assert running.ask().status_code == 200
            assert settings.spend_file.read_bytes() == b""
            fcntl.flock(held, fcntl.LOCK_UN)
            upstream.behaviour = answers()
            assert [running.ask().status_code for _ in range(2)] == [200, 429]
            assert float(settings.spend_file.read_text().split()[1]) == pytest.approx(0.0124)
    finally:
        os.close(held)
