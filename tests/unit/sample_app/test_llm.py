"""The gateway with its built-in model: the OpenAI shape, tokens, costs, labels, and the day's budget."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sample_app.api.llm import LlmSettings
from sample_app.api.llm.chat import ChatRequest
from sample_app.api.llm.tiny import MOST_TOKENS, TinyModel
from sample_app.api.llm.tokens import join, tokenize
from tests.unit.sample_app.llm_helpers import QUESTION, Llm, llm

MIDDAY = 1_750_000_000 // 86_400 * 86_400 + 43_200.0
DAY = 86_400
PRICES = {"tiny": (1.0, 2.0), "free": (0.0, 0.0), "other": (5.0, 10.0)}


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Llm]:
    """A gateway without an upstream or a cache."""
    with llm(LlmSettings(tmp_path, prices=PRICES)) as running:
        yield running


@pytest.mark.parametrize("path", ["/chat", "/v1/chat/completions"])
def test_an_answer_is_an_openai_completion(tiny: Llm, path: str) -> None:
    """All the parts that an OpenAI client reads, under both paths."""
    body = {"model": "tiny", "messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "?"}]}
    answer = tiny.client.post(path, json=body)

    assert answer.status_code == 200
    assert answer.headers["X-Cache"] == "miss"
    said = answer.json()
    assert said.keys() == {"id", "object", "created", "model", "choices", "usage"}
    assert (said["object"], said["model"]) == ("chat.completion", "tiny")
    assert said["id"].startswith("chatcmpl-")
    assert isinstance(said["created"], int)
    (choice,) = said["choices"]
    assert choice["index"] == 0
    assert choice["message"]["role"] == "assistant"
    assert choice["message"]["content"]
    assert choice["finish_reason"] in ("stop", "length")


def test_tokens_and_cost_are_those_of_the_answer(tiny: Llm) -> None:
    """Usage counts what was read and written; the counters and the cost follow it exactly."""
    said = tiny.ask("The p95 rose.", max_tokens=7).json()
    usage = said["usage"]

    assert usage["prompt_tokens"] == 5
    assert usage["completion_tokens"] == len(tokenize(said["choices"][0]["message"]["content"])) == 7
    assert usage["total_tokens"] == 12
    assert said["choices"][0]["finish_reason"] == "length"
    assert tiny.value("llm_tokens_total", model="tiny", type="input") == 5
    assert tiny.value("llm_tokens_total", model="tiny", type="output") == 7
    assert tiny.value("llm_cost_usd_total", model="tiny") == pytest.approx(19e-6)
    assert tiny.value("llm_request_duration_seconds_count", model="tiny") == 1
    assert tiny.outcomes() == {"ok": 1}


def test_every_model_has_its_price(tiny: Llm) -> None:
    """A model without a row has the price and the label of the row `other`."""
    for model in ("free", "other", "gpt-unheard-of"):
        assert tiny.ask("The p95 rose.", model=model, max_tokens=2).status_code == 200

    assert tiny.value("llm_cost_usd_total", model="free") == 0
    assert tiny.value("llm_tokens_total", model="free", type="output") == 2
    assert tiny.value("llm_cost_usd_total", model="other") == pytest.approx(2 * (5 * 5 + 2 * 10) / 1e6)
    assert tiny.outcomes("other") == {"ok": 2}
    assert tiny.value("llm_requests_total", model="gpt-unheard-of", outcome="ok") is None


def test_all_series_are_there_from_the_start_and_no_client_adds_one(tiny: Llm) -> None:
    """A thousand models that nobody knows leave the series as they were at the start."""
    before = tiny.series()
    assert before["llm_requests_total", (("model", "other"), ("outcome", "error"))] == 0
    assert before["llm_budget_usd", ()] == 50
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: tiny.ask(model=f"model-{n}", max_tokens=1), range(1000)))

    assert {answer.status_code for answer in answers} == {200}
    assert tiny.series().keys() - before.keys() == {("dependency_up", (("dependency", "llm"),))}
    assert tiny.outcomes("other") == {"ok": 1000}


@pytest.mark.parametrize(
    "wrong",
    [
        {"messages": []},
        {"messages": [{"role": "user", "content": "x"}] * 101},
        {"messages": [{"role": "robot", "content": "x"}]},
        {"messages": [{"role": "user", "content": "x" * 32_001}]},
        {"model": ""},
        {"model": "x" * 201},
        {"max_tokens": 0},
        {"temperature": 2.5},
        {"temperature": -1},
        {"n": 2},
        {"tools": []},
    ],
)
def test_what_cannot_be_answered_is_refused(tiny: Llm, wrong: dict[str, Any]) -> None:
    """422, and nothing is counted for a model."""
    before = tiny.series()

    assert tiny.ask(**wrong).status_code == 422
    assert tiny.series() == before


def test_half_a_character_is_refused() -> None:
    """JSON can name one, and no upstream could be sent it."""
    with pytest.raises(ValidationError):
        ChatRequest.model_validate({"messages": [{"role": "user", "content": "\ud800"}]})


def test_a_stream_is_rejected_with_a_reason(tiny: Llm) -> None:
    """400, which counts as rejected and takes no time."""
    answer = tiny.ask(stream=True)

    assert (answer.status_code, "stream" in answer.json()["detail"]) == (400, True)
    assert tiny.outcomes() == {"rejected": 1}
    assert tiny.value("llm_request_duration_seconds_count", model="tiny") == 0


@pytest.mark.parametrize("prompt", [QUESTION, "지연 시간은?", "", "?!", "x" * 32_000, "latency " * 4000])
@pytest.mark.parametrize("temperature", [0.0, 5e-324, 1.0, 2.0])
def test_the_built_in_model_answers_anything(prompt: str, temperature: float) -> None:
    """Between one token and its limit, and the same again at temperature 0."""
    model = TinyModel.trained()
    for most in (1, MOST_TOKENS):
        words, ended = model.write(prompt, most, temperature)
        assert 1 <= len(words) <= most
        assert ended or len(words) == most
        assert tokenize(join(words)) == words
    if temperature == 0:
        assert TinyModel.trained().write(prompt, 50, 0) == model.write(prompt, 50, 0)


def test_the_built_in_model_answers_in_the_language_of_the_prompt() -> None:
    """Korean for Korean, and words that it has learnt."""
    korean, _ended = TinyModel.trained().write("지연 시간은?", 40, 0)
    english, _ended = TinyModel.trained().write(QUESTION, 40, 0)

    assert any("가" <= letter <= "힣" for letter in join(korean))
    assert join(english).isascii()
    assert "Latency" in english


def test_the_budget_is_one_for_all_gateways_of_a_host(tmp_path: Path) -> None:
    """What one spends the other cannot; 429 says until when, and a new day begins with nothing spent."""
    now = [MIDDAY]
    settings = LlmSettings(tmp_path, prices=PRICES, daily_budget_usd=0.001)
    with llm(settings, lambda: now[0]) as first, llm(settings, lambda: now[0]) as second:
        for _ in range(20):
            first.ask(max_tokens=16)
            second.ask(max_tokens=16)
        refused = [first.ask(), second.ask()]

        assert [answer.status_code for answer in refused] == [429, 429]
        assert refused[0].headers["Retry-After"] == "43200"
        assert refused[0].json()["detail"].startswith("the day's budget of 0.001 USD is used up")
        spent = sum(running.value("llm_cost_usd_total", model="tiny") or 0 for running in (first, second))
        assert 0.001 <= spent < 0.001 + 50e-6
        assert min(len(running.outcomes()) for running in (first, second)) == 2
        now[0] += DAY
        assert [first.ask().status_code, second.ask().status_code] == [200, 200]


def test_concurrent_gateways_lose_no_spend(tmp_path: Path) -> None:
    """The file holds the exact sum of what two gateways booked at the same moment."""
    settings = LlmSettings(tmp_path, prices=PRICES)
    with llm(settings, lambda: MIDDAY) as first, llm(settings, lambda: MIDDAY) as second, ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda n: (first, second)[n % 2].ask(f"{n}").status_code, range(200)))
        spent = sum(running.value("llm_cost_usd_total", model="tiny") or 0 for running in (first, second))

    assert set(statuses) == {200}
    assert float(settings.spend_file.read_text().split()[1]) == pytest.approx(spent, abs=1e-9)


def test_the_budget_outlives_a_restart(tmp_path: Path) -> None:
    """A new gateway goes on where the old one ended, on the same day only."""
    settings = LlmSettings(tmp_path, prices=PRICES, daily_budget_usd=1e-9)
    with llm(settings, lambda: MIDDAY) as before:
        assert [before.ask().status_code for _ in range(2)] == [200, 429]
    with llm(settings, lambda: MIDDAY) as after:
        assert after.ask().status_code == 429
    with llm(settings, lambda: MIDDAY + DAY) as tomorrow:
        assert tomorrow.ask().status_code == 200


@pytest.mark.parametrize("content", [b"", b"nonsense\n" * 50, b"\xff\xfe", b"2025-06-15 nan\n", b"2025-06-15 -5\n"])
def test_a_broken_spend_file_is_begun_again(tmp_path: Path, content: bytes) -> None:
    """It counts as nothing spent, once: from then on the budget holds."""
    settings = LlmSettings(tmp_path, prices=PRICES, daily_budget_usd=1e-9)
    settings.spend_file.write_bytes(content)
    with llm(settings, lambda: MIDDAY) as running:
        assert [running.ask().status_code for _ in range(3)] == [200, 429, 429]


def test_a_spend_file_that_cannot_be_used_stops_spending(tmp_path: Path) -> None:
    """503 with the reason, and answers again as soon as it can be used."""
    settings = LlmSettings(tmp_path, prices=PRICES)
    settings.spend_file.mkdir()
    with llm(settings) as running:
        refused = running.ask()
        assert refused.status_code == 503
        assert refused.json()["detail"].startswith("the day's spend cannot be read: ")
        settings.spend_file.rmdir()
        assert running.ask().status_code == 200
        assert running.outcomes() == {"error": 1, "ok": 1}


def test_a_lock_that_nobody_gives_back_hangs_nobody(tmp_path: Path) -> None:
    """503 after half a second while another process holds the file."""
    settings = LlmSettings(tmp_path, prices=PRICES)
    with llm(settings) as running:
        held = os.open(settings.spend_file, os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            refused, seconds = running.timed()
        finally:
            os.close(held)
        assert refused.status_code == 503
        assert seconds < 5
        assert running.ask().status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"upstream": "vllm:8000"},
        {"upstream": "http://"},
        {"upstream": "http://vllm:99999"},
        {"upstream": "http://a\nb/v1"},
        {"upstream": "ftp://vllm/v1"},
        {"cache_url": "http://redis:6379"},
        {"cache_url": "redis://:secret@/0"},
        {"model": ""},
        {"timeout_seconds": 0},
        {"timeout_seconds": float("inf")},
        {"daily_budget_usd": -1},
        {"daily_budget_usd": float("nan")},
        {"cache_seconds": 0},
        {"prices": {"tiny": (1, 1)}},
        {"prices": {"other": (1, 1), **{f"m{n}": (1, 1) for n in range(50)}}},
        {"prices": {"other": (-1, 1)}},
        {"prices": {"other": (1, float("nan"))}},
        {"prices": {"other": (1,)}},
    ],
)
def test_settings_that_are_wrong(tmp_path: Path, wrong: dict[str, Any]) -> None:
    """ValueError that names the setting and repeats no password."""
    with pytest.raises(ValueError, match=next(iter(wrong)).split("_", maxsplit=1)[0]) as raised:
        LlmSettings(tmp_path, **wrong)
    assert "secret" not in str(raised.value)
