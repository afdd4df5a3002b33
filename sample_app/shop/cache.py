"""Django's own Redis cache, counted as django-prometheus counts, with values as JSON.

django-prometheus' wrapper of it cannot be imported without the package django-redis, which nothing else here needs.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache
from django_prometheus.cache.metrics import (
    django_cache_get_fail_total,
    django_cache_get_total,
    django_cache_hits_total,
    django_cache_misses_total,
)

from sample_app.telemetry import cache

COUNTED = (django_cache_get_total, django_cache_hits_total, django_cache_misses_total, django_cache_get_fail_total)
BACKEND = "native_redis"


class JsonSerializer:
    """Values as JSON: what somebody else wrote to the cache can be wrong, but it cannot run."""

    def dumps(self, value: Any) -> bytes:
        """The value as bytes. Raises TypeError for what JSON cannot hold."""
        return json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        """The value that was written. Raises ValueError."""
        return json.loads(data)


class MeasuredRedisCache(RedisCache):  # type: ignore[misc]
    """`django_cache_get*_total{backend="native_redis"}`: lookups, hits, misses and failures; a span of each call."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        parts = urlsplit(server)
        self._where = (parts.hostname or "", parts.port or 6379)
        for counter in COUNTED:
            counter.labels(BACKEND)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """The value, or `default`. Raises redis.RedisError when the cache cannot be asked."""
        django_cache_get_total.labels(BACKEND).inc()
        try:
            with cache("GET", *self._where):
                value = super().get(key, None, version)
        except Exception:
            django_cache_get_fail_total.labels(BACKEND).inc()
            raise
        (django_cache_misses_total if value is None else django_cache_hits_total).labels(BACKEND).inc()
        return default if value is None else value

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Keeps a value. Raises redis.RedisError when the cache cannot be asked."""
        with cache("SET", *self._where):
            super().set(key, value, timeout, version)
