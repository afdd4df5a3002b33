"""Which traces a real collector keeps of 10,000, and that the metrics of spans count them all."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.client import wait
from tests.integration.collector.otlp import CLIENT, Record, event, records, span, spans_of
from tests.integration.collector.running import Running, send

pytestmark = [pytest.mark.server("otelcol-contrib"), pytest.mark.integration]
REQUESTS, BATCH = 10_000, 250
FAILED, RAISED, ANSWERED, SLOW, USUAL = "failed", "raised", "answered", "slow", "usual"
ERRORS = (FAILED, RAISED, ANSWERED)
SIGMAS = 5


class Sent:
    """10,000 requests of two services, with ids of a seeded generator: the same traces are drawn in every run.

    One in a hundred fails (by its status, by an exception, by the code that it was answered with, in turn), another
    one in a hundred is slow. The error is in the called service; the caller's spans look well."""

    def __init__(self, seed: int) -> None:
        self.ids = random.Random(seed)  # noqa: S311 - drawn for a test
        self.kinds: dict[str, str] = {}

    def payloads(self) -> Iterator[tuple[bytes, bytes]]:
        for first in range(0, REQUESTS, BATCH):
            made = [self._request(number) for number in range(first, first + BATCH)]
            yield (
                spans_of("ml-api", [each for caller, _ in made for each in caller]),
                spans_of("shop", [called for _, called in made]),
            )

    def _request(self, number: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        trace, root, call = f"{self.ids.getrandbits(128):032x}", self._id(), self._id()
        kind = {0: ERRORS[number // 100 % 3], 1: SLOW}.get(number % 100, USUAL)
        self.kinds[trace] = kind
        seconds = 1.2 if kind == SLOW else 0.02
        timing: dict[str, Any] = {"start": -seconds, "seconds": seconds}
        caller = [
            span(trace, f"GET /items/{number}", span_id=root, **timing, **_http("/items/{item_id}")),
            span(trace, "GET", span_id=call, parent=root, kind=CLIENT, **timing, **_http("", server__address="shop")),
        ]
        signs: dict[str, dict[str, Any]] = {
            FAILED: {"failed": True},
            RAISED: {"events": [event("exception", exception__type="ValueError")]},
            ANSWERED: {"http__response__status_code": 503},
        }
        more = signs.get(kind, {})
        called = span(trace, f"GET /stock?of={number}", parent=call, **timing, **_http("/stock"), **more)
        return caller, called

    def _id(self) -> str:
        return f"{self.ids.getrandbits(64):016x}"

    def number(self, *kinds: str) -> int:
        return sum(kind in kinds for kind in self.kinds.values())


def _http(route: str, **more: Any) -> dict[str, Any]:
    return {"http__request__method": "GET", **({"http__route": route} if route else {}), **more}


class Sampled:
    """What arrived, once every trace was judged and everything handed on."""

    def __init__(self, running: Running, sent: Sent) -> None:
        for caller, called in sent.payloads():
            for payload in (caller, called):
                send(running.url("otlp_http", "/v1/traces"), payload)
        judged = "otelcol_processor_tail_sampling_global_count_traces_sampled_total"

        def decided() -> Counter[str] | None:
            found: Counter[str] = Counter()
            for sample in running.page("collector_metrics"):
                if sample.name == judged:
                    found[sample.labels["sampled"]] += round(sample.value)
            return found if found.total() >= REQUESTS else None

        self.decided = wait("every trace to be judged", decided, 90)
        file = running.received["traces"]
        kept = self.decided["true"]
        wait("all that was kept", lambda: True if len({_trace(r) for r in records(file)}) >= kept else None, 60)
        self.spans = Counter(_trace(record) for record in records(file))
        self.calls = wait("metrics of every span", lambda: self._counted(running), 60)

    def _counted(self, running: Running) -> dict[tuple[str, str, str], float] | None:
        found: Counter[tuple[str, str, str]] = Counter()
        for sample in running.page("span_metrics"):
            if sample.name == "traces_spanmetrics_calls_total":
                labels = sample.labels
                found[labels["service"], labels["span_kind"], labels["span_name"]] += round(sample.value)
        return dict(found) if found.total() >= 3 * REQUESTS else None

    def kept(self, sent: Sent, *kinds: str) -> int:
        return sum(sent.kinds[trace] in kinds for trace in self.spans)


def _trace(record: Record) -> str:
    return str(record.record["traceId"])


def _tolerance(number: int, share: float) -> float:
    return SIGMAS * math.sqrt(number * share * (1 - share))


def test_every_error_every_slow_one_and_a_share_of_the_rest(tmp_path: Path) -> None:
    """All errors and all slow traces are kept whole, of the others the share, while metrics count every request."""
    sent = Sent(seed=1)
    with Running(tmp_path) as running:
        found = Sampled(running, sent)
        edges = [s for s in running.page("span_metrics") if s.name == "traces_service_graph_request_total"]

    assert (sent.number(*ERRORS), sent.number(SLOW)) == (100, 100)
    assert found.kept(sent, *ERRORS) == 100
    assert found.kept(sent, SLOW) == 100
    others = sent.number(USUAL)
    assert abs(found.kept(sent, USUAL) - 0.05 * others) <= _tolerance(others, 0.05)
    assert set(found.spans.values()) == {3}
    assert found.calls == {
        ("ml-api", "SPAN_KIND_SERVER", "GET /items/{item_id}"): REQUESTS,
        ("ml-api", "SPAN_KIND_CLIENT", "GET"): REQUESTS,
        ("shop", "SPAN_KIND_SERVER", "GET /stock"): REQUESTS,
    }
    called = [s for s in edges if (s.labels["client"], s.labels["server"]) == ("ml-api", "shop")]
    assert sum(s.value for s in called) == REQUESTS
    assert {s.labels["client"] for s in edges} == {"ml-api", "user"}


def test_a_share_of_errors_never_lets_others_in_by_the_back_door(tmp_path: Path) -> None:
    """With half of the errors kept and none of the others: half of the errors, every slow one, nothing else."""
    sent = Sent(seed=2)
    keep = {"errors": "50%", "slower_than": "1s", "others": "0%"}
    with Running(tmp_path, traces={"keep": keep}) as running:
        found = Sampled(running, sent)

    assert abs(found.kept(sent, *ERRORS) - 50) <= _tolerance(100, 0.5)
    assert found.kept(sent, SLOW) == 100
    assert found.kept(sent, USUAL) == 0


def test_an_error_that_comes_late_is_still_kept(tmp_path: Path) -> None:
    """Traces were judged and left; their roots come afterwards, one with an error: they are judged anew."""
    trace, healthy, next_one = "a" * 32, "b" * 32, "d" * 32
    keep = {"errors": "100%", "slower_than": "1s", "others": "0%"}
    with Running(tmp_path, traces={"keep": keep}) as running:
        url = running.url("otlp_http", "/v1/traces")
        send(url, spans_of("shop", [span(each, "early", parent="c" * 16) for each in (trace, healthy)]))
        wait("both to be judged", lambda: True if _judged(running) >= 2 else None, 60)
        send(url, spans_of("shop", [span(next_one, "next")]))
        wait("the next one to be judged", lambda: True if _judged(running) >= 3 else None, 60)
        send(url, spans_of("ml-api", [span(trace, "late", failed=True), span(healthy, "late too")]))
        wait("both to be judged anew", lambda: True if _judged(running) >= 5 else None, 60)
        wait("the error", lambda: next((r for r in records(running.received["traces"])), None), 30)

    assert [(trace, "late")] == [(_trace(r), r.record["name"]) for r in records(running.received["traces"])]


def _judged(running: Running) -> float:
    judged = "otelcol_processor_tail_sampling_global_count_traces_sampled_total"
    return sum(s.value for s in running.page("collector_metrics") if s.name == judged)
