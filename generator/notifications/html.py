"""Email and Telegram: HTML, which Alertmanager's HTML templates escape by where a value stands."""

from __future__ import annotations

from generator.notifications.chat import CALLS_NOBODY
from generator.notifications.go import called, define, each, either, given, local, when
from generator.notifications.parts import (
    OTHER_LABELS,
    WORST,
    Style,
    Words,
    alert,
    body,
    links,
    listed,
    severity,
    status,
    title,
)

_LINK = '<a href="%(url)s">%(word)s</a>'
TELEGRAM = Style(
    name="telegram", escapes=(CALLS_NOBODY,), bold="<b>%s</b>", link=_LINK, between="\n", most=3, longest=150, html=True
)
MAIL_TEXT = Style(name="email", escapes=(), between="\n", most=50, longest=1000)
MAIL_HTML = Style(name="email", escapes=(), link=_LINK, most=50, longest=1000, html=True)
_COLORS = {"critical": "#c4162a", "info": "#1f60c4"}
_CELL = 'style="padding:2px 12px 2px 0;vertical-align:top;color:#555"'


def telegram(words: Words) -> str:
    """One message with a few tags. It may have 4096 characters, links included: one silence for the whole group."""
    style = TELEGRAM
    head = define("telegram.text", f"<b>{called('telegram.title')}</b>\n{called('telegram.alerts')}")
    alerts = body(style, words, "alerts", silence_each=False)
    return style.helpers() + title(style, words) + alert(style, words) + alerts + head


def email(words: Words) -> str:
    """The subject, the text for readers without HTML, and the page."""
    text = alert(MAIL_TEXT, words) + body(MAIL_TEXT, words)
    return MAIL_TEXT.helpers() + title(MAIL_TEXT, words) + text + define("email.html", _page(words))


def _page(words: Words) -> str:
    color = either(".Status", {"resolved": "#37872d"}, either("$severity", _COLORS, "#e0b400"))
    alerts = "".join(listed(MAIL_HTML, words, wanted, _alert(words)) for wanted in ("Firing", "Resolved"))
    return (
        f'{WORST}<!DOCTYPE html>\n<html lang="{words["notice.language"]}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"></head>\n'
        '<body style="margin:0;padding:16px;font:14px/1.5 sans-serif;color:#222">\n'
        f'<div style="border-left:6px solid {color};padding:0 0 0 12px">\n'
        f'<h1 style="font-size:18px;margin:0 0 12px">{called("email.title")}</h1>\n{alerts}'
        "</div>\n</body></html>\n"
    )


def _alert(words: Words) -> str:
    style, annotation = MAIL_HTML, "index $alert.Annotations"
    safe, labels = style.safe("."), OTHER_LABELS.replace("LABELS", "$alert.Labels")
    name = given(f'or ({annotation} "summary") (index $alert.Labels "alertname")', safe)
    limit = given(f'{annotation} "limit"', f" ({words['notice.limit']} {safe})")
    level = _row(words["notice.severity"], severity(style, words))
    rows = (
        given('$severity := index $alert.Labels "severity"', level),
        given(f'{annotation} "value"', _row(words["notice.value"], safe + limit)),
        _row(words["notice.since"], local("$alert.StartsAt")),
        when('eq $alert.Status "resolved"', _row(words["notice.until"], local("$alert.EndsAt"))),
        each(labels, _row(style.safe(".Name"), style.safe(".Value"))),
    )
    return (
        f'<h2 style="font-size:15px;margin:12px 0 4px">[{status(words, "$alert.Status")}] {name}</h2>\n'
        + given(f'{annotation} "description"', f'<p style="margin:0 0 6px">{safe}</p>\n')
        + f'<table style="border-collapse:collapse;font-size:13px">\n{"".join(rows)}</table>\n'
        + f'<p style="margin:6px 0 16px">{links(style, words)}</p>\n'
    )


def _row(name: str, value: str) -> str:
    return f"<tr><td {_CELL}>{name}</td><td>{value}</td></tr>\n"
