"""What telemetry is told by the environment."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sample_app.telemetry import Telemetry, TelemetrySettings
from tests.unit.sample_app.telemetry_helpers import SPAN, TRACE, TRACEPARENT, one_request, sink

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://otel-collector:4318/"}


def test_the_standard_variables_are_read() -> None:
    """Names, attributes, headers and where each signal goes."""
    settings = TelemetrySettings.of(
        {
            **ENDPOINT,
            "OTEL_SERVICE_NAME": "shop",
            "OTEL_RESOURCE_ATTRIBUTES": "service.name=other, deployment.environment.name=prod,team=a%2Cb",
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20x",
            "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "https://logs.example/otlp/v1/logs",
            "LOG_LEVEL": "warning",
        }
    )

    assert (settings.service, settings.level) == ("shop", 30)
    assert settings.attributes == {"deployment.environment.name": "prod", "team": "a,b"}
    assert settings.headers == {"authorization": "Bearer x"}
    assert settings.traces == "http://otel-collector:4318/v1/traces"
    assert settings.logs == "https://logs.example/otlp/v1/logs"
    assert settings.resource["service.name"] == "shop"
    assert str(os.getpid()) in settings.resource["service.instance.id"]
    assert "Bearer" not in repr(settings)


@pytest.mark.parametrize(
    ("more", "traces", "logs"),
    [
        ({}, True, True),
        ({"OTEL_TRACES_EXPORTER": "none"}, False, True),
        ({"OTEL_LOGS_EXPORTER": "none", "OTEL_TRACES_EXPORTER": "otlp"}, True, False),
        ({"OTEL_SDK_DISABLED": "true"}, False, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False, False),
    ],
)
def test_each_signal_can_be_switched_off(more: dict[str, str], traces: bool, logs: bool) -> None:
    settings = TelemetrySettings.of(ENDPOINT | more)

    assert (bool(settings.traces), bool(settings.logs)) == (traces, logs)


@pytest.mark.parametrize(
    "wrong",
    [
        {"LOG_LEVEL": "loud"},
        {"OTEL_TRACES_EXPORTER": "zipkin"},
        {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
        {"OTEL_EXPORTER_OTLP_COMPRESSION": "zip"},
        {"OTEL_RESOURCE_ATTRIBUTES": "team"},
    ],
)
def test_a_variable_that_is_wrong_is_named(wrong: dict[str, str]) -> None:
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        TelemetrySettings.of(wrong)


def test_a_url_that_is_none_is_told_at_the_start() -> None:
    with pytest.raises(ValueError, match="otel-collector"):
        Telemetry(TelemetrySettings.of({"OTEL_EXPORTER_OTLP_ENDPOINT": "otel-collector:4318"}))


def test_without_traces_lines_are_sent_with_the_caller_s_trace() -> None:
    """And no span is made."""
    stream = io.StringIO()
    with sink() as receiver:
        telemetry = Telemetry(TelemetrySettings("shop", logs=f"{receiver.url}/v1/logs"), stream)
        seen = telemetry.requests.begin([(b"traceparent", TRACEPARENT.encode())])
        telemetry.requests.end(seen, "GET", "/", 200, 0.01, None, {})
        telemetry.requests.leave(seen)
        assert telemetry.flush()

        (record,) = receiver.records()
        assert (record.trace_id.hex(), record.span_id.hex()) == (TRACE, SPAN)
        assert receiver.spans() == []


def test_headers_and_compression_reach_the_collector() -> None:
    with sink() as receiver:
        url = f"{receiver.url}/v1/logs"
        telemetry = Telemetry(
            TelemetrySettings("shop", logs=url, headers={"authorization": "Bearer x"}, compress=True), io.StringIO()
        )
        one_request(telemetry)
        assert telemetry.flush()
        ((path, body, headers),) = receiver.requests

    assert (path, headers["authorization"], headers["content-encoding"]) == ("/v1/logs", "Bearer x", "gzip")
    assert headers["content-type"] == "application/x-protobuf"
    assert body[:2] == b"\x1f\x8b"


PROGRAM = """
import logging
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from sample_app.telemetry import instrument, observe
from tests.unit.sample_app.sample_helpers import ask
app = FastAPI()
app.get("/items/{item_id}")(lambda item_id: {})
telemetry = observe(app, instrument(app, registry=CollectorRegistry()))
ask(app, ("GET", "/items/7"))
logging.getLogger("shop").warning("done")
"""


@pytest.mark.parametrize("endpoint", [True, False])
def test_a_process_needs_no_more_than_its_environment(endpoint: bool) -> None:
    """Its lines are on standard output; the same arrive at the collector when the process ends, without a flush."""
    with sink() as receiver:
        environment = {**os.environ, "OTEL_SERVICE_NAME": "orders"}
        if endpoint:
            environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.url
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=Path(__file__).parents[3],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        bodies = [record.body.string_value for record in receiver.records()]

    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [(line["service"], line["logger"]) for line in lines] == [("orders", "request"), ("orders", "shop")]
    assert bodies == (ran.stdout.splitlines() if endpoint else [])
    assert len(receiver.spans()) == int(endpoint)
    assert ("trace_id" in lines[0]) == endpoint
    assert ran.stderr == ""
