"""What the platform serves, by route template: the only names that statistics ever carry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Service = Literal["api", "shop"]
TITLES: dict[Service, str] = {"api": "the sample API", "shop": "the shop"}
_PLACE = re.compile(r"[<{](\w+)[>}]")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One route of one service. `template` has its ids as `<id>` (Django) or `{item_id}` (FastAPI)."""

    service: Service
    method: str
    template: str

    @property
    def name(self) -> str:
        """Method and template."""
        return f"{self.method} {self.template}"

    def path(self, value: object = "") -> str:
        """The path with `value` in place of the id."""
        return _PLACE.sub(lambda _: str(value), self.template)


HOME = Endpoint("api", "GET", "/")
ITEM = Endpoint("api", "GET", "/items/{item_id}")
DEMO = Endpoint("api", "GET", "/demo")
PREDICT = Endpoint("api", "POST", "/predict")
RECOMMENDATIONS = Endpoint("api", "GET", "/recommendations")
FEEDBACK = Endpoint("api", "POST", "/feedback")
CHAT = Endpoint("api", "POST", "/chat")
COMPLETIONS = Endpoint("api", "POST", "/v1/chat/completions")
RUM = Endpoint("api", "POST", "/rum")

USERS = Endpoint("shop", "POST", "/api/v1/users/")
PRODUCTS = Endpoint("shop", "GET", "/api/v1/products/")
NEW_PRODUCT = Endpoint("shop", "POST", "/api/v1/products/")
PRODUCT = Endpoint("shop", "GET", "/api/v1/products/<id>/")
TRANSACTIONS = Endpoint("shop", "POST", "/api/v1/transactions/")
MESSAGES = Endpoint("shop", "POST", "/api/v1/messages/")

ENDPOINTS = (
    HOME,
    ITEM,
    DEMO,
    PREDICT,
    RECOMMENDATIONS,
    FEEDBACK,
    CHAT,
    COMPLETIONS,
    RUM,
    USERS,
    PRODUCTS,
    NEW_PRODUCT,
    PRODUCT,
    TRANSACTIONS,
    MESSAGES,
)
