"""What the shop keeps: rows in PostgreSQL, products also in the cache. Calls end in time or raise Unavailable."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)
from django.db.models import Avg, Count
from django.utils import timezone
from psycopg.errors import UndefinedTable
from redis.exceptions import RedisError

from .dependencies import Dependency, Unavailable
from .metrics import ShopMetrics
from .models import Message, Product, Transaction, User
from .schema import Schema

PAGE_SIZE = 20
PRODUCT_SECONDS = 60
SEEN_SECONDS = 60
ACTIVE = timedelta(minutes=15)
_COLUMNS = ("id", "seller", "name", "price")
_LARGEST_FEATURE = 1000.0

_log = logging.getLogger(__name__)


class NotFound(Exception):
    """Nothing has this id; the text says what was looked for."""


class Store:
    """Reads and writes the shop's rows; counts in `metrics` what was committed."""

    def __init__(self, database: Dependency, cache_server: Dependency, schema: Schema, metrics: ShopMetrics) -> None:
        self._dependency = database
        self._cache = cache_server
        self._schema = schema
        self._metrics = metrics

    def check(self) -> None:
        """Raises Unavailable unless the database answers and has its tables."""
        with self._database(), connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    def add_user(self, name: str) -> int:
        """The id of a new user."""
        with self._database(), transaction.atomic():
            user = User.objects.create(name=name)
        self._metrics.users.inc()
        return int(user.id)

    def seen(self, user: int) -> datetime:
        """Notes that the user is here now; gives the time of registration. Raises NotFound."""
        with self._database():
            row = User.objects.filter(id=user).values("created", "last_seen").first()
            if row and timezone.now() - row["last_seen"] > timedelta(seconds=SEEN_SECONDS):
                User.objects.filter(id=user).update(last_seen=timezone.now())
        if row is None:
            raise NotFound(f"no user {user}")
        created: datetime = row["created"]
        return created

    def add_product(self, seller: int, name: str, price: int) -> dict[str, Any]:
        """A new product. Raises NotFound for an unknown seller."""
        self.seen(seller)
        with self._database(), transaction.atomic():
            product = Product.objects.create(seller_id=seller, name=name, price=price)
        self._metrics.products.inc()
        return {"id": product.id, "seller": seller, "name": name, "price": price}

    def products(self, page: int) -> list[dict[str, Any]]:
        """One page of products, the newest first, and one product more where there is another page."""
        first = (page - 1) * PAGE_SIZE
        with self._database():
            return list(Product.objects.order_by("-id").values(*_COLUMNS)[first : first + PAGE_SIZE + 1])

    def product(self, product: int) -> dict[str, Any]:
        """One product, from the cache where it is there. Raises NotFound."""
        row = self._cached(product)
        if row is not None:
            return row
        with self._database():
            found: dict[str, Any] | None = Product.objects.filter(id=product).values(*_COLUMNS).first()
        if found is None:
            raise NotFound(f"no product {product}")
        self._remember(found)
        return found

    def buying_features(self, buyer: int, price: int) -> tuple[float, float, float, float]:
        """What a purchase looks like: price in 100,000 KRW, its ratio to what the buyer paid so far, purchases in the
        last day, days since the buyer registered; each at most 1000. Raises NotFound for an unknown buyer."""
        registered = self.seen(buyer)
        day_ago = timezone.now() - timedelta(days=1)
        with self._database():
            mean = Transaction.objects.filter(buyer=buyer).aggregate(mean=Avg("amount"))["mean"]
            recent = Transaction.objects.filter(buyer=buyer, created__gt=day_ago).aggregate(count=Count("id"))["count"]
        ratio = price / float(mean) if mean else 1.0
        days = (timezone.now() - registered) / timedelta(days=1)
        features = (price / 100_000, ratio, float(recent), days)
        return tuple(min(feature, _LARGEST_FEATURE) for feature in features)  # type: ignore[return-value]

    def add_transaction(self, buyer: int, product: int, amount: int, score: float | None) -> int:
        """The id of a completed sale. Raises NotFound for a product that only the cache still knows."""
        try:
            with self._database(), transaction.atomic():
                row = Transaction.objects.create(buyer_id=buyer, product_id=product, amount=amount, fraud_score=score)
        except IntegrityError:
            raise NotFound(f"no product {product}") from None
        self._metrics.transactions.inc()
        self._metrics.revenue.inc(amount)
        return int(row.id)

    def add_message(self, sender: int, recipient: int, text: str) -> int:
        """The id of a new message. Raises NotFound for an unknown sender or recipient."""
        self.seen(sender)
        with self._database():
            known = User.objects.filter(id=recipient).exists()
        if not known:
            raise NotFound(f"no user {recipient}")
        with self._database(), transaction.atomic():
            message = Message.objects.create(sender_id=sender, recipient_id=recipient, text=text)
        self._metrics.messages.inc()
        return int(message.id)

    def active_users(self) -> int | None:
        """Users seen in the last 15 minutes; None when the database cannot say."""
        try:
            with self._database():
                return int(User.objects.filter(last_seen__gt=timezone.now() - ACTIVE).count())
        except (Unavailable, DatabaseError):
            return None

    def greet_cache(self) -> None:
        """Finds out whether the cache is there."""
        try:
            with self._cache.call(RedisError, OSError, ValueError):
                cache.has_key("greeting")
        except Unavailable as error:
            _log.warning("%s; the shop works without", error)

    @contextmanager
    def _database(self) -> Iterator[None]:
        self._schema.require()
        try:
            with self._dependency.call(OperationalError, InterfaceError, InternalError):
                yield
        except ProgrammingError as error:
            if not isinstance(error.__cause__, UndefinedTable):
                raise
            self._schema.lost()
            raise Unavailable("the database was emptied and is being prepared") from error

    def _cached(self, product: int) -> dict[str, Any] | None:
        """The row that `_remember` wrote; None where there is none, or something else."""
        row: dict[str, Any] | None = None
        with suppress(Unavailable), self._cache.call(RedisError, OSError, ValueError):
            found = cache.get(f"product:{product}")
            row = found if isinstance(found, dict) and found.keys() == set(_COLUMNS) else None
        (self._metrics.misses if row is None else self._metrics.hits).inc()
        return row

    def _remember(self, row: dict[str, Any]) -> None:
        with suppress(Unavailable), self._cache.call(RedisError, OSError, ValueError):
            cache.set(f"product:{row['id']}", row, PRODUCT_SECONDS)
