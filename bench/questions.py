"""What the panels of services ask of recorded series, and the same asked of the raw series that these are made of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.generate import KINDS
from generator import names
from generator.profiles import PROFILES, Profile
from generator.promql import differs, either, equals, rate, rename, sum_by
from generator.selectors import series_in

P95 = 0.95


@dataclass(frozen=True, slots=True)
class Question:
    """A panel's expression for all services and its raw equal; `over_time` where the panel is a graph."""

    what: str
    panel: str
    raw: str
    over_time: bool


def questions(dashboard: str) -> tuple[Question, ...]:
    """Every query of the page that reads one of these recorded series and no other."""
    asked = (
        ("p95 by service", names.latency("p95"), _p95(by_route=False)),
        ("errors / requests by service", names.ERROR_RATIO, _error_ratio()),
        ("requests by route", names.REQUESTS_ROUTE, _requests_by_route()),
        ("p95 by route", names.latency("p95", by_route=True), _p95(by_route=True)),
    )
    found: dict[str, Question] = {}
    for title, panel, over_time in _panels(json.loads(dashboard)["panels"]):
        recorded = {series for series in series_in(panel) if ":" in series}
        for what, series, raw in asked:
            if recorded == {series}:
                found.setdefault(panel, Question(f"{what}, in “{title}”", panel, raw, over_time))
    return tuple(found.values())


def _panels(panels: Iterable[dict[str, object]]) -> Iterator[tuple[str, str, bool]]:
    """The title of each panel, each of its expressions for all services, and whether it is asked over time."""
    for panel in panels:
        yield from _panels(_dicts(panel.get("panels")))
        for target in _dicts(panel.get("targets")):
            yield str(panel["title"]), str(target["expr"]).replace("$service", ".*"), bool(target.get("range"))


def _dicts(found: object) -> list[dict[str, object]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _profiles() -> Iterator[tuple[Profile, str]]:
    for kind in KINDS:
        yield PROFILES[kind], equals(names.KIND, kind)


def _p95(*, by_route: bool) -> str:
    terms = []
    for profile, mine in _profiles():
        timed = (profile.route_durations if by_route else profile.service_durations)[0]
        labels = [names.SERVICE, *([timed.route] if by_route and timed.route else []), "le"]
        buckets = rate(f"{timed.metric}_bucket", mine, *(differs(*pair) for pair in timed.exclude))
        terms.append(
            _by_one_name(f"histogram_quantile({P95}, {sum_by(labels, buckets)})", timed.route if by_route else None)
        )
    return either(terms)


def _error_ratio() -> str:
    terms = []
    for profile, mine in _profiles():
        counter = profile.requests[0]
        matchers = (mine, *(differs(*pair) for pair in counter.exclude))
        failed, every = (
            sum_by([names.SERVICE], rate(counter.metric, *matchers, *more))
            for more in ((f'{counter.status}=~"5.."',), ())
        )
        terms.append(f"{failed} / ({every} > 0)")
    return either(terms)


def _requests_by_route() -> str:
    terms = []
    for profile, mine in _profiles():
        counter = profile.requests[0]
        requests = rate(counter.metric, mine, *(differs(*pair) for pair in counter.exclude))
        terms.append(_by_one_name(sum_by([names.SERVICE, str(counter.route)], requests), counter.route))
    return either(terms)


def _by_one_name(expression: str, label: str | None) -> str:
    """The library's label of routes as `route`, once little is left: a table has one column of them."""
    return (
        f"max by ({names.SERVICE}, {names.ROUTE}) ({rename(expression, names.ROUTE, label)})" if label else expression
    )
