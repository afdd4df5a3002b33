"""The data of a stack outlives its passwords: another checkout, or a lost folder of secrets, makes new ones."""

from __future__ import annotations

import shutil

import psycopg
import pytest

from generator import names
from tests.integration.client import query, wait
from tests.integration.platform.stack import PlatformStack
from tests.integration.platform.test_faults import works

pytestmark = pytest.mark.integration


def test_new_passwords_are_taken(stack: PlatformStack) -> None:
    """`up` ends well on the old data; the shop sells, its exporter reads, and no password is kept in a statement."""
    old = password(stack, names.SHOP_PASSWORD)
    assert stack.generator("down").returncode == 0
    shutil.rmtree(stack.folder / "secrets")
    done = stack.generator("up", "--runtime", stack.runtime)

    assert done.returncode == 0, done.stdout + done.stderr
    assert password(stack, names.SHOP_PASSWORD) != old
    assert works(f"{stack.shop}/api/v1/products/")
    wait("pg_up", lambda: query(stack.prometheus, "pg_up == 1") or None, 60)
    assert statements_about_passwords(stack) == 0


def password(stack: PlatformStack, name: str) -> str:
    """One of the stack's own passwords."""
    return (stack.folder / "secrets" / name).read_text().strip()


def statements_about_passwords(stack: PlatformStack) -> int:
    """How many of the statements that the server remembers mention one, asked as who may see them all."""
    with psycopg.connect(
        host="127.0.0.1",
        port=stack.ports["postgres"],
        dbname=names.SHOP_DATABASE,
        user=names.MONITOR_ROLE,
        password=password(stack, names.MONITOR_PASSWORD),
    ) as connection:
        row = connection.execute("SELECT count(*) FROM pg_stat_statements WHERE query ILIKE '%password%'").fetchone()
        return int(row[0]) if row else -1
