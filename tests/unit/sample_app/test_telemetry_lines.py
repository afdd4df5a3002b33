"""One JSON object a line: its keys, their order, and what of a request or a log record stands there."""

from __future__ import annotations

import io
import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException
from fastapi.responses import JSONResponse, StreamingResponse
from prometheus_client import CollectorRegistry

from sample_app.telemetry import JsonFormatter, TelemetrySettings, instrument, note_user, observe
from sample_app.telemetry.lines import Lines
from sample_app.telemetry.takeover import LineHandler, take_over
from tests.unit.sample_app.sample_helpers import ask
from tests.unit.sample_app.telemetry_helpers import (
    SPAN,
    TRACE,
    TRACEPARENT,
    Quiet,
    ids,
    observed,
    one_request,
    recorded,
)

NO_INTEGER = "Input should be a valid integer, unable to parse string as an integer"
ORDER = [
    *("timestamp", "level", "message", "service", "method", "path", "status", "duration", "user_id"),
    *("error", "exception", "trace_id", "span_id", "logger"),
]


@pytest.fixture
def app() -> FastAPI:
    """Answers of every kind."""
    app = FastAPI()

    @app.get("/items/{item_id}")
    async def item(item_id: int) -> dict[str, int]:
        if item_id == 0:
            raise RuntimeError("the shelf is gone")
        if item_id > 99:
            raise HTTPException(404, f"no item {item_id}")
        note_user(item_id)
        return {"id": item_id}

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(iter(["a", "b"]))

    @app.get("/busy")
    async def busy() -> JSONResponse:
        return JSONResponse({"detail": "the queue is full; 두 번째 시도", "queue": "secret"}, 503)

    return app


def test_a_request_writes_one_line_with_the_keys_of_the_contract(app: FastAPI) -> None:
    """In their order, with the route's template and never the path, and the ids of its span."""
    made = observed(app)
    before = datetime.now(UTC)
    ask(app, ("GET", "/items/7"))
    (text,) = made.stream.getvalue().splitlines()
    line: dict[str, Any] = json.loads(text)
    trace_id, span_id = ids(made.spans[0])

    assert list(line) == [key for key in ORDER if key not in ("error", "exception")]
    assert before.replace(microsecond=0) <= datetime.fromisoformat(line.pop("timestamp")) <= datetime.now(UTC)
    duration = line.pop("duration")
    assert 0 < duration < 60
    assert line == {
        "level": "info",
        "message": f"GET /items/{{item_id}} status=200 duration={duration:.3f}",
        "service": "shop",
        "method": "GET",
        "path": "/items/{item_id}",
        "status": 200,
        "user_id": "7",
        "trace_id": trace_id,
        "span_id": span_id,
        "logger": "request",
    }


def test_timestamps_are_rfc_3339_in_milliseconds(app: FastAPI) -> None:
    made = observed(app)
    ask(app, ("GET", "/items/7"))
    stamp = made.lines[0]["timestamp"]

    assert len(stamp) == len("2026-11-21T12:35:55.123Z")
    assert stamp.endswith("Z")
    assert stamp[-5] == "."


@pytest.mark.parametrize(
    ("path", "status", "level", "error"),
    [
        ("/items/100", 404, "warning", "no item 100"),
        ("/items/abc", 422, "warning", f"path.item_id: {NO_INTEGER}"),
        ("/nowhere", 404, "warning", "Not Found"),
        ("/busy", 503, "error", "the queue is full; 두 번째 시도"),
        ("/items/0", 500, "error", "Internal Server Error"),
    ],
)
def test_errors_say_what_the_client_was_told(app: FastAPI, path: str, status: int, level: str, error: str) -> None:
    """And no more of an answer than that."""
    made = observed(app)
    ask(app, ("GET", path))
    (line,) = made.lines

    assert (line["status"], line["level"], line["error"]) == (status, level, error)
    assert line["path"] == ("none" if path == "/nowhere" else line["path"])


def test_an_exception_is_there_with_its_traceback(app: FastAPI) -> None:
    """Its first line is its type and text; the client is told neither."""
    made = observed(app)
    ask(app, ("GET", "/items/0"))
    (line,) = made.lines
    first, second, *rest = line["exception"].splitlines()

    assert first == "RuntimeError: the shelf is gone"
    assert second == "Traceback (most recent call last):"
    assert rest[-1] == "RuntimeError: the shelf is gone"
    assert list(line) == [key for key in ORDER if key != "user_id"]


def test_errors_are_cut_and_tracebacks_keep_their_end() -> None:
    made = recorded()
    one_request(made.telemetry, 400, json.dumps({"detail": "x" * 5000}).encode())
    one_request(made.telemetry, 500, ValueError("y" * 100_000 + " the end"))

    assert len(made.lines[0]["error"]) == 300
    assert len(made.lines[1]["exception"]) < 20_000
    assert made.lines[1]["exception"].endswith("the end")


def test_health_and_metrics_write_nothing(app: FastAPI) -> None:
    """Neither a line nor a span."""
    made = observed(app)
    ask(app, ("GET", "/healthz"), ("GET", "/metrics"), ("HEAD", "/metrics"))

    assert made.everything == ""


def test_a_stream_has_its_line_when_it_ends(app: FastAPI) -> None:
    made = observed(app)
    ask(app, ("GET", "/stream"))

    assert [line["path"] for line in made.lines] == ["/stream"]


@pytest.mark.parametrize(("level", "written"), [("debug", 3), ("info", 3), ("warning", 2), ("error", 1)])
def test_the_level_leaves_lines_out(app: FastAPI, level: str, written: int) -> None:
    """But no spans."""
    made = observed(app, level=getattr(logging, level.upper()))
    ask(app, ("GET", "/items/7"), ("GET", "/items/100"), ("GET", "/items/0"))

    assert len(made.lines) == written
    assert len(made.spans) == 3


def test_a_method_that_http_does_not_know_is_other(app: FastAPI) -> None:
    """Nobody can make up methods in lines or names of spans."""
    made = observed(app)
    ask(app, ("BREW", "/items/7"))

    assert made.lines[0]["method"] == "other"
    assert made.spans[0].name.startswith("HTTP")


def test_without_spans_a_line_has_the_caller_s_trace(app: FastAPI) -> None:
    """Where no collector is named, lines of several services can still be put together."""
    stream = io.StringIO()
    metrics = instrument(app, registry=CollectorRegistry())
    observe(app, metrics, Quiet(TelemetrySettings("shop"), stream))
    ask(app, ("GET", "/items/7"), headers={"traceparent": TRACEPARENT})
    ask(app, ("GET", "/items/7"))
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())

    assert (first["trace_id"], first["span_id"]) == (TRACE, SPAN)
    assert "trace_id" not in second


@pytest.mark.parametrize("text", ["lone \ud800 surrogate", 'quote " and \\ and \n', "\x00\x1b[31m", "\u2028 한국어 🙂"])
def test_any_text_stays_one_line_of_json(text: str) -> None:
    """Also where the terminal speaks ASCII alone."""
    for encoding in ("utf-8", "ascii"):
        raw = io.BytesIO()
        lines = Lines("shop", stream=io.TextIOWrapper(raw, encoding))
        record = logging.LogRecord("a.b", logging.WARNING, __file__, 1, "%s", (text,), None)
        lines.record(record)
        (line,) = raw.getvalue().decode(encoding).splitlines() if "\u2028" not in text else [raw.getvalue().decode()]

        assert json.loads(line)["message"] == text


def test_a_stream_that_is_gone_fails_nobody() -> None:
    """Nobody reads, it is closed, or there is none."""
    closed = io.StringIO()
    closed.close()
    made = recorded()
    made.telemetry.lines._stream = closed
    one_request(made.telemetry)

    assert len(made.spans) == 1


def test_log_records_are_lines_with_the_ids_of_their_request() -> None:
    """Of the current span, also of one that somebody else's code made; outside a request there are none."""
    made = recorded()
    handler = LineHandler(made.telemetry.lines)
    logger = logging.Logger("shop.store")
    logger.addHandler(handler)
    logger.warning("before")
    with made.telemetry.job("work") as call:
        logger.info("within %s", 1)
        with call.child("inner", {}):
            try:
                raise KeyError("k")
            except KeyError:
                logger.exception("failed")
    inner, outer = made.spans
    before, within, failed = made.lines

    assert list(before) == ["timestamp", "level", "message", "service", "logger"]
    assert (before["level"], before["logger"], before["service"]) == ("warning", "shop.store", "shop")
    assert (within["message"], within["trace_id"], within["span_id"]) == ("within 1", *ids(outer))
    assert (failed["trace_id"], failed["span_id"]) == ids(inner)
    assert failed["exception"].startswith("KeyError: 'k'\nTraceback")


def test_the_whole_process_writes_lines_and_each_thing_once() -> None:
    """Handlers of the terminal are replaced, others stay; access lines and URLs of clients are not written."""
    made = recorded()
    root = logging.getLogger()
    names = ("uvicorn", "uvicorn.error", "uvicorn.access", "httpx", "django", "django.request")
    loggers = [root, *(logging.getLogger(name) for name in names)]
    saved = [(each, each.handlers[:], each.level, each.propagate) for each in loggers]
    terminal, own = logging.StreamHandler(sys.stderr), logging.NullHandler()
    try:
        for name in names:  # servers of other tests have set levels of their own
            logging.getLogger(name).setLevel(logging.NOTSET)
        root.handlers[:0] = [terminal, own]
        logging.getLogger("uvicorn.access").addHandler(logging.StreamHandler(sys.stdout))
        take_over(made.telemetry.lines)
        take_over(made.telemetry.lines)
        logging.getLogger("uvicorn.error").info("started")
        logging.getLogger("uvicorn.access").info('"GET /items?token=abc HTTP/1.1" 200')
        logging.getLogger("httpx").info("HTTP Request: GET http://x/?token=abc")
        error = ValueError("told by the request's line")
        one_request(made.telemetry, 500, error)
        logging.getLogger("uvicorn.error").error("Exception in ASGI application", exc_info=error)
        kept = root.handlers[:]
    finally:
        for logger, handlers, level, propagate in saved:
            logger.handlers[:], logger.propagate = handlers, propagate
            logger.setLevel(level)

    assert terminal not in kept
    assert own in kept
    assert [line["logger"] for line in made.lines] == ["uvicorn.error", "request"]


def test_the_formatter_serves_a_logging_configuration_of_one_s_own() -> None:
    """For who keeps `logging.config.dictConfig`."""
    record = logging.LogRecord("a", logging.CRITICAL, __file__, 1, "on fire", (), None)

    assert json.loads(JsonFormatter("shop").format(record))["level"] == "critical"
