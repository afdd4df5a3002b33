"""Real PostgreSQL and Redis on free loopback ports, each in a folder of its own, to stop, freeze and start again."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest
from redis import Redis
from redis.exceptions import RedisError

START_SECONDS = 60
USER = "shop"
S = TypeVar("S", bound="RealServer")


def binary(*names: str) -> str | None:
    """The path of the first of these programs that this machine has, on PATH or where Debian keeps PostgreSQL."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)
    paths = (shutil.which(name, path=where) for name in names for where in (None, *map(str, debian)))
    return next((path for path in paths if path), None)


def missing() -> str:
    """The servers that this machine lacks; empty when it has both."""
    needed = {"postgres": (("postgres",), ("initdb",)), "redis": (("redis-server", "valkey-server"),)}
    lacking = [name for name, programs in needed.items() if not all(binary(*program) for program in programs)]
    return ", ".join(lacking)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RealServer(ABC):
    """A server process on a port that it keeps over restarts."""

    stop_signal = signal.SIGTERM

    def __init__(self) -> None:
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def start(self) -> None:
        """Runs the server; returns when it answers."""

    def stop(self) -> None:
        """Ends the server as a crash would, and waits for it."""
        if self.process is not None:
            self.thaw()
            self.process.send_signal(self.stop_signal)
            self.process.wait(START_SECONDS)
            self.process = None

    def freeze(self) -> None:
        """The server and its children stand still: connections stay open, nothing is answered."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """The server goes on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            for pid in (self.process.pid, *_children(self.process.pid)):
                os.kill(pid, number)

    def _run(self, command: list[str], log: Path, **options: Any) -> None:
        with log.open("ab") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output, **options)

    def _wait(self, log: Path) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self.process is not None
            assert self.process.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < deadline, log.read_text(errors="replace")
            time.sleep(0.05)

    @abstractmethod
    def _answers(self) -> bool: ...


class PostgresServer(RealServer):
    """PostgreSQL with the superuser `shop`, who needs no password, and the database `shop`."""

    stop_signal = signal.SIGQUIT

    def __init__(self, folder: Path, *settings: str) -> None:
        super().__init__()
        self.url = f"postgresql://{USER}@127.0.0.1:{self.port}/{USER}"
        self._folder = folder
        self._settings = [word for setting in settings for word in ("-c", setting)]
        self._log = folder / "postgres.log"
        self._as_user = _unprivileged(folder)
        initdb = [_needed("initdb"), "-D", f"{folder}/data", "-U", USER, "-A", "trust", "-E", "UTF8", "-N"]
        subprocess.run([*initdb, "--locale=C"], check=True, capture_output=True, cwd=folder, **self._as_user)

    def start(self) -> None:
        """See RealServer."""
        quick = ["-c", "fsync=off", "-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1"]
        command = [_needed("postgres"), "-D", f"{self._folder}/data", "-p", str(self.port), *quick, *self._settings]
        self._run(command, self._log, cwd=self._folder, **self._as_user)
        self._wait(self._log)

    def _answers(self) -> bool:
        url = self.url.removesuffix(USER) + "postgres"
        try:
            with psycopg.connect(url, autocommit=True, connect_timeout=2) as connection:
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [USER]).fetchone():
                    connection.execute(f"CREATE DATABASE {USER}")
        except psycopg.Error:
            return False
        return True


class RedisServer(RealServer):
    """Redis or Valkey without persistence."""

    stop_signal = signal.SIGKILL

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder

    def start(self) -> None:
        """See RealServer."""
        program = _needed("redis-server", "valkey-server")
        command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)]
        self._run(command, self._folder / "redis.log")
        self._wait(self._folder / "redis.log")

    def _answers(self) -> bool:
        try:
            with Redis(port=self.port, socket_timeout=2) as client:
                return bool(client.ping())
        except RedisError:
            return False


@contextmanager
def postgres_server(folder: Path, *settings: str) -> Iterator[PostgresServer]:
    """A running PostgreSQL. As root it runs as another user, in a temporary folder instead of `folder`."""
    _needed("initdb")
    own = Path(tempfile.mkdtemp(prefix="shop-postgres-")) if os.geteuid() == 0 else folder
    try:
        with _running(PostgresServer(own, *settings)) as server:
            yield server
    finally:
        if own != folder:
            shutil.rmtree(own)


@contextmanager
def redis_server(folder: Path) -> Iterator[RedisServer]:
    """A running Redis."""
    with _running(RedisServer(folder)) as server:
        yield server


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The URL of an empty database of a running PostgreSQL; skips the test where there is none."""
    with postgres_server(folder) as server:
        yield server.url


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """The URL of an empty, running Redis; skips the test where there is none."""
    with redis_server(folder) as server:
        yield server.url


@contextmanager
def _running(server: S) -> Iterator[S]:
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _needed(*names: str) -> str:
    path = binary(*names)
    if path is None:
        pytest.skip(f"not on this machine: {' or '.join(names)}")
    return path


def _unprivileged(folder: Path) -> dict[str, Any]:
    """How to start a process that refuses to be root; gives it the folder."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found
