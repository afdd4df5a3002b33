"""Words in English and Korean, by locale. A text that one language lacks is an error in a test."""

from __future__ import annotations

from generator.model import Locale
from generator.texts.base import AlertText, Texts
from generator.texts.en import EN
from generator.texts.ko import KO

TEXTS: dict[Locale, Texts] = {Locale.EN: EN, Locale.KO: KO}

__all__ = ["TEXTS", "AlertText", "Texts"]
