"""Notification templates of Alertmanager: one file for each kind of channel, in the stack's language.

Values of labels and annotations are anyone's text. Each channel reads some of it as markup of its own, so each has its
own escaping, and no value reaches a message but through it. The functions are those of Alertmanager 0.25 and later.
"""

from __future__ import annotations

from generator.notifications.chat import discord, slack, teams
from generator.notifications.go import called
from generator.notifications.html import email, telegram
from generator.notifications.incidents import opsgenie, pagerduty
from generator.notifications.parts import common

MAKERS = {
    "discord": discord,
    "email": email,
    "opsgenie": opsgenie,
    "pagerduty": pagerduty,
    "slack": slack,
    "teams": teams,
    "telegram": telegram,
}
"""By kind of channel: the words of a language to the text of its file."""

__all__ = ["MAKERS", "called", "common"]
