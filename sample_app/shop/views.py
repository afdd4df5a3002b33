"""The endpoints. Each answers JSON; what goes wrong answers `{"detail": …}`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, JsonResponse

from sample_app.telemetry import note_user

from .apps import shop
from .dependencies import Unavailable
from .models import NAME_LENGTH, TEXT_LENGTH
from .requests import Invalid, body_of, queried, text, whole
from .store import PAGE_SIZE, NotFound

HIGHEST_PRICE = 10**12
LAST_PAGE = 10_000
View = Callable[..., JsonResponse]


def endpoint(*methods: str) -> Callable[[View], View]:
    """A view of these methods that turns what it raises into an answer."""

    def wrap(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, **parts: Any) -> JsonResponse:
            if request.method not in methods:
                return problem(405, f"use {' or '.join(methods)}", Allow=", ".join(methods))
            try:
                return view(request, **parts)
            except Invalid as error:
                return problem(400, str(error))
            except NotFound as error:
                return problem(404, str(error))
            except Unavailable as error:
                return problem(503, str(error), **{"Retry-After": "1"})

        return answer

    return wrap


def problem(status: int, detail: str, **headers: str) -> JsonResponse:
    """An answer that says what is wrong."""
    return JsonResponse({"detail": detail}, status=status, headers=headers)


@endpoint("POST")
def users(request: HttpRequest) -> JsonResponse:
    """Registers a user."""
    name = text(body_of(request), "name", NAME_LENGTH)
    return JsonResponse({"id": shop().store.add_user(name), "name": name}, status=201)


@endpoint("GET", "HEAD", "POST")
def products(request: HttpRequest) -> JsonResponse:
    """One page of products, or a new product."""
    if request.method != "POST":
        page = queried(request, "page", LAST_PAGE) or 1
        rows = shop().store.products(page)
        more = page + 1 if len(rows) > PAGE_SIZE and page < LAST_PAGE else None
        return JsonResponse({"page": page, "next": more, "products": rows[:PAGE_SIZE]})
    body = body_of(request)
    seller, name, price = whole(body, "seller"), text(body, "name", NAME_LENGTH), whole(body, "price", 0, HIGHEST_PRICE)
    note_user(seller)
    return JsonResponse(shop().store.add_product(seller, name, price), status=201)


@endpoint("GET", "HEAD")
def product(request: HttpRequest, product: int) -> JsonResponse:
    """One product, and what else the user may like."""
    user = queried(request, "user")
    row = shop().store.product(product)
    if user is None:
        return JsonResponse({**row, "recommendations": [], "recommendation_id": None})
    note_user(user)
    shop().store.seen(user)
    found = shop().api.recommendations(user)
    return JsonResponse({**row, "recommendations": found.items, "recommendation_id": found.id})


@endpoint("POST")
def transactions(request: HttpRequest) -> JsonResponse:
    """Sells a product to a user; the fraud score is kept and judged by nobody."""
    body = body_of(request)
    buyer, product = whole(body, "buyer"), whole(body, "product")
    note_user(buyer)
    store = shop().store
    price = store.product(product)["price"]
    score = shop().api.fraud_score(store.buying_features(buyer, price))
    sale = store.add_transaction(buyer, product, price, score)
    return JsonResponse({"id": sale, "amount": price, "score": score}, status=201)


@endpoint("POST")
def messages(request: HttpRequest) -> JsonResponse:
    """Sends a message."""
    body = body_of(request)
    sender, recipient, content = whole(body, "sender"), whole(body, "recipient"), text(body, "text", TEXT_LENGTH)
    note_user(sender)
    return JsonResponse({"id": shop().store.add_message(sender, recipient, content)}, status=201)


@endpoint("GET", "HEAD")
def healthz(_request: HttpRequest) -> JsonResponse:
    """200 when the shop can sell: the database answers and has its tables."""
    shop().store.check()
    return JsonResponse({"status": "ok"})


def bad_request(_request: HttpRequest, exception: Exception) -> JsonResponse:
    """What Django itself refuses: a host that is not served."""
    return problem(400, "the request is malformed, or for a host that is not served")


def not_found(_request: HttpRequest, exception: Exception) -> JsonResponse:
    """A path that nothing serves."""
    return problem(404, "no such path")


def broken(_request: HttpRequest) -> JsonResponse:
    """A mistake of the shop's own; the log has it."""
    return problem(500, "internal error")
