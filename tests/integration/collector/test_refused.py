"""What the collector tells of itself where it takes nothing more; every form of its configuration is accepted."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.pipeline import generate
from generator.rules.collected import COUNTERS
from tests.integration.client import wait
from tests.integration.collector.otlp import line, lines_of, span, spans_of
from tests.integration.collector.running import Running, send
from tests.proof import find

pytestmark = [pytest.mark.server("otelcol-contrib"), pytest.mark.integration]
LATER = (429, 503)
Change = Callable[[dict[str, Any]], None]


def _told(running: Running) -> set[str]:
    """The reasons of TelemetryRefused whose counters have grown, by the names that Prometheus reads."""
    with urllib.request.urlopen(running.url("collector_metrics", "/metrics"), timeout=10) as answer:
        page = answer.read().decode()
    grown = {
        reason: re.findall(rf"^{counter}(?:log_records|spans)(?:_total)?\{{.*\}} ([^ ]+)$", page, re.MULTILINE)
        for reason, counter, _ in COUNTERS
    }
    return {reason for reason, values in grown.items() if any(float(value) for value in values)}


def _small_memory(config: dict[str, Any]) -> None:
    config["processors"]["memory_limiter"] |= {"limit_mib": 12, "spike_limit_mib": 4}


def _small_queue(config: dict[str, Any]) -> None:
    config["exporters"]["otlp_http/loki"]["sending_queue"] |= {"queue_size": 300_000}


@pytest.mark.parametrize("change", [_small_memory, _small_queue])
def test_what_is_turned_away_is_told_and_counted(tmp_path: Path, change: Change) -> None:
    """Senders get an answer that says "later" (429 or 503), and a counter that the alert reads grows."""
    with Running(tmp_path) as running:
        running.collector.stop()
        config = yaml.safe_load(running.collector.config.read_text())
        change(config)
        running.collector.config.write_text(yaml.safe_dump(config))
        running.loki.stop()
        running.collector.start()
        body = lines_of("shop", [line("x" * 1000) for _ in range(100)])
        wait("to be turned away", lambda: _asked(running, body) in LATER or None, 60)
        told = wait("a counter", lambda: _told(running) or None, 30)

    assert told & {"refused", "failed"}


def _asked(running: Running, body: bytes) -> int:
    request = urllib.request.Request(running.url("otlp_http", "/v1/logs"), body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_nothing_is_told_when_all_goes_well(tmp_path: Path) -> None:
    """A backend that is away for a while is no reason: its queue has room."""
    with Running(tmp_path) as running:
        running.loki.stop()
        send(running.url("otlp_http", "/v1/logs"), lines_of("shop", [line("x")]))
        time.sleep(3)

        assert _told(running) == set()


def test_exemplars_name_a_trace(tmp_path: Path) -> None:
    """The histogram of the metrics of spans shows traces to whoever asks in OpenMetrics, as Prometheus does."""
    ended = threading.Event()
    with Running(tmp_path) as running:

        def load() -> None:
            while not ended.wait(0.5):
                send(running.url("otlp_http", "/v1/traces"), spans_of("shop", [span("e" * 32, "work", seconds=0.02)]))

        thread = threading.Thread(target=load)
        thread.start()
        try:
            found = wait("an exemplar", lambda: _exemplar(running), 60)
        finally:
            ended.set()
            thread.join()

    assert 'trace_id="' + "e" * 32 + '"' in found
    assert 'service="shop"' in found


def _exemplar(running: Running) -> str | None:
    accept = {"Accept": "application/openmetrics-text;version=1.0.0"}
    with urllib.request.urlopen(
        urllib.request.Request(running.url("span_metrics", "/metrics"), headers=accept)
    ) as answer:
        lines = answer.read().decode().splitlines()
    return next(
        (each for each in lines if each.startswith("traces_spanmetrics_latency_bucket{") and " # {" in each), None
    )


@pytest.mark.parametrize("target", ["compose", "native"])
@pytest.mark.parametrize("off", [(), ("logs",), ("traces",)])
@pytest.mark.parametrize("others", ["0%", "0.001%", "100%"])
def test_every_form_is_accepted(tmp_path: Path, target: str, off: tuple[str, ...], others: str) -> None:
    """By the collector's own check, with names and an environment as hostile as the spec lets them be."""
    spec = {
        "version": 1,
        "stack": {"name": "demo", "environment": "pro-d_1"},
        "services": [{"name": "shop", "kind": "django", "targets": ["shop:8000"]}],
        "logs": {"level": "debug", "redact": ["a.b", "x--y__z..", "0", "A" * 64]},
        "traces": {"keep": {"errors": "50%", "slower_than": "1ms", "others": others}},
        **dict.fromkeys(off, False),
    }
    made = next(
        a.content for a in generate(json.dumps(spec), target=target).artifacts if a.path == "collector/config.yml"
    )
    (tmp_path / "config.yml").write_text(made)
    found = find("otelcol-contrib")
    assert found
    command = [found.where, "validate", f"--config={tmp_path}/config.yml"]

    ran = subprocess.run(command, env={"STACK_STATE": str(tmp_path)}, capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stderr) == (0, "")
