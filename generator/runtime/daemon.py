"""The supervisor as a client sees it: started as a daemon, spoken to over its socket."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from generator.runtime import files
from generator.runtime.base import RuntimeProblem
from generator.runtime.process import alive, command_line, end, run, started_with

# A socket's path has room for some 107 bytes, and supervisor first makes one with its process id behind the name.
LONGEST_SOCKET = 90
STARTING, RUNNING, FAILED = ("STARTING", "BACKOFF"), ("RUNNING",), ("FATAL", "EXITED", "UNKNOWN")
_LOST = (OSError, http.client.HTTPException, xmlrpc.client.ProtocolError)


@dataclass(frozen=True, slots=True)
class Program:
    """A program as the supervisor sees it."""

    name: str
    state: str
    pid: int
    detail: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What a newly read configuration adds, changes and removes, by program."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


class Daemon:
    """The supervisor of one state folder."""

    def __init__(self, state: Path, config: Path) -> None:
        self._state, self._config = state, config

    @property
    def socket(self) -> Path:
        """Where it listens: in the state folder, or in a private temporary folder where that path is too long."""
        path = self._state / "supervisor.sock"
        if len(os.fsencode(path)) <= LONGEST_SOCKET:
            return path
        name = hashlib.sha256(os.fsencode(self._state)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"stack-{os.getuid()}-{name}" / "supervisor.sock"

    def running(self) -> bool:
        """Whether it answers."""
        if not self.socket.exists():
            return False
        try:
            self._call("getState")
        except RuntimeProblem:
            return False
        return True

    def start(self, environment: Mapping[str, str]) -> None:
        """Starts it in the background and waits until it answers."""
        self._private_folder()
        self.socket.unlink(missing_ok=True)
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._config)]
        ran = run(command, timeout=30, cwd=self._state, env={**environment, "STACK_SOCKET": str(self.socket)})
        if not ran.ok:
            raise RuntimeProblem(f"the supervisor does not start: {ran.reason}")
        deadline = time.monotonic() + 10
        while not self.running():
            if time.monotonic() > deadline:
                log = "\n  ".join(files.tail(self._state / "log" / "supervisord.log", 5))
                raise RuntimeProblem(f"the supervisor does not answer on {self.socket}\n  {log}")
            time.sleep(0.1)

    def leftovers(self) -> dict[int, str]:
        """What it had started and left behind when it was killed: names by process id; itself, if it hangs."""
        return started_with("STACK_SOCKET", str(self.socket))

    def programs(self) -> dict[str, Program]:
        """Every program that it knows, by name."""
        found = self._call("getAllProcessInfo")
        return {
            p["name"]: Program(p["name"], p["statename"], p["pid"], p["spawnerr"] or p["description"]) for p in found
        }

    def read_config(self) -> Changes:
        """Reads the configuration again and says what differs; nothing of it is done yet."""
        added, changed, removed = self._call("reloadConfig")[0]
        return Changes(tuple(added), tuple(changed), tuple(removed))

    def add(self, name: str) -> None:
        """Takes a program from the configuration that was read."""
        self._call("addProcessGroup", name)

    def remove(self, name: str) -> None:
        """Stops a program and forgets it."""
        self.stop(name)
        self._call("removeProcessGroup", name)

    def begin(self, name: str) -> None:
        """Starts a program and does not wait for it."""
        self._call("startProcess", name, False)

    def stop(self, name: str) -> None:
        """Stops a program and waits until it has ended."""
        with contextlib.suppress(xmlrpc.client.Fault):
            self._rpc().supervisor.stopProcess(name, True)

    def shutdown(self, patience: float = 60.0) -> None:
        """Ends it and all its programs; works too when it no longer answers."""
        pid = self._pid()
        if self.running():
            self._call("shutdown")
        if pid is not None:
            deadline = time.monotonic() + patience
            while alive(pid) and time.monotonic() < deadline:
                time.sleep(0.1)
            if alive(pid):
                end([pid], 10)
        self.socket.unlink(missing_ok=True)

    def _pid(self) -> int | None:
        """The daemon's process, unless the id in its file has gone to another one since."""
        with contextlib.suppress(OSError, ValueError):
            pid = int((self._state / "supervisord.pid").read_text())
            if alive(pid) and str(self._config) in command_line(pid):
                return pid
        return None

    def _private_folder(self) -> None:
        folder = self.socket.parent
        if folder == self._state:
            files.folder(folder)
            return
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        found = folder.lstat()
        if found.st_uid != os.getuid() or found.st_mode & 0o077 or folder.is_symlink():
            raise RuntimeProblem(
                f"{folder} belongs to somebody else", "move the project to a folder with a shorter path"
            )

    def _rpc(self) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self.socket}")
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)

    def _call(self, method: str, *arguments: object) -> Any:
        try:
            with self._rpc() as proxy:
                return getattr(proxy.supervisor, method)(*arguments)
        except xmlrpc.client.Fault as error:
            raise RuntimeProblem(f"the supervisor refused {method}{arguments}: {error.faultString}") from error
        except _LOST as error:
            raise RuntimeProblem(f"the supervisor does not answer on {self.socket}: {error}") from error
