"""The sample's PostgreSQL without Docker: its folder is made once, whole or not at all, and never as root.

Its roles get their passwords anew whenever it is started: the folder may be older than they are.

A new folder is made beside the real one: initdb, then a server that only a private socket leads to, in which the same
file makes roles and databases as in the container. Then it is renamed.
"""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from generator import names
from generator.builders.commands import POSTGRES_SETTINGS
from generator.builders.postgres import SECRETS_ENV
from generator.runtime import files
from generator.runtime.base import Project, RuntimeProblem, Say
from generator.runtime.binaries import Found
from generator.runtime.process import Ran, run

USERS = ("postgres", "nobody")
INITDB = ("--username=postgres", "--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=C")


@dataclass(frozen=True, slots=True)
class Account:
    """Who the server runs as; no name means whoever runs this."""

    name: str = ""

    def command(self) -> tuple[str, ...]:
        """What stands before a command so that it runs as this account."""
        if not self.name:
            return ()
        group = str(pwd.getpwnam(self.name).pw_gid)
        return ("setpriv", f"--reuid={self.name}", f"--regid={group}", "--clear-groups", "--")

    def own(self, path: Path) -> None:
        """Gives a folder to the account."""
        files.folder(path, 0o700)
        if self.name:
            entry = pwd.getpwnam(self.name)
            os.chown(path, entry.pw_uid, entry.pw_gid)


def account(state: Path) -> Account:
    """Whoever runs this; for root, who may not run PostgreSQL, an account that can enter the state folder.

    Raises RuntimeProblem where there is none.
    """
    if os.geteuid() != 0:
        return Account()
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in (user for user in USERS if user in known):
        if run([*Account(name).command(), "test", "-x", str(state)], timeout=10).ok:
            return Account(name)
    raise RuntimeProblem(
        f"PostgreSQL does not run as root, and neither {' nor '.join(USERS)} may enter {state}",
        "run as an ordinary user, or let others enter the folders above it (chmod o+x)",
    )


def prepare(project: Project, found: Found, sql: Path, say: Say) -> Account:
    """Makes the data folder if there is none, else sees to its roles, unless the server runs.

    Raises RuntimeProblem when that cannot be done, or the folder is another version's.
    """
    who = account(project.state)
    data = project.state / "data" / "postgres"
    if (data / "PG_VERSION").is_file():
        _require_version(data, found)
        if not (data / "postmaster.pid").exists():
            _Maker(who, found, data).fill(sql, project.root / "secrets")
        return who
    say("postgres: making its database")
    new = data.with_name("postgres.new")
    shutil.rmtree(new, ignore_errors=True)
    who.own(new)
    maker = _Maker(who, found, new)
    maker.do("initdb", "-D", str(new), *INITDB)
    maker.fill(sql, project.root / "secrets")
    shutil.rmtree(data, ignore_errors=True)
    new.rename(data)
    return who


def _require_version(data: Path, found: Found) -> None:
    made, major = (data / "PG_VERSION").read_text().strip(), found.version.split(".")[0]
    if made != major:
        raise RuntimeProblem(
            f"{data} was made by PostgreSQL {made}, and this is {found.version}",
            "run with the older version, or delete the data with `make clean-data`",
        )


@dataclass(frozen=True, slots=True)
class _Maker:
    who: Account
    found: Found
    data: Path

    def do(self, program: str, *arguments: str) -> Ran:
        command = [*self.who.command(), str(self.found.path.parent / program), *arguments]
        return _well(program, run(command, timeout=120, cwd=Path("/"), env={**os.environ, **self.found.environment}))

    def fill(self, sql: Path, secrets: Path) -> None:
        """Runs the file in a server that listens on a private socket alone."""
        with tempfile.TemporaryDirectory(prefix="postgres-") as name:
            self.who.own(Path(name))
            settings = (*POSTGRES_SETTINGS, ("listen_addresses", ""), ("unix_socket_directories", name))
            options = " ".join(f"-c {key}='{value}'" for key, value in settings)
            self.do("pg_ctl", "-D", str(self.data), "-w", "-l", f"{name}/log", "-o", options, "start")
            try:
                environment = {**os.environ, **self.found.environment, SECRETS_ENV: str(secrets)}
                psql = str(self.found.path.parent / "psql")
                command = [psql, "-X", "-q", "-h", name, "-U", "postgres", "-d", "postgres", "-f", str(sql)]
                _well(names.POSTGRES_ROLES, run(command, timeout=60, env=environment))
            finally:
                self.do("pg_ctl", "-D", str(self.data), "-w", "-m", "fast", "stop")


def _well(what: str, ran: Ran) -> Ran:
    if not ran.ok:
        raise RuntimeProblem(f"PostgreSQL's folder cannot be made: {what}: {ran.reason}")
    return ran
