"""What a real Alertmanager sent of alerts whose labels are hostile: every value there, none of it markup."""

from __future__ import annotations

import json
import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.integration.client import wait
from tests.notifications.hostile import LONG, VALUE, Page, matchers, without_links
from tests.notifications.running import BEGAN, Running

pytestmark = pytest.mark.server("alertmanager")
SINCE = BEGAN.astimezone(ZoneInfo("Asia/Seoul")).strftime("%Y-%m-%d %H:%M:%S KST")
Words = dict[str, str]
CODE = "서울"


def posted(told: Running, path: str, word: str = CODE) -> Any:
    """What was posted to a path about the alert whose texts hold the word."""
    return wait(f"{word[:20]} at {path}", lambda: told.posted(path, word), 20)


def mail(told: Running, word: str) -> Any:
    """The mail with the word in its text."""

    def look() -> Any:
        return next((m for m in told.sinks.mails if word in part(m, "plain")), None)

    return wait(f"a mail with {word}", look, 20)


def part(message: Any, kind: str) -> str:
    """The text or the page of a mail."""
    found = message.get_body((kind,))
    return str(found.get_content()) if found else ""


def test_a_mail_has_subject_text_and_page(told: Running, words: Words) -> None:
    """The subject in one line, and every fact in both bodies."""
    message = mail(told, CODE)
    subject = str(message["Subject"])
    text, page = part(message, "plain"), Page(part(message, "html"))

    assert subject.startswith(
        f"[{words['notice.firing']}] {words['notice.critical']}: HighErrorRate · {{{{ .X }}}} <scr"
    )
    assert message["To"] == "ops@example.com"
    for body in (text, page.text):
        assert " ".join(VALUE.split()) in body
        assert "서울" in body
        assert "5.2%" in body
        assert f"({words['notice.limit']} 1%)" in body
        assert SINCE in body
    assert f"{words['notice.value']}: 5.2%" in text
    assert "script" not in page.tags


def test_a_page_s_links_lead_where_they_say(told: Running) -> None:
    """To the dashboard, the runbook and the form for a silence; none to what a label says."""
    links = Page(part(mail(told, CODE), "html")).links

    assert len(links) == 3
    assert links[0].startswith("http://localhost:3000/d/x?var-service=ab%22%3E%3C%7C%29")
    assert links[1] == "http://localhost:8080/runbooks/HighErrorRate"
    assert links[2].startswith(f"http://localhost:{told.port}/#/silences/new?filter=")


@pytest.mark.parametrize("word", [CODE, "plain", LONG[:100]])
def test_a_silence_is_prefilled_for_this_alert_alone(told: Running, word: str) -> None:
    """Alertmanager itself finds one alert by the matchers of each link, in the page and in text."""
    message = mail(told, word)
    text = re.findall(r"http\S+/#/silences/new\?filter=\S+", part(message, "plain"))
    links = [text[0], Page(part(message, "html")).links[-1]]

    for link in links:
        assert len(link) < 2500
        assert [a["annotations"]["summary"] for a in told.alerts(*matchers(link)) if word in str(a)] != []
        assert len(told.alerts(*matchers(link))) == 1


def test_slack_sees_text_and_no_markup_of_others(told: Running, words: Words) -> None:
    """Nothing calls the channel, opens a link or a block of code but what the template wrote."""
    body = posted(told, "/slack")
    attachment = body["attachments"][0]
    rest = without_links(attachment["text"], r"<https?://[^<>|\s]+\|[^<>|]+>")

    assert body["channel"] == "#oncall"
    assert attachment["color"] == "danger"
    assert attachment["title"].startswith(f"[{words['notice.firing']}] {words['notice.critical']}: HighErrorRate")
    assert not set("<>`") & set(rest + attachment["title"] + attachment["fallback"])
    assert "&lt;!channel&gt; @\u200bhere" in rest
    assert SINCE in rest
    assert attachment["text"].count("|") >= 3


def test_discord_sees_every_mark_escaped(told: Running, words: Words) -> None:
    """In its embed; the message itself, which could call people, is empty."""
    body = posted(told, "/discord")
    embed = body["embeds"][0]
    rest = without_links(embed["description"], r"\[[^\[\]\\]+\]\(https?://[^()\s]+\)")

    assert body["content"] == ""
    assert embed["title"].startswith(f"[{words['notice.firing']}]")
    assert re.findall(r"(?<!\\)[*_~`|\[\]()<>]", rest.replace("**", "").replace(f"[{words['notice.firing']}]", "")) == [
        "(",
        ")",
    ]
    assert "\\<script\\>alert\\(1\\)" in rest
    assert "@here" not in rest
    assert SINCE in rest


def test_teams_sees_no_link_but_ours(told: Running, words: Words) -> None:
    """In a card of title and text."""
    card = posted(told, "/teams")["attachments"][0]["content"]
    title, text = (block["text"] for block in card["body"])
    rest = without_links(text, r"\[[^\[\]]+\]\(https?://[^()\s]+\)")

    assert title.startswith(f"[{words['notice.firing']}]")
    assert "evil" in rest
    assert not set("[]<>`") & set(rest.replace(f"[{words['notice.firing']}]", ""))
    assert SINCE in rest


@pytest.mark.parametrize("word", [CODE, "plain", LONG[:100]])
def test_telegram_sees_two_kinds_of_tags(told: Running, word: str) -> None:
    """And a message that is short enough, even of very long texts."""
    body = posted(told, "/telegram", word)
    page = Page(body["text"])

    assert body["parse_mode"] == "HTML"
    assert body["chat_id"] == "-100123"
    assert page.tags == {"a", "b"}
    assert len(body["text"]) < 4096
    assert SINCE in page.text
    if word == CODE:
        assert VALUE.split("`")[0] in page.text
        assert "@here" not in page.text
        assert len(page.links) == 3


def test_pagerduty_gets_summary_severity_details_and_links(told: Running, words: Words) -> None:
    """By its events API."""
    body = posted(told, "/pagerduty")
    payload, links = body["payload"], body["links"]

    assert body["routing_key"] == "key-of-pager"
    assert body["event_action"] == "trigger"
    assert payload["severity"] == "critical"
    assert payload["summary"].startswith(f"[{words['notice.firing']}] {words['notice.critical']}: HighErrorRate")
    assert SINCE in payload["custom_details"]["firing"]
    assert not set("<>") & set(payload["custom_details"]["firing"] + payload["summary"])
    assert [link["text"] for link in links] == [words[f"notice.{n}"] for n in ("dashboard", "runbook", "silence")]
    assert all(link["href"].startswith("http://localhost:") for link in links)


def test_opsgenie_gets_message_description_and_priority(told: Running, words: Words) -> None:
    """By its alert API."""
    body = posted(told, "/opsgenie")

    assert body["priority"] == "P1"
    assert body["message"].startswith(f"[{words['notice.firing']}] {words['notice.critical']}: HighErrorRate")
    assert SINCE in body["description"]
    assert not set("<>") & set(body["description"] + body["message"])


def test_a_webhook_gets_everything_as_it_is(told: Running) -> None:
    """Its JSON has escapes of its own."""
    body = posted(told, "/hook")

    assert body["alerts"][0]["labels"]["service"] == VALUE


def test_what_is_no_url_is_no_link(told: Running) -> None:
    """A runbook that is a script, in every channel."""
    arrived = json.dumps([posted(told, path, LONG[:100]) for path in ("/slack", "/discord", "/teams", "/telegram")])

    assert "javascript:" in arrived
    assert re.findall(r'(<|\(|href=\\?")javascript', arrived) == []
    assert [link for link in Page(part(mail(told, LONG[:100]), "html")).links if "script" in link] == []


def test_the_end_is_told(told: Running, words: Words) -> None:
    """With the time at which it ended, everywhere."""
    posted(told, "/slack", "plain")
    labels = {"alertname": "HighErrorRate", "severity": "warning", "tier": "front|.*", "service": "shop"}
    told.post(labels, {"summary": "plain"}, ended=True)
    resolved = f"[{words['notice.resolved']}]"
    subject = f"{resolved} {words['notice.warning']}: HighErrorRate · shop"
    wait("a mail", lambda: next((m for m in told.sinks.mails if str(m["Subject"]) == subject), None), 20)

    slack = posted(told, "/slack", subject)["attachments"][0]
    assert slack["color"] == "good"
    assert words["notice.until"] in slack["text"]
    assert resolved in posted(told, "/discord", subject)["embeds"][0]["description"]
    assert resolved in json.dumps(posted(told, "/teams", subject), ensure_ascii=False)
    assert resolved in posted(told, "/telegram", subject)["text"]
    assert posted(told, "/pagerduty", '"resolve"')["event_action"] == "resolve"
    assert wait("an Opsgenie close", lambda: next((p for p, _ in told.sinks.posts if "/close" in p), None), 20)
