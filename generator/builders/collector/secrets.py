"""What a secret looks like: names of fields whose values are masked, and values that are secret wherever they stand.

Regular expressions of Go (RE2: no look-around), which read the same in Python. Each keeps in groups what stands before
the secret, so that a line of JSON is still one afterwards. Finding names costs some 70 µs a line, so a line is first
searched for the words that every match must hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

MASK = "****"
_SEPARATOR = "[-_. ]?"
# A field is secret when its name ends so, in any case, with or without separators: X-Auth-Token, apiKey, db_password.
_NAMES = (
    "authorization",
    "cookies?",
    "passw(?:or)?d",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "credentials?",
    f"api{_SEPARATOR}key",
    f"(?:secret|access|private|account|signing|encryption){_SEPARATOR}key",
    "sess(?:ion)?id",
    "cvv2?",
    "cvc2?",
)
_WORDS = (
    "authorization",
    "cookie",
    "passw",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "credential",
    "key",
    "sess",
    "cvv",
    "cvc",
)
_QUOTE = r"\\*[\"']"
_IS = r"\s*(?:[:=]|%3d)\s*"
_REST = r"[^\s\"'\\&,;<>(){}\[\]]+"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A secret: what matches, what stands in its place, and the words (lower case) of which a text must hold one;
    without words every text is asked."""

    regex: str
    mask: str
    words: tuple[str, ...] = ()


def patterns(names: Iterable[str]) -> tuple[Pattern, ...]:
    """Everything that is masked, in this order; `names` are fields of the user's own."""
    own = tuple(names)
    any_name = f"(?:{'|'.join((*_NAMES, *(_spelled(name) for name in own)))})"
    words = tuple(dict.fromkeys((*_WORDS, *(_word(name) for name in own))))
    return (
        Pattern(_structured(any_name), "${1}null", words),
        Pattern(_named(any_name), f"${{1}}${{2}}${{3}}${{4}}${{5}}${{6}}${{7}}{MASK}", words),
        *_ANYWHERE,
    )


def keys(names: Iterable[str]) -> str:
    """The names of attributes that are secret."""
    return f"(?i)(?:{'|'.join((*_NAMES, *(_spelled(name) for name in names)))})$"


def _structured(name: str) -> str:
    """Numbers, lists and objects below a secret name, in JSON and in what Python prints."""
    list_or_object = r"\[[^\]]*\]|\{[^{}]*\}"
    return rf"(?i)({name}{_QUOTE}\s*[:=]\s*)(?:-?[0-9][0-9.e+-]*|true|false|{list_or_object})"


def _named(name: str) -> str:
    """A value after its name: a header to the end of its line; a text in double, single or escaped quotes; a word."""
    header = r"((?:cookie|authorization)\s*:\s*)[^\"'\r\n\\\s][^\"'\r\n\\]*"
    double = r"(b?\")(?:[^\"\\]|\\.)+"
    single = r"(b?')(?:[^'\"\\]|\\.)+"
    escaped = r"(\\+[\"'])(?:[^\"'\\]|\\+[^\"'\\])+"
    quoted = rf"({_QUOTE}\s*[:=,]\s*|{_IS})(?:{double}|{single}|{escaped})"
    word = rf"({_IS}(?:(?:bearer|basic|digest)\s+)?){_REST}"
    return rf"(?i){header}|({name})(?:{quoted}|{word})"


_BRANDS = r"(?:4[0-9]{3}|5[1-5][0-9]{2}|2[2-7][0-9]{2}|6(?:011|2[0-9]{2}|4[4-9][0-9]|5[0-9]{2})|35[0-9]{2})"
# In groups or not, but never half: an identifier such as 41112222-3333-4444-… is none, nor are decimals of a number.
_CARD = (
    rf"(^|[^0-9A-Za-z.])(?:{_BRANDS}(?:[0-9]{{12}}(?:[0-9]{{3}})?|(?: [0-9]{{4}}){{3}}|(?:-[0-9]{{4}}){{3}})"
    r"|4[0-9]{12}"
    r"|3[47][0-9]{2}(?:[0-9]{11}| [0-9]{6} [0-9]{5}|-[0-9]{6}-[0-9]{5})"
    r"|3(?:0[0-5]|[68][0-9])[0-9](?:[0-9]{10}| [0-9]{6} [0-9]{4}|-[0-9]{6}-[0-9]{4}))\b"
)
_ISSUED = (
    r"\b(?:sk-[A-Za-z0-9_-]{16,}|[rs]k_(?:live|test)_[A-Za-z0-9]{10,}|gh[pousr]_[A-Za-z0-9]{20,}"
    r"|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|xox[abprs]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16}"
    r"|AIza[A-Za-z0-9_-]{30,})"
)
_ANYWHERE = (
    # A word of small letters after "basic" is no secret.
    Pattern(
        r"((?i:bearer|basic)\s+)[A-Za-z0-9._~+/-]+[A-Z0-9._~+/=-][A-Za-z0-9._~+/=-]*",
        f"${{1}}{MASK}",
        ("bearer", "basic"),
    ),
    Pattern(r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?", MASK, ("eyj",)),
    Pattern(r"(://[^\s/:@\"'?#]*:)[^\s@/\"'?#]+@", f"${{1}}{MASK}@", ("://",)),
    Pattern(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?", MASK, ("private key-",)),
    Pattern(_ISSUED, MASK, ("sk-", "k_live_", "k_test_", "gh", "glpat-", "xox", "akia", "aiza")),
    Pattern(_CARD, f"${{1}}{MASK}"),
)
DIGITS = r"[0-9]{4}[ -]?[0-9]{4,6}[ -]?[0-9]{4,5}"
"""What the number of every card holds; a quarter of the cost of looking for one."""


def _spelled(name: str) -> str:
    """A name of the spec with any separator between its words, or none."""
    return _SEPARATOR.join(re.escape(word) for word in re.split(r"[-_.]+", name) if word)


def _word(name: str) -> str:
    """The longest word of a name, in lower case."""
    return max(re.split(r"[-_.]+", name.lower()), key=len)
