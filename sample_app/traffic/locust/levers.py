"""What scenarios pull: faults of a service, the size of the crowd, connections, memory, and repeated work."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from time import time
from typing import Any

import gevent  # type: ignore[import-untyped]
import psycopg
import redis
from psycopg.conninfo import make_conninfo

from sample_app.scenarios import COLD_START_SECONDS

from . import guard
from .hog import read_memory

_HERE = Path(__file__).parent
_MOST_CONNECTIONS = 500


class LeverStuck(Exception):
    """A scenario cannot be brought about or taken back; the message is one line for a person."""


class FaultSwitch:
    """The faults of one server at `url`/faults. PUT replaces the whole, so this knows what several scenarios want."""

    def __init__(self, url: str, watch: Watch) -> None:
        self.url = f"{url}/faults"
        self._watch = watch
        self._on: dict[str, tuple[Any, float]] = {}

    def on(self, fault: str, value: Any, seconds: float) -> None:
        """Switches a fault on; the server may end it itself after so many seconds. Raises LeverStuck."""
        self._on[fault] = (value, time() + seconds)
        self._watch.tell("+", self.url)
        self._put(1)

    def off(self, fault: str) -> None:
        """Switches a fault off and leaves the others. Raises LeverStuck after some tries."""
        if self._on.pop(fault, None) is None:
            return
        self._put(guard.TRIES)
        if not self._on:
            self._watch.tell("-", self.url)

    def _put(self, tries: int) -> None:
        faults = {fault: value for fault, (value, _) in self._on.items()}
        if faults:
            until = max(until for _, until in self._on.values())
            faults["seconds"] = max(1.0, round(until - time(), 3))
        if problem := guard.switch(self.url, faults, tries):
            raise LeverStuck(problem)


class Watch:
    """The guard process that switches faults off when this one is killed; it starts with the first fault."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def tell(self, sign: str, url: str) -> None:
        """`+` when a fault comes on at `url`, `-` when it is off again."""
        if self._process is None:
            command = [sys.executable, "-P", str(_HERE / "guard.py")]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, start_new_session=True)
        assert self._process.stdin is not None  # noqa: S101  (it was asked for)
        self._process.stdin.write(f"{sign}{url}\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """Has it do what is left and waits for it."""
        if self._process is not None:
            self._process.communicate()


@dataclass(slots=True)
class Database:
    """Connections to the database of `url`, held open."""

    url: str = field(repr=False)
    password: str = field(default="", repr=False)
    _held: list[psycopg.Connection[Any]] = field(default_factory=list)

    def check(self) -> None:
        """Raises LeverStuck when it cannot be reached; the message holds no password."""
        try:
            self._connect().close()
        except psycopg.Error as error:
            raise LeverStuck(f"the database of DATABASE_URL does not answer: {_first_line(error)}") from None

    def fill(self, share: float) -> str:
        """Opens connections until so large a share of max_connections is in use, others' included; "" or a problem."""
        self._held = [connection for connection in self._held if not connection.closed]
        try:
            if not self._held:
                self._held.append(self._connect())
            for _ in range(min(self._missing(self._held[0], share), _MOST_CONNECTIONS - len(self._held))):
                self._held.append(self._connect())
        except psycopg.Error as error:
            return f"the database refuses: {_first_line(error)}"
        return ""

    def release(self) -> None:
        """Closes them all."""
        while self._held:
            self._held.pop().close()

    def _missing(self, connection: psycopg.Connection[Any], share: float) -> int:
        row = connection.execute(
            "SELECT current_setting('max_connections')::int,"
            " (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')"
        ).fetchone()
        most, used = row or (0, 0)
        return int(most * share) + 1 - used

    def _connect(self) -> psycopg.Connection[Any]:
        more = {"password": self.password} if self.password else {}
        more |= {"connect_timeout": "3", "application_name": "DatabaseConnectionsHigh"}
        return psycopg.connect(make_conninfo(self.url, **more), autocommit=True)


class Levers:
    """Everything that scenarios can pull on one platform.

    factor: how many times the usual number of people is there.
    """

    def __init__(self, api: str, gpu: str, database: Database, cache_url: str, memory_share: float) -> None:
        self.factor = 1.0
        self.watch = Watch()
        self.api_url = api
        self.api_faults = FaultSwitch(api, self.watch)
        self.gpu_faults = FaultSwitch(gpu, self.watch)
        self.database = database
        self._cache_url = cache_url
        self._memory_share = memory_share
        self._repeated: dict[str, gevent.Greenlet[..., None]] = {}
        self._hog: subprocess.Popen[bytes] | None = None

    def gather(self, factor: float) -> None:
        """So many times the usual number of people come from now on."""
        self.factor = factor

    def repeat(self, name: str, every_seconds: float, work: Callable[[], str]) -> None:
        """Does `work` again and again until `end(name)`; says what its problem is whenever that changes."""

        def loop() -> None:
            told = ""
            while True:
                problem = work()
                if problem and problem != told:
                    print(f"{name}: {problem}", file=sys.stderr, flush=True)
                told = problem
                gevent.sleep(every_seconds)

        self._repeated[name] = gevent.spawn(loop)

    def end(self, name: str) -> None:
        """Stops repeating, after a piece of work that is under way was cut short."""
        if greenlet := self._repeated.pop(name, None):
            greenlet.kill()

    def reload_models(self) -> str:
        """A slow cold start of the API's models; "" or why there was none."""
        url = f"{self.api_url}/admin/reload?seconds={COLD_START_SECONDS:g}"
        try:
            status, text = guard.call("POST", url, {}, seconds=120)
        except OSError as error:
            return guard.silent(url, error)
        return "" if status < 300 else f"{url} answers {status}: {text[:200]}"

    def check_cache(self) -> None:
        """Raises LeverStuck when the cache cannot be reached; the message holds no password."""
        try:
            self._cache.ping()
        except (redis.RedisError, OSError, ValueError) as error:
            raise LeverStuck(f"the cache of CACHE_URL does not answer: {_first_line(error)}") from None

    def flush_cache(self) -> str:
        """Empties the cache's database; "" or why it did not work."""
        try:
            self._cache.flushdb()
        except (redis.RedisError, OSError) as error:
            return f"the cache refuses: {_first_line(error)}"
        return ""

    def hold_memory(self, seconds: float) -> None:
        """Brings the share of the machine's memory into use; ends with this process. Raises LeverStuck."""
        try:
            read_memory()
        except OSError as error:
            raise LeverStuck(f"how much memory is in use cannot be read: {error}") from None
        command = [sys.executable, "-P", str(_HERE / "hog.py"), str(self._memory_share), str(os.getpid()), str(seconds)]
        self._hog = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)

    def release_memory(self) -> None:
        """Gives it back at once."""
        if self._hog is not None:
            self._hog.kill()
            self._hog.wait()
            self._hog = None

    @cached_property
    def _cache(self) -> redis.Redis:
        return redis.Redis.from_url(self._cache_url, socket_timeout=2, socket_connect_timeout=2)


def check_server(what: str, url: str, path: str, accept: tuple[int, ...]) -> None:
    """Raises LeverStuck when nothing answers at `url`, or something that is not `what` it should be."""
    try:
        status, _ = guard.call("GET", url + path)
    except OSError as error:
        raise LeverStuck(f"{what}: {guard.silent(url, error)}") from None
    if status not in accept:
        raise LeverStuck(f"{url}{path} answers {status}, so this is not {what}")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
