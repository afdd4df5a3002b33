"""Texts for a stack that turns some alerts off: no sentence and no step names one that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from generator.texts.base import AlertText, Texts

_SENTENCE = re.compile(r"(?<=[.?!]) +")


def mentions(text: str, alerts: Iterable[str]) -> bool:
    """Whether a text names one of the alerts; Korean particles may follow a name without a space."""
    return any(re.search(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", text) for name in alerts)


def without(texts: Texts, alerts: tuple[str, ...]) -> Texts:
    """The same texts without these alerts, and without the sentences about them."""
    if not alerts:
        return texts
    return Texts(
        {name: _alert(text, alerts) for name, text in texts.alerts.items() if name not in alerts},
        {key: _sentences(word, alerts) for key, word in texts.words.items()},
    )


def _alert(text: AlertText, alerts: tuple[str, ...]) -> AlertText:
    steps = tuple(kept for step in text.steps if (kept := _sentences(step, alerts)))
    return replace(text, meaning=_sentences(text.meaning, alerts), steps=steps)


def _sentences(text: str, alerts: tuple[str, ...]) -> str:
    if not mentions(text, alerts):
        return text
    return " ".join(sentence for sentence in _SENTENCE.split(text) if not mentions(sentence, alerts))
