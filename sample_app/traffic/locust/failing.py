"""Clients that get it wrong: bad input, ids that are not there, and leaving before the answer."""

from __future__ import annotations

import json

from . import endpoints as at
from .asking import QUESTIONS, conversation
from .market import CHANCE
from .visitor import Visitor

NO_SUCH_ID = 2_000_000_000


def ask_wrongly(user: Visitor) -> None:
    """One bad request to the API."""
    endpoint, body, value = CHANCE.choice(
        (
            (at.PREDICT, {"features": [1.0, 2.0]}, ""),
            (at.PREDICT, b'{"features": [', ""),
            (at.CHAT, {"messages": "hello"}, ""),
            (at.FEEDBACK, {"recommendation_id": f"made-up-{CHANCE.randrange(10**9)}", "event": "click"}, ""),
            (at.ITEM, None, CHANCE.randrange(10**6, 10**9)),
        )
    )
    user.send(endpoint, body, value=value)


def shop_wrongly(user: Visitor) -> None:
    """One bad request to the shop."""
    endpoint, body, value = CHANCE.choice(
        (
            (at.USERS, {"name": ""}, ""),
            (at.USERS, b"name=visitor", ""),
            (at.NEW_PRODUCT, {"seller": "me", "name": "lamp", "price": -1}, ""),
            (at.TRANSACTIONS, {"buyer": NO_SUCH_ID, "product": NO_SUCH_ID}, ""),
            (at.PRODUCT, None, NO_SUCH_ID + CHANCE.randrange(10**6)),
        )
    )
    user.send(endpoint, body, value=value)


def leave_chat(user: Visitor) -> None:
    """Asks the assistant something new and closes the page."""
    question = f"{CHANCE.choice(QUESTIONS)} My order is {CHANCE.randrange(10**9)}."
    user.abandon(at.CHAT, json.dumps(conversation(question)).encode())


def leave_shop(user: Visitor) -> None:
    """Opens the list and goes on before it is there."""
    user.abandon(at.PRODUCTS, query="page=1")
