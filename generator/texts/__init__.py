"""Words in English and Korean, by locale. A text that one language lacks is an error in a test."""

from __future__ import annotations

from generator.model import Locale, Stack
from generator.texts.base import AlertText, Texts
from generator.texts.en import EN
from generator.texts.ko import KO
from generator.texts.mentions import without

TEXTS: dict[Locale, Texts] = {Locale.EN: EN, Locale.KO: KO}


def texts_of(stack: Stack) -> Texts:
    """What a stack says, in its language and of the alerts that it has."""
    return without(TEXTS[stack.locale], stack.alerting.disable)


__all__ = ["TEXTS", "AlertText", "Texts", "texts_of"]
