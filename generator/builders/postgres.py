"""postgres/: what makes the sample's database what it should be, again at every `up`. Nothing comes from the spec.

A volume outlives the passwords that it was made with: a second checkout of a stack has others. They are read from the
folder of secrets by psql itself, so that no file and no command line holds one.
"""

from __future__ import annotations

from collections.abc import Iterable

from generator import names
from generator.bundle import Artifact
from generator.model import Component, Stack
from generator.render import comment

SECRETS_ENV = "STACK_SECRETS"
"""The folder of the passwords; /run/secrets where it is not set."""


def build(stack: Stack) -> Iterable[Artifact]:
    """The roles, where the stack runs the database."""
    if Component.POSTGRES in stack.components:
        header = comment("Roles and databases of the sample's PostgreSQL.", mark="-- ")
        yield Artifact(names.POSTGRES_ROLES, f"{header}{_roles()}")


def _roles() -> str:
    shop, monitor, database = names.SHOP_ROLE, names.MONITOR_ROLE, names.SHOP_DATABASE
    return "\n".join(
        (
            "\\set ON_ERROR_STOP on",
            f"\\set shop_password {_read(names.SHOP_PASSWORD)}",
            f"\\set monitor_password {_read(names.MONITOR_PASSWORD)}",
            "-- no statement that holds a password is remembered",
            "SET pg_stat_statements.track_utility = off;",
            "-- owns the marketplace's database, and nothing else",
            _once(f"CREATE ROLE {shop} LOGIN", "pg_roles", "rolname", shop),
            f"ALTER ROLE {shop} PASSWORD :'shop_password';",
            "-- may read statistics, and no row of anybody's",
            _once(f"CREATE ROLE {monitor} LOGIN IN ROLE pg_monitor CONNECTION LIMIT 5", "pg_roles", "rolname", monitor),
            f"ALTER ROLE {monitor} PASSWORD :'monitor_password';",
            _once(f"CREATE DATABASE {database} OWNER {shop}", "pg_database", "datname", database),
            f"\\connect {database}",
            "CREATE EXTENSION IF NOT EXISTS pg_stat_statements;",
            "",
        )
    )


def _once(statement: str, catalogue: str, column: str, name: str) -> str:
    """The statement, unless the catalogue has the name."""
    return f"SELECT '{statement}' WHERE NOT EXISTS (SELECT FROM {catalogue} WHERE {column} = '{name}') \\gexec"  # noqa: S608 - our own names


def _read(secret: str) -> str:
    """psql runs what stands in backticks and takes its output."""
    return f'`cat "${{{SECRETS_ENV}:-/run/secrets}}/{secret}"`'
