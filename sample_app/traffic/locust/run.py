"""One run: checks the servers, sends the load, brings scenarios about, and takes every one of them back."""

from __future__ import annotations

import json
import logging
import signal
import sys
from datetime import datetime
from pathlib import Path
from time import perf_counter, time
from typing import Any

import gevent  # type: ignore[import-untyped]
from gevent.event import Event  # type: ignore[import-untyped]
from gevent.lock import RLock  # type: ignore[import-untyped]
from locust import LoadTestShape
from locust.env import Environment

from .curve import hour_at, users_at
from .endpoints import TITLES
from .levers import Database, Levers, LeverStuck, check_server
from .mix import visitors
from .options import Options
from .report import Silence, Tally, summary, table
from .scenarios import Part, Scenario
from .visitor import TIMEOUT_SECONDS, Site

STOP_SECONDS = TIMEOUT_SECONDS + 5
HEALTHY = (200, 503)
"""A service that says that it is not ready is still the right one."""


def run(options: Options) -> int:
    """Runs to its end; prints the statistics. Exit status as `--help` tells."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, ended.set)
    database = Database(options.database_url, options.database_password)
    levers = Levers(options.api, options.gpu, database, options.cache_url, options.memory_share)
    staged = Stage(levers)
    try:
        _check(options, levers)
        place = f"{options.api} and {options.shop}" if options.shop else f"{options.api}; nobody shops without --shop"
        print(f"up to {options.users} people use {place}", flush=True)
        made = _load(options, levers, staged, ended)
    except LeverStuck as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        stuck = staged.clear()
    print(table(made))
    if options.summary:
        stuck |= not _written(options.summary, made | {"scenarios": staged.history})
    return 1 if stuck else 0


def _written(path: Path, made: dict[str, Any]) -> bool:
    try:
        path.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        print(f"cannot write {path}: {error.strerror}", file=sys.stderr)
        return False
    return True


class Stage:
    """The scenarios that are on.

    history: which were on, from when to when, in Unix seconds; `ended` is None where one could not be switched off.
    """

    def __init__(self, levers: Levers) -> None:
        self._levers = levers
        self._on: dict[str, tuple[Scenario, dict[str, Any]]] = {}
        self._stuck = False
        self._one_at_a_time = RLock()
        self.history: list[dict[str, Any]] = []

    def start(self, scenario: Scenario, seconds: float) -> None:
        """Switches one on; it goes off after so many seconds. Raises LeverStuck."""
        story = scenario.story
        entry = {"name": story.name, "alerts": list(story.alerts), "started": time(), "ended": None}
        self._on[story.name] = (scenario, entry)
        self.history.append(entry)
        scenario.start(self._levers, seconds)
        print(f"{story.name} is on for {seconds:g} s: {story.english}", flush=True)
        gevent.spawn_later(seconds, self.stop, story.name)

    def stop(self, name: str) -> None:
        """Switches one off; says so when it cannot. Nothing happens when it is off."""
        with self._one_at_a_time:
            self._stop(name)

    def _stop(self, name: str) -> None:
        if name not in self._on:
            return
        scenario, entry = self._on.pop(name)
        try:
            scenario.stop(self._levers)
        except LeverStuck as error:
            self._stuck = True
            print(f"{name} could not be switched off: {error}", file=sys.stderr, flush=True)
        else:
            print(f"{name} is off", flush=True)
            entry["ended"] = time()

    def clear(self) -> bool:
        """Switches everything off; whether something could not be."""
        with self._one_at_a_time:
            for name in list(self._on):
                self._stop(name)
            self._levers.watch.close()
        return self._stuck


class DayWave(LoadTestShape):
    """As many users as the day has at this hour, times the scenarios' factor."""

    def __init__(self, options: Options, levers: Levers) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._options, self._levers = options, levers
        self._last = (0, 1.0)
        now = datetime.now().astimezone()
        offset = now.utcoffset()
        self._local = now.timestamp() + (offset.total_seconds() if offset else 0)

    def tick(self) -> tuple[int, float]:
        """How many users, and how many may come or go in a second."""
        assert self.runner is not None  # noqa: S101  (Locust sets it before the first tick)
        busy = self.runner.spawning_greenlet
        if busy is None or busy.ready():
            rate = min(100.0, max(5.0, self._options.users / 5))
            self._last = (users_at(self._options.users, self._hour(), self._levers.factor), rate)
        return self._last

    def _hour(self) -> float:
        elapsed: float = self.get_run_time()  # type: ignore[no-untyped-call]
        speed = self._options.speed
        if self._options.start_hour is None:
            return hour_at(self._local + elapsed, speed)
        return self._options.start_hour + elapsed * speed / 3600


def _check(options: Options, levers: Levers) -> None:
    """Raises LeverStuck when something that the run needs does not answer."""
    needs = {scenario.needs for scenario in options.scenarios}
    check_server(TITLES["api"], options.api, "/healthz", HEALTHY)
    if options.shop:
        check_server(TITLES["shop"], options.shop, "/healthz", HEALTHY)
    if Part.GPU in needs:
        check_server("a GPU simulator", options.gpu, "/faults", (200,))
    if Part.DATABASE in needs:
        levers.database.check()
    if Part.CACHE in needs:
        levers.check_cache()


def _load(options: Options, levers: Levers, staged: Stage, ended: Event) -> dict[str, Any]:
    urls = {"api": options.api} | ({"shop": options.shop} if options.shop else {})
    site, tally = Site(urls), Tally()
    environment = Environment(
        user_classes=[visitors(site)], shape_class=DayWave(options, levers), stop_timeout=STOP_SECONDS
    )
    environment.events.request.add_listener(tally.count)  # type: ignore[no-untyped-call]
    environment.events.request.add_listener(Silence().count)  # type: ignore[no-untyped-call]
    runner = environment.create_local_runner()
    start = perf_counter()
    try:
        runner.start_shape()
        for scenario in options.scenarios:
            usual = scenario.story.seconds
            staged.start(scenario, min(usual, options.seconds or usual))
        ended.wait(None if options.seconds is None else max(0.0, options.seconds - (perf_counter() - start)))
    finally:
        staged.clear()
        site.closing = True
        runner.quit()
    for problem in runner.exceptions.values():
        print(f"{problem['count']} times: {problem['msg']}\n{problem['traceback']}", file=sys.stderr)
    return summary(environment.stats, tally) | {"seconds": round(perf_counter() - start, 3)}
