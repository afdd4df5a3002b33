"""How often an alert would have fired on a running Prometheus' last days, with today's limit and with others."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from generator.episodes import Counting, Episode, Summary
from generator.explain import rules_named
from generator.model import Component, Stack
from generator.rules import AlertRule
from generator.runtime import history
from generator.runtime.base import local_url
from generator.runtime.history import HistoryProblem
from generator.selectors import series_in
from generator.units import duration
from generator.whatif import FACTORS, Rung, ladder, subject

DAY = 86400.0
DAYS = 7.0
SHOWN, NAMED = 10, 5
COLUMNS = "{:<8}{:<14}{:>7}  {:>12}  {:>12}  {}"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of which server; `end` is now where it is left out."""

    url: str | None = None
    days: float = DAYS
    service: str | None = None
    factors: tuple[float, ...] = FACTORS
    end: float | None = None


def factors(text: str | None) -> tuple[float, ...]:
    """`0.9,1,1.1` as numbers; raises ValueError that says what would be right."""
    if text is None:
        return FACTORS
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(f"{text!r} is no list of numbers; write some such as 0.9,1,1.1") from None
    if not all(0.001 <= factor <= 1000 for factor in found) or len(found) > 20:
        raise ValueError("write at most 20 numbers from 0.001 to 1000")
    return found


def backtest(stack: Stack, name: str, question: Question) -> Iterator[str]:
    """Lines, as they are known; raises KeyError for an unknown alert or service, HistoryProblem for the server."""
    rules = rules_named(stack, name)
    if question.service and question.service not in {service.name for service in stack.services}:
        raise KeyError(f"no service is named {question.service}")
    asked = replace(question, url=question.url or local_url(stack, Component.PROMETHEUS))
    if any(rule.language == "logql" for rule in rules):
        raise HistoryProblem(f"Loki asks for {name}, and keeps no history of it; its lines are in Grafana, Explore")
    for position, rule in enumerate(rules):
        yield from [""] if position else []
        yield from Backtest(stack, rule, asked).lines()


class Backtest:
    """One rule of an alert, over one range."""

    def __init__(self, stack: Stack, rule: AlertRule, question: Question) -> None:
        self.rule, self.question, self.url = rule, question, question.url or ""
        self.step = stack.evaluation_interval
        self.zone = ZoneInfo(stack.timezone)
        self.rungs = ladder(stack, rule, question.factors, question.service)
        now = time.time() if question.end is None else question.end
        self.end = now // self.step * self.step
        self.start = self.end - max(self.step, question.days * DAY // self.step * self.step)
        self.latest: deque[Episode] = deque(maxlen=SHOWN)

    def lines(self) -> Iterator[str]:
        rule, every = self.rule, duration(self.step)
        yield f"{rule.name}, {rule.severity.value}, for {duration(rule.hold)}, evaluated every {every}"
        yield self._history()
        if not self.rungs[0].limit:
            yield "no limit of the spec is compared here: as it is"
        yield COLUMNS.format("", "limit", "fired", "longest", "in all", "where")
        for rung in self.rungs:
            yield self._row(rung, self._count(rung))
        yield from self._times()

    def _history(self) -> str:
        asked = duration(self.end - self.start)
        read = tuple(dict.fromkeys(name for rung in self.rungs for name in series_in(rung.expr)))
        if not read:
            return f"history: {asked}; the expression reads no series"
        found = history.coverage(self.url, read, self.start, self.end)
        if found is None:
            raise HistoryProblem(f"{self.url} has no data of the last {asked} for {', '.join(read)}")
        gaps = f", with {found.gaps} gap{'s' if found.gaps > 1 else ''}" if found.gaps else ""
        return f"history: {duration(found.length)} of the last {asked}, since {self._shown(found.since)}{gaps}"

    def episodes(self, rung: Rung) -> Iterator[Episode]:
        """Every time that the alert would have fired, as it ends."""
        counting = Counting(self.step, self.rule.hold)
        for part in history.parts(self.url, rung.expr, self.start, self.end, self.step):
            for labels, moments in part.series:
                if self.question.service in (None, labels.get("service")):
                    yield from counting.add(labels, moments)
            yield from counting.sweep(part.end)
        yield from counting.finish(self.end)

    def _count(self, rung: Rung) -> Summary:
        summary = Summary()
        found = self.episodes(rung)
        for episode in found:
            summary.add(episode, subject(dict(episode.labels)))
            if rung.factor == 1.0:
                self.latest.append(episode)
        return summary

    def _row(self, rung: Rung, found: Summary) -> str:
        where = [f"{name} {times}" for name, times in found.subjects.most_common(NAMED)]
        more = len(found.subjects) - len(where)
        where += [f"and {more} more"] if more else []
        today = "today" if rung.factor == 1.0 else f"{rung.factor:g}x"
        longest, total = (duration(each) if found.times else "-" for each in (found.longest, found.total))
        return COLUMNS.format(today, rung.limit, found.times, longest, total, ", ".join(where)).rstrip()

    def _times(self) -> Iterator[str]:
        if not self.latest:
            return
        yield "the last times with today's limit:"
        for episode in sorted(self.latest, key=lambda e: e.start):
            still = ", and still" if episode.still else ""
            who = subject(dict(episode.labels))
            yield f"  {self._shown(episode.start)}  for {duration(episode.length)}{still}  {who}"

    def _shown(self, moment: float) -> str:
        return datetime.fromtimestamp(moment, self.zone).strftime("%Y-%m-%d %H:%M:%S %Z")


__all__ = ["Backtest", "HistoryProblem", "Question", "backtest", "factors"]
