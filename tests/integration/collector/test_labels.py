"""Whose a line is and how grave, from services, containers and files; every line once."""

from __future__ import annotations

import socket
import struct
import time
from pathlib import Path

import pytest

from tests.integration.client import wait
from tests.integration.collector.otlp import Record, line, lines_of, records, span, spans_of
from tests.integration.collector.running import Running, send

pytestmark = [pytest.mark.server("otelcol-contrib"), pytest.mark.integration]
# What servers of the stack print, and how grave it is.
PRINTED = {
    'time=2026-11-21T12:00:00.5Z level=WARN source=main.go:1 msg="error= none"': "warning",
    'ts=2026-11-21T12:00:00.123456789Z caller=x.go:1 level=error msg="boom"': "error",
    "logger=context t=2026-11-21T12:00:00.1+09:00 level=dbug msg=x": "info",
    '{"level":"fatal","ts":"2026-11-21T12:00:00Z","msg":"x"}': "critical",
    "2026-11-21 12:00:00.000 UTC [27] LOG:  database system is ready": "info",
    '2026-11-21 12:00:00.000 UTC [27] ERROR:  relation "x" does not exist': "error",
    "2026-11-21 12:00:00.000 UTC [1] FATAL:  role does not exist": "critical",
    "1:M 21 Nov 2026 12:00:00.000 * Ready to accept connections tcp": "info",
    "INFO:     Application startup complete.": "info",
    "WARNING:  nobody asked": "warning",
    "[ERROR] something": "error",
    "E1121 12:00:00.000000       1 manager.go:1] Failed": "error",
    "W1121 12:00:00.000000       1 manager.go:1] Slow": "warning",
    "no error here, nor a warning": "info",
}
SENT = {1: "debug", 5: "debug", 9: "info", 12: "info", 13: "warning", 17: "error", 21: "critical", 24: "critical"}


def _arrived(running: Running, number: int) -> list[Record]:
    file = running.received["logs"]
    wait(f"{number} lines", lambda: True if len([*records(file)]) >= number else None, 60)
    return [*records(file)]


def _labels(record: Record) -> tuple[str, str, str, str]:
    """service, app, env, level, as Loki will have them: of the resource, else of the line."""
    both = {**record.attributes, **record.resource}
    return both["service"], both["app"], both["env"], both["level"]


def test_services_are_named_by_their_resource(tmp_path: Path) -> None:
    """Few labels: service, app, env, level. What a sender says of itself besides is not repeated on every line."""
    about = {
        "service__version": "1.2",
        "service__instance__id": "host:7",
        "telemetry__sdk__name": "opentelemetry",
        "process__command_line": "python -m shop",
        "deployment__environment__name": "staging",
    }
    made = [line(f"severity {number}", severity=number, service="forged", app="forged") for number in SENT]
    with Running(tmp_path) as running:
        url = running.url("otlp_http", "/v1/logs")
        send(url, lines_of("shop", made, **about))
        send(url, lines_of("", [line("nameless", severity=0, text="Warning", user="7")]))
        found = {record.body: record for record in _arrived(running, len(SENT) + 1)}

    for number, level in SENT.items():
        record = found[f"severity {number}"]
        assert (("shop", "shop", "staging", level), level) == (_labels(record), record.record["severityText"])
        assert {"service", "app", "env", "service.version", "service.instance.id"} == set(record.resource)
        assert {"level"} == set(record.attributes)
    assert _labels(found["nameless"]) == ("unknown", "unknown", "testing", "warning")
    assert found["nameless"].attributes["user"] == "7"


def test_files_are_read_once_whatever_happens_to_them(tmp_path: Path) -> None:
    """With the time and gravity that they tell; none twice or lost when the collector is killed or files rotate."""
    log = tmp_path / "log" / "prometheus.log"
    numbered = iter(range(10_000))

    def write(count: int) -> list[str]:
        made = [f"line {next(numbered)}" for _ in range(count)]
        with log.open("a") as file:
            file.writelines(f"{each}\n" for each in made)
        return made

    with Running(tmp_path) as running:
        log.write_text("".join(f"{each}\n" for each in PRINTED))
        (tmp_path / "log" / "otel-collector.log").write_text("the collector's own\n")
        first = {record.body: record for record in _arrived(running, len(PRINTED))}
        expected = write(500)
        _arrived(running, len(PRINTED) + 100)
        running.collector.kill()
        expected += write(500)
        log.rename(log.with_suffix(".log.1"))
        expected += write(500)
        running.collector.start()
        expected += write(500)
        _arrived(running, len(PRINTED) + len(expected))
        time.sleep(2)  # for what would come twice
        found = [record.body for record in records(running.received["logs"])]

    assert {text: ("prometheus", "prometheus", "testing", level) for text, level in PRINTED.items()} == {
        text: _labels(record) for text, record in first.items()
    }
    assert first[next(iter(PRINTED))].record["timeUnixNano"] == "1795262400500000000"
    assert sorted([*PRINTED, *expected]) == sorted(found)


def test_containers_are_named_by_the_tag_that_the_stack_gave(tmp_path: Path) -> None:
    """The engine's messages, acknowledged one by one; a tag from elsewhere makes no label."""
    with Running(tmp_path, target="compose") as running:
        with socket.create_connection(("127.0.0.1", running.ports["fluent_forward"])) as engine:
            for number, (tag, text) in enumerate([("alertmanager", 'level=warn msg="x"'), ("forged", "password=x")]):
                engine.sendall(_message(tag, text, f"chunk{number}"))
                assert f"chunk{number}".encode() in engine.recv(100)
        found = {record.body: record for record in _arrived(running, 2)}

    assert _labels(found['level=warn msg="x"']) == ("alertmanager", "alertmanager", "testing", "warning")
    assert _labels(found["password=****"]) == ("unknown", "unknown", "testing", "info")
    assert {"service", "app", "level", "log.iostream"} == set(found["password=****"].attributes)


def _message(tag: str, text: str, chunk: str) -> bytes:
    """One event of Fluentd's forward protocol, as the engine sends it."""
    record = {"container_id": "0" * 64, "container_name": "/x", "source": "stderr", "log": text}
    return (
        b"\x94"
        + _packed(tag)
        + b"\xce"
        + struct.pack(">I", int(time.time()))
        + _packed(record)
        + _packed({"chunk": chunk})
    )


def _packed(value: str | dict[str, str]) -> bytes:
    """MessagePack of short texts and small maps."""
    if isinstance(value, dict):
        return bytes([0x80 | len(value)]) + b"".join(_packed(k) + _packed(v) for k, v in value.items())
    data = value.encode()
    return b"\xd9" + bytes([len(data)]) + data


def test_spans_keep_what_names_their_sender(tmp_path: Path) -> None:
    """The stack's environment where a sender names none; not the command line that it was started with."""
    with Running(tmp_path, traces={"keep": {"others": "100%"}}) as running:
        about = {"service__version": "1.2", "process__command_line": "x --token y", "telemetry__sdk__name": "otel"}
        send(running.url("otlp_http", "/v1/traces"), spans_of("shop", [span("d" * 32, "work", kind=1)], **about))
        found = wait("the span", lambda: next(records(running.received["traces"]), None), 60)

    expected = {"service.name": "shop", "service.version": "1.2", "deployment.environment.name": "testing"}
    assert expected == found.resource
