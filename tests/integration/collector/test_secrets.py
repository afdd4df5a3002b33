"""Passwords, tokens and card numbers reach no backend, wherever they stand; what only looks like one stays."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.client import wait
from tests.integration.collector.otlp import event, line, lines_of, records, span, spans_of
from tests.integration.collector.running import Running, send

pytestmark = [pytest.mark.server("otelcol-contrib"), pytest.mark.integration]
PASSWORD, TOKEN, BASIC = "Tr0ub4dor&3", "s3cr3t-T0ken.value", "dXNlcjpodW50ZXIy"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
CARDS = ("4111111111111111", "5500 0000 0000 0004", "3400-000000-00009", "6011000000000004", "2223003122003222")
KEY = "sk-proj-abcdefghijklmnop1234567890"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"
OWN = "880101-1234567"
# What must be found nowhere: each secret, or of a longer one the part that gives it away.
HIDDEN = (PASSWORD, TOKEN, BASIC, JWT[20:40], *CARDS, KEY, "MIIEowIBAAKCAQEA", OWN, "hunter2", "0123456789abcdef")
TEXTS = (
    f"https://api.example.com/login?user=kim&password={PASSWORD.replace('&', '')}&x=1",
    f"https://api.example.com/a?access_token={TOKEN}#top",
    f"postgresql://shop:{PASSWORD}@db:5432/shop",
    f"Authorization: Bearer {TOKEN}",
    f"authorization: Basic {BASIC}",
    f"sent Bearer {TOKEN} to upstream",
    "Cookie: sessionid=0123456789abcdef; theme=dark; other=0123456789abcdef",
    f"Set-Cookie: sid={TOKEN}; HttpOnly",
    f"X-API-Key: {TOKEN}",
    f"x_api_key={TOKEN} apiKey='{TOKEN}' API-KEY=\"{TOKEN}\"",
    f"jwt {JWT} accepted",
    f"DB_PASSWORD={PASSWORD} started",
    f"client_secret = '{TOKEN} with words', refresh_token: {TOKEN}",
    f"{{'password': '{PASSWORD}', 'n': 1}}",
    f"headers=[(b'authorization', b'Bearer {TOKEN}'), ('cookie', 'a={TOKEN}')]",
    f'{{"user": {{"Password": "{PASSWORD}"}}}}',
    f'login failed for {{\\"password\\": \\"{PASSWORD}\\", \\"user\\": \\"kim\\"}}',
    *(f"paid with {card}." for card in CARDS),
    f"card={CARDS[0]},{CARDS[1]}",
    f"OPENAI said no to {KEY}",
    f"key:\n{PEM}\nend",
    f"resident-number={OWN}",
    f"password%3D{TOKEN}",
)
KEPT = (
    '{"duration":0.4532015112830366,"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","user_id":"123"}',
    "id 41112222-3333-4444-5555-666666666666 at 1795266088983000000",
    '{"gen_ai.usage.input_tokens":512,"max_tokens":4096,"tokens":7}',
    "Basic authentication is required; the bearer was not named",
    "GET /items/4111 took 12.5s, author=kim, keyboard=de, monkey=1",
    'level=info msg="WAL segment loaded" segment=4000 maxSegment=4111',
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Any:
    sections: dict[str, Any] = {"logs": {"redact": ["resident-number"]}, "traces": {"keep": {"others": "100%"}}}
    with Running(tmp_path_factory.mktemp("secrets"), **sections) as started:
        yield started


def _arrived(running: Running, signal: str, number: int) -> str:
    file = running.received[signal]
    wait(f"{number} {signal}", lambda: True if len([*records(file)]) >= number else None, 60)
    return json.dumps([*map(json.loads, file.read_text().splitlines())], ensure_ascii=False)


def _leaks(text: str) -> list[str]:
    """The secrets in what a sink wrote, whatever the JSON in JSON has escaped."""
    plain = text.replace("\\", "")
    return [secret for secret in HIDDEN if secret in plain]


def test_no_secret_of_a_span_arrives(running: Running) -> None:
    """In names, states, attributes of every type, of events, of resources and of scopes."""
    made = []
    for number, text in enumerate(TEXTS):
        trace = f"{number + 1:032x}"
        raised = event("exception", exception__message=text, exception__stacktrace=f"File x\n  call()\n{text}")
        more: dict[str, Any] = {
            "url__full": text,
            "process__command_args": ["run", text],
            "nested": {"deep": {"text": text}},
            "http__request__header__authorization": [TOKEN],
            "http__request__header__x-api-key": TOKEN,
            "db__password": "hunter2",
            "card": int(CARDS[0]),
        }
        made.append(
            span(trace, f"call {text}", kind=1, failed=True, message=text, events=[raised, event(text)], **more)
        )
    send(running.url("otlp_http", "/v1/traces"), spans_of("shop", made, note=TEXTS[0], secret=TOKEN))

    text = _arrived(running, "traces", len(made))

    assert _leaks(text) == []
    kept = [*records(running.received["traces"])]
    assert {record.attributes["db.password"] for record in kept} == {"****"}


@pytest.mark.parametrize("form", ["plain", "json", "map", "attribute", "exception"])
def test_no_secret_of_a_line_arrives(running: Running, form: str) -> None:
    """In a text, in a field of JSON, in a body of several fields, in attributes, in an exception."""
    before = len([*records(running.received["logs"])])
    bodies: list[Any] = [*TEXTS]
    if form == "json":
        bodies = [json.dumps({"level": "info", "message": text, "form": form, "status": 200}) for text in TEXTS]
    if form == "exception":
        trace = 'Traceback (most recent call last):\n  File "x.py", line 1\nValueError: '
        bodies = [json.dumps({"level": "error", "exception": trace + text, "form": form}) for text in TEXTS]
    if form == "map":
        bodies = [{"text": text, "password": PASSWORD, "more": {"token": TOKEN}} for text in TEXTS]
    attributes: dict[str, Any] = {}
    if form == "attribute":
        bodies = ["a line"] * len(TEXTS)
        attributes = {"api_key": TOKEN, "list": [*TEXTS], "map": {"deep": [*TEXTS]}}
    made = [
        line(body, **attributes, text=text if form == "attribute" else "")
        for body, text in zip(bodies, TEXTS, strict=True)
    ]
    send(running.url("otlp_http", "/v1/logs"), lines_of("shop", made, service__version=TEXTS[0]))

    text = _arrived(running, "logs", before + len(made))

    assert _leaks(text) == []
    arrived = [*records(running.received["logs"])][before:]
    if form in ("json", "exception", "map"):
        assert all(isinstance(json.loads(record.body), dict) for record in arrived)
    assert not any("api_key" in record.attributes for record in arrived)


def test_json_keeps_its_form_and_its_other_fields(running: Running) -> None:
    """`| json` reads a line as before: numbers, lists and objects below a secret name are gone, all else stays."""
    body = {
        "level": "warning",
        "password": 12345,
        "token": ["a", "b"],
        "credentials": {"user": "x", "key": "hunter2"},
        "cookies": None,
        "user": {"name": "kim", "api_key": "hunter2", "age": 7},
        "last": "토큰 ok",
    }
    before = len([*records(running.received["logs"])])
    send(running.url("otlp_http", "/v1/logs"), lines_of("shop", [line(json.dumps(body, ensure_ascii=False))]))
    _arrived(running, "logs", before + 1)

    found = json.loads([*records(running.received["logs"])][-1].body)

    hidden = {"password": None, "token": None, "credentials": None}
    assert body | hidden | {"user": {"name": "kim", "api_key": "****", "age": 7}} == found


def test_what_only_looks_like_a_secret_stays(running: Running) -> None:
    """Decimals, identifiers, times and counts of tokens arrive as they were sent, on lines and on spans."""
    before = {signal: len([*records(file)]) for signal, file in running.received.items()}
    send(running.url("otlp_http", "/v1/logs"), lines_of("shop", [line(text) for text in KEPT]))
    made = [
        span(f"{900 + n:032x}", "chat gpt", kind=3, text=text, gen_ai__usage__input_tokens=512)
        for n, text in enumerate(KEPT)
    ]
    send(running.url("otlp_http", "/v1/traces"), spans_of("shop", made))
    for signal, number in before.items():
        _arrived(running, signal, number + len(KEPT))

    lines = [*records(running.received["logs"])][before["logs"] :]
    spans = [*records(running.received["traces"])][before["traces"] :]

    assert {*KEPT} == {record.body for record in lines}
    assert {*KEPT} == {record.attributes["text"] for record in spans}
    assert {"512"} == {record.attributes["gen_ai.usage.input_tokens"] for record in spans}


def test_the_collector_says_none_of_them_itself(running: Running) -> None:
    """Its own log names no secret, and no statement failed."""
    log = running.collector.log.read_text()

    assert _leaks(log) == []
    assert "failed to execute statement" not in log
