"""Secrets reach neither spans nor lines: what is left out to begin with, and what is taken out of texts."""

from __future__ import annotations

import logging

import pytest
from fastapi import FastAPI, HTTPException, Request
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from sample_app.telemetry import database, outgoing
from sample_app.telemetry.scrub import LONGEST, scrub
from sample_app.telemetry.sql import read, without_values
from sample_app.telemetry.takeover import LineHandler
from tests.unit.sample_app.sample_helpers import ask, run
from tests.unit.sample_app.telemetry_helpers import observed, recorded

PASSWORD, TOKEN, CARD = "hunter2-Pa55", "tok-9f8e7d6c5b", "4111 1111 1111 1111"
SECRETS = (PASSWORD, TOKEN, CARD, CARD.replace(" ", ""), CARD.replace(" ", "-"))


class Login(BaseModel):
    """A body."""

    user: int
    password: str


def test_no_secret_of_a_request_reaches_a_span_or_a_line() -> None:
    """From the query, headers and the body, also where the app writes them to its log, an error or an exception."""
    app = FastAPI()
    made = observed(app)
    logger = logging.Logger("shop")
    logger.addHandler(LineHandler(made.telemetry.lines))

    @app.post("/login")
    async def login(body: Login, request: Request) -> None:
        logger.info("login with %s and %s", dict(request.headers), body.model_dump())
        logger.info("asked %s", request.url)
        with database("postgresql", f"SELECT 1 FROM u WHERE p = '{PASSWORD}' AND c = {CARD.replace(' ', '')}"):
            pass
        with outgoing("GET", f"http://x:{PASSWORD}@pay/charge?card={CARD}&token={TOKEN}"):
            pass
        if body.user == 1:
            raise HTTPException(401, f"password={body.password} is wrong, token: {TOKEN}")
        raise ValueError(f"no card {CARD} for {request.url} with password '{body.password}'")

    async def send(client: object) -> None:
        headers = {
            "authorization": f"Bearer {TOKEN}",
            "cookie": f"session={TOKEN}; other={PASSWORD}",
            "x-api-key": TOKEN,
            "proxy-authorization": f"Basic {TOKEN}",
        }
        for body in ({"user": 1, "password": PASSWORD}, {"user": 2, "password": PASSWORD}, {"user": PASSWORD}):
            await client.post(  # type: ignore[attr-defined]
                f"/login?password={PASSWORD}&token={TOKEN}&card={CARD}", json=body, headers=headers
            )

    run(send, app)

    assert [line["status"] for line in made.lines if line["logger"] == "request"] == [401, 500, 422]
    assert len(made.spans) == 7
    assert [secret for secret in SECRETS if secret in made.everything] == []


def test_no_refused_value_is_repeated() -> None:
    """FastAPI's own answer to a wrong body has the value that it refuses."""
    app = FastAPI()
    made = observed(app)

    @app.get("/pay/{number}")
    def pay(number: int) -> None:
        """Takes numbers."""

    (answer,) = ask(app, ("GET", f"/pay/{PASSWORD}"))

    assert PASSWORD in answer.text
    assert PASSWORD not in made.stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        f"password={PASSWORD}",
        f'{{"password": "{PASSWORD}"}}',
        f"{{'db_password': '{PASSWORD}'}}",
        f'{{\\"password\\": \\"{PASSWORD}\\"}}',
        f"Password: {PASSWORD}",
        f"the password is {PASSWORD}",
        f"client_secret={PASSWORD}&x=1",
        f"X-Api-Key: {PASSWORD}",
        f"access_token='{PASSWORD}'",
        f"Authorization: Bearer {PASSWORD}",
        f"(b'authorization', b'Bearer {PASSWORD}')",
        f"Authorization: {PASSWORD}",
        f"sent bearer {PASSWORD} to",
        f"Cookie: a=1; session={PASSWORD}",
        f"Set-Cookie: session={PASSWORD}; HttpOnly",
        f"postgresql://shop:{PASSWORD}@db/shop",
        f"GET /items?q={PASSWORD} HTTP/1.1",
        f"http://x/items?a[]={PASSWORD}&b=1",
        f"DETAIL:  Key (name)=({PASSWORD}) already exists.",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        "card 4111111111111111.",
        "card 5500-0000-0000-0004",
        "amex 3782 822463 10005",
    ],
)
def test_texts_lose_their_secrets(text: str) -> None:
    """Whoever wrote them there."""
    masked = scrub(text)

    assert "***" in masked
    assert PASSWORD not in masked
    assert not any(number in masked for number in ("1111", "0000-0004", "822463", "dozjgNryP4J3"))


@pytest.mark.parametrize(
    "text",
    [
        "the model scorer is ready after 1.234 s, accuracy 0.913",
        "input_tokens=12 output_tokens=345",
        "order 1234567890123 of user 42",
        "trace 4bf92f3577b34da6a3ce929d0e0e4736",
        "at 1763728555123456789",
        "no item 7; there are 1 to 500",
        "really? yes",
        "비밀번호를 바꿨습니다",
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert scrub(text) == text


def test_a_long_text_is_cut_and_soon_done() -> None:
    """No pattern takes longer than the text is long."""
    for part in (
        "password",
        "4111 ",
        "://a:",
        "?a=",
        "cookie: ",
        "bearer ",
        "eyJ",
        "a" * 20,
        "DETAIL:",
        "token token ",
    ):
        assert len(scrub(part * 100_000)) <= LONGEST


@given(st.text(st.characters(exclude_characters="\\", exclude_categories=["Cs"]), min_size=3, max_size=30))
def test_no_value_of_a_statement_is_told(secret: str) -> None:
    """However it is quoted: whatever a text of at least three characters holds is not in what is told."""
    quoted = secret.replace("'", "''")
    tagged = secret.replace("$", "")
    comment = secret.replace("*", "").replace("/", "")
    for sql in (
        f"SELECT a FROM t WHERE b = '{quoted}' AND c = 1",
        f"INSERT INTO t (a) VALUES ('{quoted}', N'{quoted}')",
        f"SELECT $$x{tagged}x$$, $q$x{tagged}x$q$ FROM t",
        f"SELECT 1 /* {comment} */ FROM t",
    ):
        told = read(sql, "postgresql")
        marked = without_values(sql.replace(quoted, "\ue000" * 5) if quoted in sql else sql)

        assert "\ue000" not in marked
        assert told.text in (
            "SELECT a FROM t WHERE b = ? AND c = ?",
            "INSERT INTO t (a) VALUES (?, …)",
            "SELECT ?, ? FROM t",
            "SELECT ? FROM t",
            "",  # the value looks like comments within comments
        )


@pytest.mark.parametrize(
    ("sql", "summary", "text"),
    [
        ('SELECT "a"."id" FROM "shop_user" "a" WHERE "a"."id" = %s LIMIT 21',
         "SELECT shop_user", 'SELECT "a"."id" FROM "shop_user" "a" WHERE "a"."id" = %s LIMIT ?'),
        ("SELECT id FROM t WHERE id IN (%s, %s, %s)", "SELECT t", "SELECT id FROM t WHERE id IN (%s, …)"),
        ("insert into public.t(a) values ($1, $2) returning id", "INSERT public.t",
         "insert into public.t(a) values ($1, …) returning id"),
        ("UPDATE ONLY t SET a = -1.5e3, b = x'ff', c = d()", "UPDATE t", "UPDATE ONLY t SET a = -?, b = ?, c = d()"),
        ("  DELETE FROM t -- hunter2", "DELETE t", "DELETE FROM t"),
        ("SELECT pg_try_advisory_lock(%s)", "SELECT", "SELECT pg_try_advisory_lock(%s)"),
        ("SELECT E'it\\'s hunter2' FROM t", "SELECT", ""),
        ("SELECT 1 /* a /* b */ hunter2 */ FROM t", "SELECT", ""),
        ("SELECT 'hunter2", "SELECT", "SELECT ?"),
        ("", "", ""),
    ],
)  # fmt: skip
def test_a_statement_is_told_by_what_it_does(sql: str, summary: str, text: str) -> None:
    """Its verb, its first table, and its text without values; where that cannot be told apart, without the text."""
    told = read(sql, "postgresql")

    assert (told.summary, told.text) == (summary, text)


def test_elsewhere_double_quotes_are_values_and_hashes_comments() -> None:
    """MySQL's own ways."""
    assert read('SELECT a FROM t WHERE b = "hunter2" # hunter2', "mysql").text == "SELECT a FROM t WHERE b = ?"


def test_a_statement_of_any_length_is_read() -> None:
    """A megabyte of values, and something that is no text at all."""
    made = recorded()
    with made.telemetry.job("job"), database("postgresql", "INSERT INTO t VALUES " + "('hunter2'), " * 100_000):
        pass

    assert "hunter2" not in made.everything
    assert read(b"SELECT 1", "postgresql").summary
