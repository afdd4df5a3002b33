"""The shop's own metrics, and the page that shows them beside django-prometheus' own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from sample_app.telemetry import multiprocess_active

ASK_SECONDS = 10.0


class ShopMetrics:
    """What the shop counts. A sale, user, product or message is counted after its row was committed."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=registry)

        self.users = counter("shop_users_registered_total", "Users that registered.")
        self.products = counter("shop_products_created_total", "Products that were put up for sale.")
        self.transactions = counter("shop_transactions_completed_total", "Sales that were completed.")
        self.messages = counter("shop_messages_sent_total", "Messages from user to user.")
        self.revenue = counter("shop_revenue_krw_total", "What was paid in completed sales, in KRW.")
        lookups = counter("cache_lookups_total", "Lookups in a cache by result.", "cache", "result")
        self.hits, self.misses = lookups.labels("product", "hit"), lookups.labels("product", "miss")
        self._up = Gauge(
            "dependency_up",
            "1 after the last call of a dependency worked, 0 after it failed.",
            ("dependency",),
            registry=registry,
            multiprocess_mode="mostrecent",
        )

    def up(self, dependency: str) -> Callable[[float], None]:
        """Sets `dependency_up` of database, cache or api; there is no such series before the first call."""

        def report(value: float) -> None:
            self._up.labels(dependency).set(value)

        return report


class ActiveUsers(Collector):
    """`shop_active_users`, asked at a scrape, at most every ten seconds; absent while `count` gives None."""

    def __init__(self, count: Callable[[], int | None], clock: Callable[[], float] = time.monotonic) -> None:
        self._count = count
        self._clock = clock
        self._lock = threading.Lock()
        self._value: int | None = None
        self._asked_at = float("-inf")

    def describe(self) -> Iterable[Metric]:
        """The family without a value: registering asks nobody."""
        return [self._family()]

    def collect(self) -> Iterator[Metric]:
        """The family with the value where there is one."""
        with self._lock:
            if self._clock() - self._asked_at >= ASK_SECONDS:
                self._value = self._count()
                self._asked_at = self._clock()
        if self._value is not None:
            family = self._family()
            family.add_metric((), self._value)
            yield family

    def _family(self) -> GaugeMetricFamily:
        return GaugeMetricFamily("shop_active_users", "Users seen in the last 15 minutes.")


def page(registry: CollectorRegistry, active: ActiveUsers, accept: str) -> tuple[bytes, str]:
    """All series of this process, or of all workers, in the format that `accept` prefers; and its content type."""
    source = CollectorRegistry()
    if multiprocess_active():
        MultiProcessCollector(source)  # type: ignore[no-untyped-call]
    else:
        source.register(registry)
    source.register(active)
    try:
        encode, content_type = choose_encoder(accept)
    except (TypeError, ValueError):  # a version that is no number
        encode, content_type = choose_encoder("")
    return encode(source), content_type
