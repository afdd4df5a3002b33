"""Slack, Discord and Microsoft Teams: text in three markups."""

from __future__ import annotations

from generator.notifications.go import define, either
from generator.notifications.parts import URL, WORST, Style, Words, alert, body, title

# `@name` and `@here` call people; a space without width after the sign leaves it readable and calls nobody.
CALLS_NOBODY = ("@", "@\u200b")
SLACK = Style(
    name="slack",
    escapes=(("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), (r"\x60", "'"), CALLS_NOBODY),
    bold="*%s*",
    link="<%(url)s|%(word)s>",
    url=(*URL, ("&", "&amp;")),
)
DISCORD = Style(
    name="discord",
    escapes=((r"([\\*_~\x60|>#\[\]()<])", r"\${1}"), CALLS_NOBODY),
    bold="**%s**",
    link="[%(word)s](%(url)s)",
    most=5,
)
# Teams shows a small part of Markdown, and no escapes of it that every client knows.
TEAMS = Style(
    name="teams",
    escapes=((r"[\[]", "("), (r"[\]]", ")"), (r"\x60", "'"), ("<", "‹"), (">", "›"), (r"\*", "∗"), (r"^#", "＃")),
    newline="\n\n",
    bold="**%s**",
    link="[%(word)s](%(url)s)",
)


def slack(words: Words) -> str:
    """Title, text and colour of an attachment."""
    colors = either("$severity", {"critical": "danger", "info": "#439FE0"}, "warning")
    color = define("slack.color", f"{WORST}{either('.Status', {'resolved': 'good'}, colors)}")
    return _message(SLACK, words) + color


def discord(words: Words) -> str:
    """Title and description of an embed."""
    return _message(DISCORD, words)


def teams(words: Words) -> str:
    """Title and text of a card."""
    return _message(TEAMS, words)


def _message(style: Style, words: Words) -> str:
    return style.helpers() + title(style, words) + alert(style, words) + body(style, words)
