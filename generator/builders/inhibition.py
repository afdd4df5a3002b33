"""Inhibition of the alerts that a stack has: what it turns off inhibits nothing, and nothing is inhibited in vain."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from generator import names

_NAMED = re.compile(r'alertname(=~|!=|=)"([^"]*)"')


def among(rules: Iterable[dict[str, Any]], disabled: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The rules without the names of disabled alerts; one that is left without a source or a target is left out."""
    for rule in rules:
        sides = {side: [*_kept(rule[side], disabled)] for side in ("source_matchers", "target_matchers")}
        if all(all(matchers) for matchers in sides.values()):
            yield {**rule, **sides}


def _kept(matchers: list[str], disabled: tuple[str, ...]) -> Iterator[str]:
    """The matchers of the names that are left, an empty one where none is."""
    for matcher in matchers:
        named = _NAMED.fullmatch(matcher)
        if named is None:
            yield matcher
        elif named[1] == "!=":
            yield from [] if named[2] in disabled else [matcher]
        else:
            yield _left(matcher, named[1], named[2].split("|"), disabled)


def _left(matcher: str, operator: str, written: list[str], disabled: tuple[str, ...]) -> str:
    left = [each for each in written if _exists(each, disabled)]
    if left == written or not left:
        return matcher if left else ""
    return f'alertname{operator}"{"|".join(left)}"'


def _exists(pattern: str, disabled: tuple[str, ...]) -> bool:
    """Whether anything is left that has the name or fits the pattern; what is not of the catalogue is."""
    meant = [name for name in names.CATALOGUE if re.fullmatch(pattern, name)]
    return not meant or any(name not in disabled for name in meant)
