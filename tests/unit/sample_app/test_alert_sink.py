"""The sink stores what Alertmanager posts, refuses what is not that, and shows it without harm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st

from sample_app.alert_sink import Settings, create_app
from sample_app.alert_sink.runbooks import read_runbook
from tests.unit.sample_app.alert_payloads import alert, notification
from tests.unit.sample_app.sample_helpers import ask, run

JSON = st.recursive(st.none() | st.text() | st.integers(), st.lists)
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def post(app: FastAPI, body: object) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def work(client: httpx.AsyncClient) -> httpx.Response:
        return await client.post("/alerts", content=content)

    return run(work, app)


def get(app: FastAPI, path: str) -> Any:
    return ask(app, ("GET", path))[0].json()


@pytest.fixture
def app() -> FastAPI:
    """A sink with nothing in it."""
    return create_app()


def test_an_alert_comes_back_as_it_was_posted(app: FastAPI) -> None:
    """Labels, annotations, times to the nanosecond, receiver and source; and when it arrived."""
    answer = post(app, notification())
    [stored] = get(app, "/alerts")
    received_at = stored.pop("received_at")

    assert (answer.status_code, answer.json()) == (200, {"stored": 1})
    assert {**alert(), "receiver": "sink"} == stored
    assert received_at.endswith("+00:00")


def test_newest_come_first_and_filters_narrow(app: FastAPI) -> None:
    """By name, by status, by both."""
    post(app, notification(alert("A"), alert("B")))
    post(app, notification(alert("A", "resolved")))
    paths = ("/alerts", "/alerts?alertname=A", "/alerts?status=resolved", "/alerts?alertname=B&status=resolved")
    names = {path: [(a["labels"]["alertname"], a["status"]) for a in get(app, path)] for path in paths}

    assert names == {
        "/alerts": [("A", "resolved"), ("B", "firing"), ("A", "firing")],
        "/alerts?alertname=A": [("A", "resolved"), ("A", "firing")],
        "/alerts?status=resolved": [("A", "resolved")],
        "/alerts?alertname=B&status=resolved": [],
    }


def test_an_unknown_status_filter_is_refused(app: FastAPI) -> None:
    """A typo must not look like silence."""
    assert ask(app, ("GET", "/alerts?status=fireing"))[0].status_code == 422


def test_delete_clears(app: FastAPI) -> None:
    """And says how much there was."""
    post(app, notification(alert("A"), alert("B")))

    assert ask(app, ("DELETE", "/alerts"))[0].json() == {"cleared": 2}
    assert get(app, "/alerts") == []


def test_memory_is_bounded_by_number() -> None:
    """The newest stay."""
    app = create_app(Settings(keep=3))
    for number in range(5):
        post(app, notification(alert(f"A{number}")))

    assert [a["labels"]["alertname"] for a in get(app, "/alerts")] == ["A4", "A3", "A2"]


def test_memory_is_bounded_by_weight() -> None:
    """A few huge alerts cannot fill the memory either."""
    app = create_app(Settings(keep_bytes=50_000))
    for number in range(5):
        post(app, notification(alert(f"A{number}", description="x" * 20_000)))

    assert [a["labels"]["alertname"] for a in get(app, "/alerts")] == ["A4", "A3"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "no JSON"),
        (b"{", 400, "no JSON"),
        (b"\xff\xfe", 400, "no JSON"),
        (b'{"version": "4", "receiver": "\\ud800", "alerts": []}', 400, "no JSON"),
        (b"[" * 100_000, 400, "no JSON"),
        (b"null", 422, "no Alertmanager notification"),
        (b"[]", 422, "no Alertmanager notification"),
        (b"{}", 422, "version: Field required"),
        ({**notification(), "version": "3"}, 422, "version: Input should be '4'"),
        ({**notification(), "alerts": {}}, 422, "alerts:"),
        (notification({**alert(), "status": "odd"}), 422, "alerts.0.status"),
        (notification({**alert(), "labels": {"a": 1}}), 422, "alerts.0.labels.a"),
        (notification({**alert(), "startsAt": "yesterday"}), 422, "a time such as"),
        (notification(*[{}] * 9), 422, "and 31 more"),
    ],
)
def test_a_bad_body_is_refused_with_a_reason(app: FastAPI, body: object, status: int, words: str) -> None:
    """4xx, never 500, and nothing is stored."""
    answer = post(app, body)

    assert status == answer.status_code
    assert words in answer.json()["error"]
    assert get(app, "/alerts") == []


@settings(max_examples=40, deadline=None)
@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps).map(str.encode)
)
def test_no_body_breaks_the_sink(body: bytes) -> None:
    """Whatever is posted, the answer is a 4xx."""
    assert post(create_app(), body).status_code in (400, 422)


def test_a_body_over_the_limit_is_refused() -> None:
    """413, one byte past it."""
    app = create_app(Settings(body_limit=1000))

    assert post(app, b" " * 1000).status_code == 400
    assert post(app, b" " * 1001).status_code == 413


def test_the_page_shows_current_and_past(app: FastAPI) -> None:
    """What was resolved is past; severity, service, summary and links are there."""
    post(app, notification(alert("Firing"), alert("Over")))
    post(app, notification(alert("Over", "resolved")))
    answer = ask(app, ("GET", "/"))[0]

    assert "Firing now: 1" in answer.text
    assert "Past: 2" in answer.text
    assert 'class="critical"><h3>Firing · critical · checkout</h3>' in answer.text
    assert "5.2% of requests fail (limit 1%)" in answer.text
    assert 'href="http://127.0.0.1:8090/runbooks/HighErrorRate"' in answer.text
    assert 'href="http://127.0.0.1:3000/d/service?var-service=checkout&amp;from=now-1h"' in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_hostile_text_stays_text(app: FastAPI) -> None:
    """Nothing that an alert carries becomes markup, and nothing but http and https becomes a link."""
    bad = alert(
        HOSTILE,
        summary=HOSTILE,
        description=HOSTILE,
        value=HOSTILE,
        runbook_url="javascript:alert(3)",
        dashboard_url=f"https://x/{HOSTILE}",
    )
    bad["labels"] |= {"severity": f'"{HOSTILE}', "service": HOSTILE}
    bad["generatorURL"] = "data:text/html,x"
    post(app, {**notification(bad), "receiver": HOSTILE})
    page = ask(app, ("GET", "/"))[0].text

    assert "<script" not in page
    assert "<img" not in page
    assert "javascript:" not in page
    assert 'href="data:' not in page
    assert "&lt;script&gt;" in page


def test_an_alert_without_anything_is_shown(app: FastAPI) -> None:
    """No label and no annotation is required."""
    post(app, notification({**alert(), "labels": {}, "annotations": {}, "generatorURL": ""}))

    assert "(no name)" in ask(app, ("GET", "/"))[0].text


@pytest.fixture
def with_runbooks(tmp_path: Path) -> FastAPI:
    """A sink with one runbook, a secret beside the folder, and a link that leads to it."""
    folder = tmp_path / "runbooks"
    folder.mkdir()
    (tmp_path / "secret.md").write_text("the secret")
    (folder / "HighErrorRate.md").write_text(f"# High error rate\n\n{HOSTILE}\n")
    (folder / "Linked.md").symlink_to(tmp_path / "secret.md")
    return create_app(Settings(runbooks=folder))


@pytest.mark.parametrize("name", ["HighErrorRate", "HighErrorRate.md"])
def test_a_runbook_is_served_escaped(with_runbooks: FastAPI, name: str) -> None:
    """With and without its ending."""
    answer = ask(with_runbooks, ("GET", f"/runbooks/{name}"))[0]

    assert answer.status_code == 200
    assert "<h1>High error rate</h1>" in answer.text
    assert "<script" not in answer.text


@pytest.mark.parametrize(
    "name",
    [
        "Missing",
        "Linked",
        "..%2Fsecret",
        "%2e%2e%2fsecret",
        "../secret",
        ".%2e/secret.md",
        "HighErrorRate%00",
        "HighErrorRate.md%00.md",
        "%2Fetc%2Fpasswd",
        "a" * 300,
        "..\\secret",
        "<b>",
    ],
)
def test_nothing_outside_the_folder_is_served(with_runbooks: FastAPI, name: str) -> None:
    """404 for each way out, through the name and through a link."""
    answer = ask(with_runbooks, ("GET", f"/runbooks/{name}"))[0]

    assert answer.status_code == 404
    assert "the secret" not in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize("name", ["", ".", "..", "../secret", "/etc/passwd", "a/../../secret", "High\0", "x\n"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    """Whatever a server makes of an address, the name itself is checked."""
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "secret.md").write_text("the secret")

    assert read_runbook(tmp_path / "runbooks", name) is None


def test_without_a_folder_there_are_no_runbooks(app: FastAPI) -> None:
    """A clear 404 and a healthy sink."""
    missing, health = ask(app, ("GET", "/runbooks/HighErrorRate"), ("GET", "/healthz"))

    assert (missing.status_code, health.status_code) == (404, 200)
    assert "no runbook named HighErrorRate" in missing.text
