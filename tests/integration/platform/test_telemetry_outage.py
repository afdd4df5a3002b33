"""A minute without Loki, a minute without Tempo, and a collector that is killed, under load on the running platform.

Every request is slower than `traces.keep.slower_than`, so that every trace is kept and can be asked for.
"""

from __future__ import annotations

import itertools
import secrets
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field

import pytest

from generator.builders.collector.sampling import AFTER_ROOT
from tests.integration.client import get, wait
from tests.integration.platform.stack import PlatformStack

pytestmark = [pytest.mark.integration, pytest.mark.server("loki", "tempo", "otelcol-contrib")]
GONE_SECONDS = 60
PEOPLE = 8
PENDING_SECONDS = AFTER_ROOT + 5
"""How long the collector holds a span in memory: until its trace is judged, the tick and the batch after it."""

PATIENCE = 240.0


@dataclass
class People:
    """They ask the API one request after the other; the trace of each, and when it was answered and after how long."""

    url: str
    answered: dict[str, float] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> People:
        self.threads = [threading.Thread(target=self._ask) for _ in range(PEOPLE)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def _ask(self) -> None:
        for number in itertools.count():
            trace = secrets.token_hex(16)
            request = urllib.request.Request(f"{self.url}/items/{number % 9 + 1}")
            request.add_header("traceparent", f"00-{trace}-{secrets.token_hex(8)}-01")
            began = time.monotonic()
            try:
                urllib.request.urlopen(request, timeout=30).close()
            except OSError as error:
                self.failed.append(str(error))
            else:
                self.answered[trace] = time.monotonic()
                self.seconds.append(time.monotonic() - began)
            if self.ended.is_set():
                return


def test_a_minute_without_each_loses_nothing(stack: PlatformStack) -> None:
    """Every line is found by its trace, once; every trace too, but those that a killed collector had not yet judged."""
    with stack.slow_api(), People(stack.api) as people:
        time.sleep(5)
        for backend in ("loki", "tempo"):
            stack.stop(backend)
            time.sleep(GONE_SECONDS)
            stack.start(backend)
        wait("Tempo to be ready", lambda: _ready(stack) or None, 90)
        time.sleep(5)
        stack.kill("otel-collector")
        killed = time.monotonic()
        time.sleep(5)
        stack.start("otel-collector")
        time.sleep(15)
    asked = people.answered.keys()
    wait("every line", lambda: True if asked <= _lines(stack).keys() else None, PATIENCE)
    pending = {trace for trace, at in people.answered.items() if killed - PENDING_SECONDS < at <= killed}
    wait("every trace", lambda: True if all(_kept(stack, trace) for trace in asked - pending) else None, PATIENCE)

    lines = _lines(stack)
    lost = [trace for trace in pending if not _kept(stack, trace)]
    twice = sum(lines[trace] > 1 for trace in asked)
    print(
        f"{len(asked)} requests, {PEOPLE} at a time: 0 lines and {len(lost)} traces lost, {twice} lines twice; ", end=""
    )
    print(f"slowest answer {max(people.seconds):.2f} s")
    assert people.failed == []
    assert len(asked) > PEOPLE * GONE_SECONDS
    assert twice <= PEOPLE * PENDING_SECONDS


def _ready(stack: PlatformStack) -> bool:
    with urllib.request.urlopen(f"{stack.at('tempo')}/ready", timeout=10) as answer:
        return bool(answer.status == 200)


def _lines(stack: PlatformStack) -> dict[str, int]:
    """How many lines of requests each trace has, read page by page from the newest."""
    found: dict[str, set[str]] = {}
    end = time.time_ns() + 1
    query = '{service="ml-api"} | trace_id!="" | json | path="/items/{item_id}"'
    while True:
        span = {"query": query, "limit": "1000", "start": str(end - 3600 * 10**9), "end": str(end)}
        streams = get(f"{stack.at('loki')}/loki/api/v1/query_range?{urllib.parse.urlencode(span)}")["data"]["result"]
        moments = [int(at) for stream in streams for at, _ in stream["values"]]
        for stream in streams:
            for at, _ in stream["values"]:
                found.setdefault(stream["stream"]["trace_id"], set()).add(at)
        if len(moments) < 1000:
            return {trace: len(each) for trace, each in found.items()}
        end = min(moments) + 1


def _kept(stack: PlatformStack, trace: str) -> bool:
    try:
        return bool(get(f"{stack.at('tempo')}/api/v2/traces/{trace}"))
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return False
        raise
