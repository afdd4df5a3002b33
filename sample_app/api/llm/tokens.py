"""The built-in model's tokens.

A token is a run of letters, digits and underscores of any script, cut every 16 characters, or one other character that
is not white space. "The p95 rose." has four tokens, "지연 시간은?" has three; a message has one more for its role. They
are what the model really reads and writes, one by one. Other models count in other ways.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST_TOKEN = 16
_TOKEN = re.compile(rf"\w{{1,{LONGEST_TOKEN}}}|[^\w\s]")
_NO_SPACE_BEFORE = frozenset(".,;:!?%)")
_NO_SPACE_AFTER = frozenset("(")


def tokenize(text: str) -> list[str]:
    """The tokens of a text, in order."""
    return _TOKEN.findall(text)


def join(tokens: Iterable[str]) -> str:
    """The tokens as a person writes them."""
    text = ""
    for token in tokens:
        glued = not text or token in _NO_SPACE_BEFORE or text[-1] in _NO_SPACE_AFTER
        text += token if glued else f" {token}"
    return text


def count_prompt(contents: Iterable[str]) -> int:
    """The tokens of messages with these contents, one for each role included."""
    return sum(1 + len(tokenize(content)) for content in contents)
