"""A registry as the bytes of an answer to a scrape: format and compression as the scraper asked."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder, gzip_accepted
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from .multiprocess import multiprocess_active

_GZIP_LEVEL = 4
_WITH_CREATED = frozenset({"counter", "histogram", "summary"})


@dataclass(frozen=True, slots=True)
class Exposition:
    """One answer: the value of Content-Type, the value of Content-Encoding ("" for none), and the body."""

    content_type: str
    content_encoding: str
    body: bytes


def render(registry: CollectorRegistry, accept: str = "", accept_encoding: str = "") -> Exposition:
    """All series of `registry`, or of all workers in multiprocess mode.

    OpenMetrics, with exemplars, when the Accept header asks for it; else the Prometheus text format. A header that
    nobody can read counts as none. `_created` series are left out: they double the series and nothing here reads them.
    """
    source = _AllWorkers() if multiprocess_active() else registry
    try:
        encode, content_type = choose_encoder(accept)
    except (TypeError, ValueError):  # a version that is no number
        encode, content_type = choose_encoder("")
    body = encode(_WithoutCreated(source))
    if not gzip_accepted(accept_encoding):
        return Exposition(content_type, "", body)
    return Exposition(content_type, "gzip", gzip.compress(body, _GZIP_LEVEL))


class _AllWorkers(Collector):
    """The sum over the files of all workers."""

    def collect(self) -> Iterable[Metric]:
        collector = MultiProcessCollector(CollectorRegistry())  # type: ignore[no-untyped-call]
        return collector.collect()  # type: ignore[no-untyped-call, no-any-return]


class _WithoutCreated(Collector):
    def __init__(self, source: Collector) -> None:
        self._source = source

    def collect(self) -> Iterable[Metric]:
        for metric in self._source.collect():
            if metric.type in _WITH_CREATED:
                metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            yield metric
