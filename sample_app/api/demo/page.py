"""The page itself: one document without outside parts. Texts that are not ours are put in as text, never as HTML."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

from .settings import DemoSettings

_TEMPLATE = (Path(__file__).parent / "demo.html").read_text(encoding="utf-8")
WORDS = {
    "en": {
        "title": "Sample platform",
        "intro": "Switch something wrong on, watch the dashboards, and see the alert arrive below.",
        "links": "Pages of the stack",
        "scenarios": "What can go wrong",
        "raises": "raises",
        "on": "Switch on",
        "off": "Switch off",
        "push": "Do it once",
        "elsewhere": "in a shell:",
        "alerts": "Alerts received",
        "none": "None yet.",
        "unknown": "The page of received alerts does not answer.",
        "failed": "That did not work:",
    },
    "ko": {
        "title": "샘플 플랫폼",
        "intro": "문제를 하나 켜고 대시보드를 보세요. 알림이 아래에 도착합니다.",
        "links": "스택의 화면",
        "scenarios": "일부러 일으킬 수 있는 문제",
        "raises": "울리는 알림",
        "on": "켜기",
        "off": "끄기",
        "push": "한 번 실행",
        "elsewhere": "셸에서:",
        "alerts": "받은 알림",
        "none": "아직 없습니다.",
        "unknown": "받은 알림 화면이 응답하지 않습니다.",
        "failed": "실패했습니다:",
    },
}


def page(settings: DemoSettings) -> str:
    """The page in the settings' language."""
    words = WORDS[settings.locale]
    links = "".join(
        f'<li><a href="{escape(url, quote=True)}" target="_blank" rel="noreferrer">{escape(title)}</a></li>'
        for title, url in settings.links
    )
    filled = {
        "LOCALE": settings.locale,
        "TITLE": escape(words["title"]),
        "INTRO": escape(words["intro"]),
        "LINKS_TITLE": escape(words["links"]),
        "LINKS": links,
        "SCENARIOS_TITLE": escape(words["scenarios"]),
        "ALERTS_TITLE": escape(words["alerts"]),
        "WORDS": json.dumps(words, ensure_ascii=False).replace("<", "\\u003c"),
    }
    text = _TEMPLATE
    for name, value in filled.items():
        text = text.replace(f"[[{name}]]", value)
    return text
