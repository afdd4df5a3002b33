"""Who does what how often."""

from __future__ import annotations

from . import asking, failing, shopping
from .visitor import Site, Task, Visitor

API_TASKS: dict[Task, int] = {
    asking.look_around: 12,
    asking.predict: 30,
    asking.recommend: 24,
    asking.chat: 20,
    asking.visit_page: 8,
    failing.ask_wrongly: 2,
    failing.leave_chat: 1,
}
SHOP_TASKS: dict[Task, int] = {
    shopping.browse: 40,
    shopping.read: 36,
    shopping.buy: 10,
    shopping.sell: 3,
    shopping.write: 8,
    failing.shop_wrongly: 2,
    failing.leave_shop: 1,
}
"""How often of all tasks. What fails stays well below the 5 % at which HighClientErrorRate fires."""


def visitors(site: Site) -> type[Visitor]:
    """The class of the visitors of this site; they shop where there is a shop."""
    tasks = API_TASKS | (SHOP_TASKS if "shop" in site.urls else {})
    return type("SiteVisitor", (Visitor,), {"site": site, "host": site.urls["api"], "tasks": tasks})
