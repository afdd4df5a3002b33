"""Loki gone, then Tempo, then the collector killed, under load: what was taken is found, and what a kill loses."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
import urllib.error
import urllib.parse
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from generator.builders.collector.sampling import AFTER_ROOT
from tests.integration.client import get, wait
from tests.integration.collector.otlp import line, lines_of, records, span, spans_of
from tests.integration.collector.running import Running, send

pytestmark = [pytest.mark.server("otelcol-contrib"), pytest.mark.integration]
GONE_SECONDS = 8
PENDING_SECONDS = AFTER_ROOT + 5
"""How long a span may lie in memory: until its trace is judged, the tick and the batch after it."""


@dataclass
class Load:
    """Numbered lines and failed traces, each handed over until it was taken, and when that was."""

    running: Running
    lines: dict[str, float] = field(default_factory=dict)
    traces: dict[str, float] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Load:
        self.threads = [threading.Thread(target=each) for each in (self._lines, self._traces)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def _lines(self) -> None:
        for batch in itertools.count():
            made = [f"line {batch * 50 + number}" for number in range(50)]
            send(self.running.url("otlp_http", "/v1/logs"), lines_of("shop", [line(each) for each in made]))
            self.lines.update(dict.fromkeys(made, time.monotonic()))
            if self.ended.wait(0.1):
                return

    def _traces(self) -> None:
        while not self.ended.wait(0.1):
            made = [secrets.token_hex(16) for _ in range(10)]
            spans = [span(trace, "failed", failed=True) for trace in made]
            send(self.running.url("otlp_http", "/v1/traces"), spans_of("shop", spans))
            self.traces.update(dict.fromkeys(made, time.monotonic()))


def _found(running: Running) -> tuple[Counter[str], Counter[str]]:
    lines = Counter(record.body for record in records(running.received["logs"]))
    traces = Counter(str(record.record["traceId"]) for record in records(running.received["traces"]))
    return lines, traces


def _settled(running: Running, load: Load, lost: set[str]) -> None:
    def there() -> bool | None:
        lines, traces = _found(running)
        return True if load.lines.keys() <= lines.keys() and load.traces.keys() - lost <= traces.keys() else None

    wait("everything that was taken", there, 120)


def test_an_outage_of_a_backend_loses_nothing(tmp_path: Path) -> None:
    """Loki and then Tempo away: every line and every kept trace is there afterwards, exactly once."""
    with Running(tmp_path) as running:
        with Load(running) as load:
            for backend in (running.loki, running.tempo):
                time.sleep(2)
                backend.stop()
                time.sleep(GONE_SECONDS)
                backend.start()
            time.sleep(2)
        _settled(running, load, set())
        lines, traces = _found(running)

    assert len(load.lines) > 1_000
    assert load.lines.keys() == lines.keys()
    assert load.traces.keys() == traces.keys()
    assert {*lines.values(), *traces.values()} == {1}


def test_a_collector_stopped_in_order_loses_nothing(tmp_path: Path) -> None:
    """Told to stop, it judges what it has and hands it to its queue, also while the backends are away."""
    with Running(tmp_path) as running:
        with Load(running) as load:
            time.sleep(3)
            running.loki.stop()
            running.tempo.stop()
            time.sleep(3)
            running.collector.stop()
            running.collector.start()
            time.sleep(3)
        running.loki.start()
        running.tempo.start()
        _settled(running, load, set())
        lines, traces = _found(running)

    assert load.lines.keys() == lines.keys()
    assert load.traces.keys() == traces.keys()


def test_a_killed_collector_loses_only_traces_that_it_had_not_judged(tmp_path: Path) -> None:
    """kill -9 while both backends are away: every line is found, and every trace but those of its last seconds, which
    it had in memory until it would judge them."""
    with Running(tmp_path) as running:
        with Load(running) as load:
            time.sleep(2)
            running.loki.stop()
            running.tempo.stop()
            time.sleep(PENDING_SECONDS + 5)
            running.collector.kill()
            killed = time.monotonic()
            time.sleep(1)
            running.collector.start()
            time.sleep(2)
            running.loki.start()
            running.tempo.start()
            time.sleep(3)
        pending = {trace for trace, taken in load.traces.items() if killed - PENDING_SECONDS < taken <= killed}
        _settled(running, load, pending)
        lines, traces = _found(running)

    lost = load.traces.keys() - traces.keys()
    assert load.lines.keys() == lines.keys()
    assert lost <= pending
    assert len(load.traces) - len(pending) > 50
    # What was in flight is sent again, by its sender or from the queue.
    twice = sum(number > 1 for number in lines.values())
    assert twice <= 2 * 50 * 4
    print(f"{len(lost)} of {len(load.traces)} traces lost; {twice} of {len(lines)} lines twice")


@pytest.mark.server("loki", "tempo")
def test_real_loki_and_tempo_have_everything_after_an_outage(tmp_path: Path) -> None:
    """Loki away, then the collector killed: every line by query, every trace that was judged by its id."""
    with Running(tmp_path, real=True) as running:
        with Load(running) as load:
            time.sleep(2)
            running.loki.stop()
            time.sleep(PENDING_SECONDS)
            running.collector.kill()
            killed = time.monotonic()
            running.collector.start()
            running.loki.start()
            time.sleep(5)
        pending = {trace for trace, taken in load.traces.items() if killed - PENDING_SECONDS < taken <= killed}
        wait("every line", lambda: True if load.lines.keys() <= _lines(running) else None, 180)
        asked = [trace for trace in load.traces if trace not in pending]
        missing = wait("every trace", lambda: None if (m := _missing(running, asked)) else [m], 180)

    assert len(load.lines) > 1_000
    assert len(asked) > 50
    assert missing == [[]]


def _lines(running: Running) -> set[str]:
    """All lines of the last hour, page by page from the newest."""
    found: set[str] = set()
    end = time.time_ns() + 1
    while True:
        query = {
            "query": '{env="testing"} |= "line "',
            "limit": "5000",
            "start": str(end - 3600 * 10**9),
            "end": str(end),
        }
        streams = get(running.url("loki", f"/loki/api/v1/query_range?{urllib.parse.urlencode(query)}"))["data"][
            "result"
        ]
        values = [value for stream in streams for value in stream["values"]]
        found |= {text for _, text in values}
        if len(values) < 5000:
            return found
        end = min(int(at) for at, _ in values) + 1


def _missing(running: Running, traces: list[str]) -> list[str]:
    """The first hundred that Tempo does not have."""
    missing = []
    for trace in traces:
        try:
            get(running.url("tempo", f"/api/v2/traces/{trace}"))
        except urllib.error.HTTPError:
            missing.append(trace)
            if len(missing) == 100:
                break
    return missing
