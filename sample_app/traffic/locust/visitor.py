"""One person or program on the platform: how a request is sent and remembered."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter, time
from typing import Any, ClassVar
from urllib.parse import urlsplit

import gevent  # type: ignore[import-untyped]
from locust import FastHttpUser, between
from locust.exception import StopUser

from . import endpoints as at
from .endpoints import Endpoint
from .market import CHANCE, Market

TIMEOUT_SECONDS = 10.0
API_KEYS = ("web", "web", "web", "mobile", "mobile", "partner", "")
"""Callers as they name themselves; the last one does not."""


class AbandonedError(Exception):
    """The client left before the answer came, on purpose."""


@dataclass(slots=True)
class Site:
    """What all visitors share. closing: nobody sends another request."""

    urls: Mapping[str, str]
    market: Market = field(default_factory=Market)
    closing: bool = False


class Visitor(FastHttpUser):
    """Has one account of the shop for the whole visit; does what `tasks` says."""

    abstract = True
    site: ClassVar[Site]
    wait_time = between(0.4, 2.0)
    network_timeout = TIMEOUT_SECONDS
    connection_timeout = 5.0
    insecure = False

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.market = self.site.market
        self._account: int | None = None
        self._status = 0
        key = CHANCE.choice(API_KEYS)
        self._headers = {"User-Agent": "sample-traffic"} | ({"X-API-Key": key} if key else {})

    def on_start(self) -> None:
        """Takes an account that nobody uses, or registers."""
        if "shop" in self.site.urls:
            self.account()

    def on_stop(self) -> None:
        """Leaves the account to the next one."""
        if self._account is not None:
            self.market.resting.append(self._account)

    def account(self) -> int | None:
        """The account at the shop, registered when there is none yet; None when the shop gives none."""
        if self._account is None and self.market.resting:
            self._account = self.market.resting.pop()
        if self._account is None:
            answer = self.send(at.USERS, {"name": f"Visitor {CHANCE.randrange(10**6)}"})
            self._account = number(answer, "id")
            if self._account is not None:
                self.market.people.append(self._account)
        return self._account

    def forget_if_unknown(self, *, product: int | None = None, person: int | None = None) -> None:
        """After a 404 the shop no longer knows one of them or the account, as after its database was made anew."""
        if self._status == 404:
            self.market.forget(product, person, self._account)
            self._account = None

    @property
    def person(self) -> int:
        """Who this is for the API: the account, or one of some regulars where there is no shop."""
        return self._account or CHANCE.randrange(1, 200)

    def send(self, endpoint: Endpoint, body: Any = None, *, value: object = "", query: str = "") -> Any:
        """Sends one request under the route's name; the JSON of a 2xx answer, else None.

        `value` stands in place of the id; a `body` of bytes goes out as it is.
        """
        if self.site.closing:
            raise StopUser
        content = {"data": body} if isinstance(body, bytes) else {"json": body}
        answer = self.client.request(
            endpoint.method,
            self._url(endpoint, value, query),
            name=endpoint.template,
            headers=self._headers | ({"Content-Type": "application/json"} if body is not None else {}),
            allow_redirects=False,
            **content,
        )
        self._status = answer.status_code
        if not 200 <= self._status < 300:
            return None
        try:
            return answer.json()
        except (ValueError, TypeError):
            return None

    def abandon(self, endpoint: Endpoint, body: bytes = b"", *, query: str = "", after: float = 0.05) -> None:
        """Sends one whole request and leaves `after` so many seconds without reading the answer."""
        if self.site.closing:
            raise StopUser
        url = self._url(endpoint, "", query)
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=TIMEOUT_SECONDS)
        headers = self._headers | ({"Content-Type": "application/json"} if body else {})
        started, clock = time(), perf_counter()
        outcome: Exception = AbandonedError("the client left")
        try:
            connection.request(endpoint.method, url[url.index(parts.netloc) + len(parts.netloc) :], body, headers)
            gevent.sleep(after)
        except OSError as error:
            outcome = error
        finally:
            connection.close()
        self.environment.events.request.fire(
            request_type=endpoint.method,
            name=endpoint.template,
            response_time=(perf_counter() - clock) * 1000,
            response_length=0,
            response=None,
            context={},
            exception=outcome,
            start_time=started,
            url=url,
        )

    def _url(self, endpoint: Endpoint, value: object, query: str) -> str:
        return self.site.urls[endpoint.service] + endpoint.path(value) + (f"?{query}" if query else "")


Task = Callable[[Visitor], None]


def number(answer: Any, key: str) -> int | None:
    """A whole number of a JSON object; None when it is not there."""
    found = answer.get(key) if isinstance(answer, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None
