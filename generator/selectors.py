"""Which series an expression reads, others in their place, and what it compares. PromQL as tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_TOKEN = re.compile(
    r"""\s+|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|[A-Za-z_:][A-Za-z0-9_:]*|[0-9][0-9A-Za-z.]*|[<>=!]=|[=!]~|.""",
    re.DOTALL,
)
_NAME = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
_LISTS = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
_WORDS = _LISTS | {"and", "or", "unless", "bool", "offset", "inf", "nan", "atan2"}
_SETS = frozenset({"and", "or", "unless"})
_COMPARISONS = frozenset({">", "<", ">=", "<=", "==", "!="})
_CLOSING = {"{": "}", "[": "]"}


def series_in(expression: str) -> tuple[str, ...]:
    """The names of the series that an expression reads, once each, in its order."""
    return tuple(dict.fromkeys(text for text, selected in _tokens(expression) if selected))


def replaced(expression: str, others: Mapping[str, str]) -> str:
    """The expression with others, in parentheses, in the place of series; raises ValueError where one has matchers."""
    tokens = [*_tokens(expression)]
    made: list[str] = []
    opened = 0  # where the window of a series that was replaced begins
    for number, (text, selected) in enumerate(tokens):
        if selected and text in others:
            following = _following([later for later, _ in tokens[number + 1 : number + 3]])
            if following == "{":
                raise ValueError(f"{text} is asked with matchers")
            opened = len(made) + 1 if following == "[" else 0
            made.append(f"({others[text]})")
            continue
        if opened and text == "]":
            made += [] if ":" in "".join(made[opened:]) else [":"]  # what is no series is looked back on as a subquery
            opened = 0
        made.append(text)
    return "".join(made)


def compared(expression: str) -> str:
    """The left side of the first comparison, which is what is measured; the whole where nothing is compared."""
    levels = [["", ""]]  # of each parenthesis that is open: its text, and that of the operand at its end
    closing = ""
    for text, _ in _tokens(expression):
        said = text
        if closing:
            closing = "" if text == closing else closing
        elif text in _CLOSING:
            closing = _CLOSING[text]
        elif text in _COMPARISONS:
            return levels[-1][1].strip()
        elif text == "(":
            levels.append(["", ""])
            continue
        elif text == ")" and len(levels) > 1:
            said = f"({levels.pop()[0]})"
        elif text in _SETS or text == ",":
            levels[-1] = [levels[-1][0] + text, ""]
            continue
        levels[-1] = [part + said for part in levels[-1]]
    return expression


def _following(texts: list[str]) -> str:
    return next((text for text in texts if not text.isspace()), "")


def _tokens(expression: str) -> Iterator[tuple[str, bool]]:
    """Every token, and whether it names a series that is read."""
    texts = [match[0] for match in _TOKEN.finditer(expression)]
    closing = ""
    for number, text in enumerate(texts):
        if closing:
            closing = "" if text == closing else closing
            yield text, False
            continue
        following = _following(texts[number + 1 : number + 3])
        if text in _CLOSING:
            closing = _CLOSING[text]
        elif text.lower() in _LISTS and following == "(":
            closing = ")"
        named = _NAME.fullmatch(text) is not None and text.lower() not in _WORDS
        yield text, named and following not in ("(", "by", "without")
