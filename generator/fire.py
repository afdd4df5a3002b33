"""What makes an alert fire: the series of its own unit tests, as rates that a person understands. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from generator import names
from generator.model import Stack
from generator.rules import AlertRule, Scenario, Series

Key = tuple[str, tuple[tuple[str, str], ...]]
Row = tuple[str, str, str]
FOLDED = 3


def fire(stack: Stack, rule: AlertRule) -> Iterator[str]:
    """For each kind of service (or database) one case that fires, beside the one just below the limit."""
    if rule.language == "logql":
        yield "Loki reads lines: there are no series of which it is made"
        return
    shown: set[str] = set()
    for scenario in rule.scenarios:
        kind = _kind(stack, scenario)
        if scenario.fires and kind not in shown:
            shown.add(kind)
            yield from _case(stack, rule, scenario, kind)
    if not shown:
        yield "no unit test of its own: it differs from the rule above in `for` alone"


def _kind(stack: Stack, scenario: Scenario) -> str:
    """What the subject is one of."""
    subject = dict(scenario.subject)
    for service in stack.services:
        if service.name == subject.get(names.SERVICE):
            return f"{service.profile.title}{', pushed' if service.push else ''}"
    for database in stack.databases:
        if database.name == subject.get(names.DATABASE):
            return database.kind
    return ""


def _case(stack: Stack, rule: AlertRule, scenario: Scenario, kind: str) -> Iterator[str]:
    below, early = _below(rule, scenario), _early(rule, scenario)
    what = f"{kind}, {scenario.sentence}" if kind else scenario.sentence
    waits = f", and not yet after {early.at:g} s" if early else ""
    yield f"{what}: within {scenario.at:g} s of these series' beginning{waits}"
    if not scenario.series:
        yield "  no series at all"
        return
    shared = set.intersection(*({*series.labels} for series in scenario.series))
    if shared and len(scenario.series) > 1:
        yield f"  each with {_labels(tuple(sorted(shared)))}"
    else:
        shared = set()
    silent = {(series.metric, series.labels): series for series in below.series} if below else {}
    rows = [("series", "fires", "stays silent" if below else "")]
    for series in scenario.series:
        left = _labels(tuple(pair for pair in series.labels if pair not in shared))
        other = silent.get((series.metric, series.labels))
        rows.append((series.metric + left, _moves(stack, series), _moves(stack, other) if other else ""))
    yield from _table([*_folded(rows)])


def _folded(rows: list[Row]) -> Iterator[Row]:
    """Series in a row that do the same, such as the buckets that stay empty, as one line."""
    for (_, *values), group in groupby(rows, key=lambda row: (row[0].partition("{")[0], *row[1:])):
        alike = list(group)
        if len(alike) < FOLDED:
            yield from alike
        else:
            last = alike[-1][0]
            yield (f"{alike[0][0]} … {last[last.index('{') :]}", values[0], values[1])


def _table(rows: list[Row]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    for name, fires, stays in rows:
        yield f"  {name:<{widths[0]}}  {fires:<{widths[1]}}  {stays}".rstrip()


def _keys(scenario: Scenario) -> set[Key]:
    return {(series.metric, series.labels) for series in scenario.series}


def _below(rule: AlertRule, fires: Scenario) -> Scenario | None:
    """The case with the same series at other values that stays silent as long."""
    silent = (s for s in rule.scenarios if not s.fires and s.subject == fires.subject and s.at >= fires.at)
    return next((s for s in silent if _keys(s) == _keys(fires) and s.series != fires.series), None)


def _early(rule: AlertRule, fires: Scenario) -> Scenario | None:
    """The same series a while before."""
    same = (s for s in rule.scenarios if not s.fires and s.subject == fires.subject and s.series == fires.series)
    return max((s for s in same if s.at < fires.at), key=lambda s: s.at, default=None)


def _labels(pairs: tuple[tuple[str, str], ...]) -> str:
    return "{" + ", ".join(f'{name}="{value}"' for name, value in pairs) + "}" if pairs else ""


def _moves(stack: Stack, series: Series) -> str:
    """`+98.9/s` for what is counted up, or the value at which it stands; what it did before that comes first."""
    if series.values:
        return series.values
    runs = [f"{_run(stack, run.start, run.step)} for {run.seconds:g} s" for run in series.earlier]
    again = f", from 0 again after {series.restarts * stack.scrape_interval:g} s each time" if series.restarts else ""
    return ", ".join([*runs, _run(stack, series.start, series.step)]) + again


def _run(stack: Stack, start: float | None, step: float) -> str:
    if start is None:
        return "absent"
    stands = f"{start:.6g}"
    if not step:
        return stands
    rate = f"{step / stack.scrape_interval:+.6g}/s"
    return rate if not start else f"{stands} {rate}"
