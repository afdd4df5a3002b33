"""What a span may tell of an SQL statement: what it does to which table, and its text without any value. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

LONGEST_READ = 8192
"""Characters of a statement that are looked at; what follows is left out."""

LONGEST_TEXT = 1000
_KEEPS_DOUBLE_QUOTES = frozenset({"postgresql", "sqlite", "oracle.db", "microsoft.sql_server"})
"""Where "…" is a name; elsewhere it may be a value."""

_GRAMMAR = r"""
      (?P<comment> --[^\n]* | /\*.*?(?:\*/|$) {hash} )
    | (?P<dollar> \$(?P<tag>[A-Za-z_]\w*|)\$ .*? (?:\$(?P=tag)\$|$) )
    | (?P<text> (?:[uU]&|[A-Za-z])?' (?:[^']|'')* (?:'|$) )
    | (?P<name> "(?:[^"]|"")*(?:"|$) )
    | (?P<placeholder> %\(\w+\)s | %s | \$\d+ | \?\d* | :[^\W\d]\w* )
    | (?P<word> [^\W\d]\w* )
    | (?P<number> \d[\w.]* | \.\d\w* )
"""
_STANDARD = re.compile(_GRAMMAR.replace("{hash}", ""), re.VERBOSE | re.DOTALL)
_OTHER = re.compile(_GRAMMAR.replace("{hash}", r"| \#[^\n]*"), re.VERBOSE | re.DOTALL)
_LIST = re.compile(r"\(\s*(\?|%s|\$\d+)(?:\s*,\s*(?:\?|%s|\$\d+))+\s*\)")
_OPERATION = re.compile(r"[\s(]*([A-Za-z]+)")
_COLLECTION = re.compile(r"\b(?:FROM|INTO|UPDATE|TABLE|JOIN)\s+(?:ONLY\s+)?([\w.\"]+)", re.IGNORECASE)


class Statement(NamedTuple):
    """What is told; each is "" where it is not known."""

    operation: str
    collection: str
    text: str

    @property
    def summary(self) -> str:
        """`SELECT shop_product`: a name of few values."""
        return f"{self.operation} {self.collection}".strip()


def read(sql: object, system: str) -> Statement:
    """Reads a statement of any length; never raises."""
    text = sql.decode("utf-8", "replace") if isinstance(sql, bytes) else str(sql)
    return _read(text[:LONGEST_READ], system in _KEEPS_DOUBLE_QUOTES)


@lru_cache(maxsize=512)
def _read(sql: str, names_are_quoted: bool) -> Statement:
    text = without_values(sql, names_are_quoted)
    found = _OPERATION.match(text)
    operation = found[1].upper() if found else ""
    target = _COLLECTION.search(text)
    collection = target[1].replace('"', "") if target else ""
    if "\\" in sql or sql.count("/*") > 1:
        # whether a backslash escapes a quote, and whether comments nest, only the server knows: half a value might stay
        return Statement(operation, "", "")
    return Statement(operation, collection, _LIST.sub(r"(\1, …)", " ".join(text.split()))[:LONGEST_TEXT])


def without_values(sql: str, names_are_quoted: bool = True) -> str:
    """The statement with `?` for every literal and without its comments."""

    def told(match: re.Match[str]) -> str:
        kind = match.lastgroup
        if kind == "comment":
            return " "
        if kind in ("placeholder", "word") or (kind == "name" and names_are_quoted):
            return match[0]
        return "?"

    return (_STANDARD if names_are_quoted else _OTHER).sub(told, sql)
