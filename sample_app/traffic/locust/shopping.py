"""What people do at the shop."""

from __future__ import annotations

from . import endpoints as at
from .asking import report_back
from .market import CHANCE
from .visitor import Visitor, number

THINGS = ("lamp", "bicycle", "desk", "camera", "keyboard", "tent", "jacket", "guitar", "kettle", "book")
QUESTIONS = ("Is it still there?", "Would you take a little less?", "Can I pick it up tomorrow?", "아직 판매 중인가요?")
PAGES = 3


def browse(user: Visitor) -> None:
    """Looks through a page of products, mostly the first."""
    page = min(PAGES, 1 + int(CHANCE.expovariate(1.5)))
    user.market.remember(user.send(at.PRODUCTS, query=f"page={page}"))


def read(user: Visitor) -> None:
    """Opens one product; signed in, it comes with what else one may like."""
    product = _choose(user)
    if product is None:
        return
    account = user.account() if CHANCE.random() < 0.7 else None
    answer = user.send(at.PRODUCT, value=product, query=f"user={account}" if account else "")
    user.forget_if_unknown(product=product)
    if isinstance(answer, dict):
        report_back(user, answer)


def buy(user: Visitor) -> None:
    """Looks once more and buys."""
    product, account = _choose(user), user.account()
    if product is None or account is None:
        return
    if user.send(at.PRODUCT, value=product, query=f"user={account}") is not None:
        user.send(at.TRANSACTIONS, {"buyer": account, "product": product})
    user.forget_if_unknown(product=product)


def sell(user: Visitor) -> None:
    """Offers something."""
    account = user.account()
    if account is not None:
        name = f"{CHANCE.choice(THINGS)} {CHANCE.randrange(1, 1000)}"
        price = CHANCE.randrange(5, 500) * 1000
        answer = user.send(at.NEW_PRODUCT, {"seller": account, "name": name, "price": price})
        user.market.add([number(answer, "id")])
        user.forget_if_unknown()


def write(user: Visitor) -> None:
    """Asks somebody about what they sell."""
    account = user.account()
    other = user.market.person_but(account) if account is not None else None
    if other is not None:
        user.send(at.MESSAGES, {"sender": account, "recipient": other, "text": CHANCE.choice(QUESTIONS)})
        user.forget_if_unknown(person=other)


def _choose(user: Visitor) -> int | None:
    """A product to look at; looks through the list, and at last offers one, where none is known."""
    for find in (browse, sell):
        if user.market.product() is None:
            find(user)
    return user.market.product()
