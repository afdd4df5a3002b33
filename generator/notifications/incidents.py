"""PagerDuty and Opsgenie: plain text, one incident for each group of alerts."""

from __future__ import annotations

from generator.notifications.go import called, define, either, given, when
from generator.notifications.parts import WORST, Style, Words, alert, body, links, listed, silence, title

# Both show text in pages and mails of their own; what could be a tag there is none any more.
TAGLESS = (("<", "‹"), (">", "›"))
PAGERDUTY = Style(name="pagerduty", escapes=TAGLESS, between="\n")
OPSGENIE = Style(name="opsgenie", escapes=TAGLESS, between="\n")


def pagerduty(words: Words) -> str:
    """The summary, the severity, both lists of alerts, and links, which PagerDuty leaves out when they are empty."""
    style = PAGERDUTY
    one = called("pagerduty.alert", "$alert") + links(style, words) + "\n\n"
    level = either("$severity", {"critical": "critical", "info": "info"}, "warning")
    parts = {"severity": WORST + level, "silence": silence(".GroupLabels")}
    parts |= {wanted.lower(): listed(style, words, wanted, one) for wanted in ("Firing", "Resolved")}
    for name in ("dashboard", "runbook"):
        value = f'index .CommonAnnotations "{name}_url"'
        parts[name] = given(value, when('match "^https?://" .', called("pagerduty.url")))
    parts |= {f"{name}.word": words[f"notice.{name}"] for name in ("dashboard", "runbook", "silence")}
    more = "".join(define(f"pagerduty.{name}", text) for name, text in parts.items())
    return style.helpers() + title(style, words) + alert(style, words) + more


def opsgenie(words: Words) -> str:
    """Message, description and priority of an alert."""
    style = OPSGENIE
    priority = either("$severity", {"critical": "P1", "info": "P5"}, "P3")
    text = title(style, words) + alert(style, words) + body(style, words)
    return style.helpers() + text + define("opsgenie.priority", WORST + priority)
