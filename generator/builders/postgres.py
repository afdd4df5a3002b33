"""postgres/: what the sample's database runs once, when its folder is new. Nothing here comes from the spec.

Passwords are read from the folder of secrets by psql itself, so that no file and no command line holds one.
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
            "-- owns the marketplace's database, and nothing else",
            f"CREATE ROLE {shop} LOGIN PASSWORD :'shop_password';",
            "-- may read statistics, and no row of anybody's",
            f"CREATE ROLE {monitor} LOGIN PASSWORD :'monitor_password' IN ROLE pg_monitor CONNECTION LIMIT 5;",
            f"CREATE DATABASE {database} OWNER {shop};",
            f"\\connect {database}",
            "CREATE EXTENSION pg_stat_statements;",
            "",
        )
    )


def _read(secret: str) -> str:
    """psql runs what stands in backticks and takes its output."""
    return f'`cat "${{{SECRETS_ENV}:-/run/secrets}}/{secret}"`'
