"""What the shop is told from outside, and what that means for Django. The only place that reads the environment."""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as CacheConnectionError
from redis.retry import Retry

SERVICE = "shop"
"""What its lines and spans call it, unless OTEL_SERVICE_NAME does."""

CONNECT_SECONDS = 2
STATEMENT_SECONDS = 2
CACHE_SECONDS = 1.0
API_SECONDS = 1.0
BODY_BYTES = 64 * 1024
NO_CACHE = "django.core.cache.backends.dummy.DummyCache"


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one shop.

    database: what libpq connects with: host, port, user, dbname and the like; password from a file of its own.
    cache_url: redis://host:port/number; "" for a shop without a cache. api_url: http(s)://host:port of the API service.
    allowed_hosts: values of the Host header that are served; "*" serves all.
    """

    database: Mapping[str, str] = field(repr=False)
    cache_url: str = field(repr=False)
    api_url: str
    allowed_hosts: tuple[str, ...] = ("*",)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Reads DATABASE_URL, DATABASE_PASSWORD_FILE, CACHE_URL, ML_API_URL and SHOP_ALLOWED_HOSTS.

        Raises ValueError that names the variable which is missing or wrong.
        """
        hosts = environment.get("SHOP_ALLOWED_HOSTS") or "*"
        return cls(
            database=_database(environment),
            cache_url=_url(environment, "CACHE_URL", ("redis", "rediss")) if environment.get("CACHE_URL") else "",
            api_url=_url({"ML_API_URL": "http://ml-api:8000", **environment}, "ML_API_URL", ("http", "https")),
            allowed_hosts=tuple(host.strip() for host in hosts.split(",")),
        )


def django_settings(shop: Settings) -> dict[str, Any]:
    """The settings of the Django project that this shop is."""
    from sample_app.telemetry import DEFAULT_BUCKETS  # noqa: PLC0415  (the metrics client is first imported in a worker)

    parameters = dict(shop.database)
    database = {
        "ENGINE": "sample_app.shop.postgres",
        "NAME": parameters.pop("dbname", ""),
        "USER": parameters.pop("user", ""),
        "PASSWORD": parameters.pop("password", ""),
        "HOST": parameters.pop("host", ""),
        "PORT": parameters.pop("port", ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "application_name": "shop",
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": STATEMENT_SECONDS * 1000,
            **parameters,
            "options": f"-c statement_timeout={STATEMENT_SECONDS}s",
        },
    }
    cache = {
        "BACKEND": "sample_app.shop.cache.MeasuredRedisCache",
        "LOCATION": shop.cache_url,
        "KEY_PREFIX": "shop",
        "OPTIONS": {
            "socket_timeout": CACHE_SECONDS,
            "socket_connect_timeout": CACHE_SECONDS,
            "serializer": "sample_app.shop.cache.JsonSerializer",
            # a connection that the server closed is opened again at once; a server that hangs is not asked twice
            "retry": Retry(NoBackoff(), 1, supported_errors=(CacheConnectionError,)),
        },
    }
    return {
        "ALLOWED_HOSTS": list(shop.allowed_hosts),
        "CACHES": {"default": cache if shop.cache_url else {"BACKEND": NO_CACHE}},
        "DATABASES": {"default": database},
        "DATA_UPLOAD_MAX_MEMORY_SIZE": BODY_BYTES,
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "INSTALLED_APPS": ["django_prometheus", "sample_app.shop.apps.ShopConfig"],
        "LOGGING_CONFIG": None,
        "MIDDLEWARE": [
            "sample_app.shop.middleware.OperatorPages",
            "sample_app.telemetry.django_app.Observed",
            "django_prometheus.middleware.PrometheusBeforeMiddleware",
            "django.middleware.common.CommonMiddleware",
            "sample_app.shop.middleware.RequestMetrics",
        ],
        "ML_API_URL": shop.api_url,
        "PROMETHEUS_LATENCY_BUCKETS": (*DEFAULT_BUCKETS, math.inf),
        "ROOT_URLCONF": "sample_app.shop.urls",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "USE_TZ": True,
    }


def _database(environment: Mapping[str, str]) -> dict[str, str]:
    url = _url(environment, "DATABASE_URL", ("postgresql", "postgres"))
    if urlsplit(url).password is not None or "password" in urlsplit(url).query:  # libpq's own errors would repeat it
        raise ValueError("DATABASE_URL must hold no password: write it to a file and name it in DATABASE_PASSWORD_FILE")
    try:
        parameters = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError as error:
        raise ValueError(f"DATABASE_URL: {str(error).strip()}") from None
    if file := environment.get("DATABASE_PASSWORD_FILE"):
        try:
            parameters["password"] = Path(file).read_text(encoding="utf-8").rstrip("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"DATABASE_PASSWORD_FILE: {error}") from None
    return parameters


def _url(environment: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str:
    url = environment.get(name, "")
    try:
        parts = urlsplit(url)
        known = parts.scheme in schemes and parts.port != 0 and bool(parts.hostname or name == "DATABASE_URL")
    except ValueError:
        known = False
    if not known:
        raise ValueError(f"{name} must be a URL like {schemes[0]}://host:port")
    return url
