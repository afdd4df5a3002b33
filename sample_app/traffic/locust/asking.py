"""What people and programs ask of the API."""

from __future__ import annotations

from typing import Any

from . import endpoints as at
from .market import CHANCE, popular
from .visitor import Visitor

CLICKED, SUCCEEDED = 0.25, 0.3
"""The share of recommendations that somebody clicks, and of clicks that lead to something."""

NEW_QUESTIONS = 0.15
"""The share of prompts that nobody has sent before."""

QUESTIONS = (
    "Where is my order?",
    "How do I return something?",
    "What does shipping cost?",
    "환불은 어떻게 하나요?",
    "How can I change my address?",
    "When will my money arrive?",
    "Is this seller trustworthy?",
    "배송은 얼마나 걸리나요?",
    "How do I delete my account?",
    "Can I pay by card?",
)
VITALS = (("LCP", 1400, 0.4), ("INP", 120, 0.6), ("FCP", 900, 0.4), ("TTFB", 220, 0.5), ("CLS", 0.04, 0.8))
"""Name, middle and spread of what browsers measure: milliseconds, and none for CLS."""


def look_around(user: Visitor) -> None:
    """The front page and an item."""
    user.send(at.HOME)
    user.send(at.ITEM, value=1 + popular(200))


def predict(user: Visitor) -> None:
    """Has four features scored."""
    user.send(at.PREDICT, {"features": [round(CHANCE.gauss(0, 1), 3) for _ in range(4)]})


def recommend(user: Visitor) -> None:
    """Takes recommendations, and tells when one was clicked and led to something."""
    answer = user.send(at.RECOMMENDATIONS, query=f"user={user.person}&limit=5")
    if isinstance(answer, dict):
        report_back(user, answer)


def report_back(user: Visitor, answer: dict[str, Any]) -> None:
    """What came of the recommendations in an answer; nothing when there are none."""
    made = answer.get("recommendation_id")
    if not isinstance(made, str) or CHANCE.random() >= CLICKED:
        return
    user.send(at.FEEDBACK, {"recommendation_id": made, "event": "click"})
    if CHANCE.random() < SUCCEEDED:
        user.send(at.FEEDBACK, {"recommendation_id": made, "event": "success"})


def chat(user: Visitor) -> None:
    """Asks the assistant: mostly what many ask, at times something new, at times as an OpenAI client does."""
    question = QUESTIONS[popular(len(QUESTIONS))]
    if CHANCE.random() < NEW_QUESTIONS:
        question = f"What about order {CHANCE.randrange(10**9)}?"
    user.send(at.COMPLETIONS if CHANCE.random() < 0.3 else at.CHAT, conversation(question))


def conversation(question: str) -> dict[str, Any]:
    """A chat request."""
    return {"messages": [{"role": "user", "content": question}], "max_tokens": 64, "temperature": 0}


def visit_page(user: Visitor) -> None:
    """A browser opens the page, and reports how fast it was."""
    user.send(at.DEMO)
    metrics = [{"name": name, "value": _around(middle, spread)} for name, middle, spread in VITALS]
    user.send(at.RUM, {"page": "/demo", "metrics": metrics})


def _around(middle: float, spread: float) -> float:
    return round(middle * CHANCE.lognormvariate(0, spread), 4)
