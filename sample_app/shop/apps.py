"""What one process of the shop is made of, put together once Django is set up."""

from __future__ import annotations

import threading

from django.apps import AppConfig, apps
from django.conf import settings
from prometheus_client import REGISTRY, disable_created_metrics
from psycopg.errors import QueryCanceled

from .settings import NO_CACHE


class ShopConfig(AppConfig):  # type: ignore[misc]
    """The app `shop`; its parts are attributes: metrics, store, api, active_users."""

    name = "sample_app.shop"
    label = "shop"

    def ready(self) -> None:
        """Makes the parts; they connect to nothing yet."""
        from .dependencies import Dependency  # noqa: PLC0415  (models can be imported only now)
        from .metrics import ActiveUsers, ShopMetrics  # noqa: PLC0415
        from .ml_api import MlApi  # noqa: PLC0415
        from .schema import Schema  # noqa: PLC0415
        from .store import Store  # noqa: PLC0415

        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.metrics = ShopMetrics(REGISTRY)
        database = Dependency("database", self.metrics.up("database"), answered=(QueryCanceled,))
        self.schema = Schema(database)
        cache_report = _untold if settings.CACHES["default"]["BACKEND"] == NO_CACHE else self.metrics.up("cache")
        self.store = Store(database, Dependency("cache", cache_report), self.schema, self.metrics)
        self.api = MlApi(settings.ML_API_URL, Dependency("API service", self.metrics.up("api")))
        self.active_users = ActiveUsers(self.store.active_users)

    def start(self) -> None:
        """Makes the tables and looks for the cache and the API service, all in the background."""
        self.schema.start()
        for look in (self.store.greet_cache, self.api.greet):
            threading.Thread(target=look, daemon=True).start()


def _untold(_value: float) -> None:
    """Where there is no cache by intention, nobody is told that it is up or down."""


def shop() -> ShopConfig:
    """The app of this process."""
    config: ShopConfig = apps.get_app_config("shop")
    return config
