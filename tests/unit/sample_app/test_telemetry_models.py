"""Spans of the sample API's models, chats and cache: where time went between a request and its answer."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode
from prometheus_client import CollectorRegistry

from sample_app.api import Settings, create_app
from sample_app.api.llm import LlmSettings
from sample_app.telemetry.takeover import LineHandler
from tests.unit.sample_app.inference_helpers import FEATURES, Trial, queue_of
from tests.unit.sample_app.llm_helpers import Handler, UpstreamHost, answers, completion
from tests.unit.sample_app.sample_helpers import run
from tests.unit.sample_app.shop_servers import binary, redis
from tests.unit.sample_app.telemetry_helpers import Recorded, attributes, ids, parent, recorded

SECRET = "the prompt with hunter2"  # noqa: S105


def post(made: Recorded, settings: Settings, *requests: tuple[str, object]) -> list[httpx.Response]:
    """Answers of the API to POST requests, one after the other."""
    app: FastAPI = create_app(settings, made.telemetry)

    async def work(client: httpx.AsyncClient) -> list[httpx.Response]:
        async with app.router.lifespan_context(app):
            return [await client.post(path, json=body) for path, body in requests]

    return run(work, app)


def named(made: Recorded, name: str) -> list[ReadableSpan]:
    """The spans of a name."""
    return [span for span in made.spans if span.name == name]


def test_a_prediction_is_a_span_with_its_wait_and_its_batch(tmp_path: Path) -> None:
    """Below the request; the batch that ran it in the model's thread is below that."""
    made = recorded("ml-api")
    (answer,) = post(made, Settings(tmp_path), ("/predict", FEATURES))
    (server,), (request,), (batch,) = (
        named(made, name) for name in ("POST /predict", "inference scorer", "batch scorer")
    )

    assert answer.status_code == 200
    assert (parent(request), parent(batch)) == (ids(server)[1], ids(request)[1])
    assert attributes(request)["inference.model"] == "scorer"
    assert attributes(request)["inference.batch_size"] == 1
    assert attributes(request)["inference.queue_wait_seconds"] >= 0
    assert attributes(batch) == {"inference.model": "scorer", "inference.batch_size": 1}


def test_a_batch_is_linked_to_all_its_requests_and_its_log_records_belong_to_it() -> None:
    """It is one span although it answers several requests of different traces; a model that breaks fails them all."""
    made = recorded("ml-api")
    trial = Trial()
    trial.open.set()
    logger = logging.getLogger("sample_app.api.inference.host")
    handler = LineHandler(made.telemetry.lines)

    async def several() -> list[object]:
        queue = queue_of(trial, CollectorRegistry(), max_wait_seconds=0.2, max_batch=3)

        async def one(number: float) -> float:
            with made.telemetry.job(f"job {number}"):
                return await queue.submit(number)

        results = await asyncio.gather(*(one(number) for number in (1.0, 2.0, 13.0)), return_exceptions=True)
        await queue.stop()
        return list(results)

    logger.addHandler(handler)
    try:
        asyncio.run(several())
    finally:
        logger.removeHandler(handler)
    requests, (batch,) = named(made, "inference scorer"), named(made, "batch scorer")
    (failed,) = [line for line in made.lines if line["level"] == "error"]

    assert trial.batches == [[1.0, 2.0, 13.0]]
    assert parent(batch) == ids(requests[0])[1]
    assert [link.context.span_id for link in batch.links] == [
        span.context.span_id for span in requests[1:] if span.context
    ]
    assert {span.status.status_code for span in (*requests, batch)} == {StatusCode.ERROR}
    assert attributes(batch)["error.type"] == "ArithmeticError"
    assert (failed["trace_id"], failed["span_id"]) == ids(batch)


def test_a_chat_is_told_by_model_and_tokens_alone(tmp_path: Path) -> None:
    """The built-in model; a name that a client made up is none of the span's."""
    made = recorded("ml-api")
    body = {"messages": [{"role": "user", "content": SECRET}]}
    answers_ = post(made, Settings(tmp_path), ("/chat", body), ("/chat", {**body, "model": "4111111111111111"}))
    (known,), (unknown,) = named(made, "chat tiny"), named(made, "chat other")
    usage = answers_[0].json()["usage"]

    assert attributes(known) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "builtin",
        "gen_ai.request.model": "tiny",
        "gen_ai.response.model": "tiny",
        "gen_ai.usage.input_tokens": usage["prompt_tokens"],
        "gen_ai.usage.output_tokens": usage["completion_tokens"],
    }
    assert parent(known) == ids(named(made, "POST /chat")[0])[1]
    assert attributes(unknown)["gen_ai.request.model"] == "other"
    assert not [text for text in (SECRET, "hunter2", "4111111111111111") if text in made.everything]


def test_an_upstream_gets_the_trace_and_its_failures_are_seen(tmp_path: Path) -> None:
    """The HTTP call is below the chat; its key is told to nobody but the upstream."""
    made = recorded("ml-api")
    key = tmp_path / "key"
    key.write_text("sk-hunter2")
    upstream = UpstreamHost()
    upstream.start()
    try:
        sent: list[str] = []

        def remember(handler: Handler) -> None:
            sent.append(handler.headers["traceparent"])
            answers(completion())(handler)

        upstream.behaviour = remember
        settings = Settings(tmp_path, llm=LlmSettings(tmp_path, upstream.url, api_key_file=key, model="gpt-9"))
        body = {"messages": [{"role": "user", "content": SECRET}]}
        post(made, settings, ("/chat", body))
        upstream.behaviour = answers({}, 500)
        post(made, settings, ("/chat", body))
    finally:
        upstream.stop()
    good, bad = named(made, "chat gpt-9")
    call = next(span for span in made.spans if parent(span) == ids(good)[1])

    assert sent[0].split("-")[1:3] == list(ids(call))
    assert attributes(call)["url.full"].endswith("/chat/completions")
    assert attributes(good)["gen_ai.provider.name"] == "openai"
    assert (attributes(bad)["error.type"], bad.status.status_code) == ("503", StatusCode.ERROR)
    assert not [text for text in (SECRET, "hunter2") if text in made.everything]


@pytest.mark.skipif(not binary("redis-server", "valkey-server"), reason="not on this machine: redis")
def test_a_cache_is_told_by_its_commands(tmp_path: Path) -> None:
    """A hit makes no chat; keys and values are told to nobody."""
    made = recorded("ml-api")
    body = {"messages": [{"role": "user", "content": SECRET}], "temperature": 0}
    with redis(tmp_path) as url:
        settings = Settings(tmp_path, llm=LlmSettings(tmp_path, cache_url=url))
        post(made, settings, ("/chat", body), ("/chat", body))
    commands = [span.name for span in made.spans if attributes(span).get("db.system.name") == "redis"]
    _, second = named(made, "POST /chat")

    assert len(named(made, "chat tiny")) == 1
    assert {"GET", "SET"} <= set(commands)
    assert [span.name for span in made.spans if parent(span) == ids(second)[1]] == ["GET"]
    assert attributes(named(made, "GET")[0])["server.address"] == "127.0.0.1"
    assert SECRET not in made.everything
