"""Expressions: quoting that nothing breaks out of, and layout that changes nothing. The judge is a PromQL parser."""

from __future__ import annotations

import re
from typing import Any, Final, Literal

import promql_parser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator import promql

quick = settings(deadline=None, derandomize=True)
SURROGATES: Final[tuple[Literal["Cs"]]] = ("Cs",)
VALUES = st.text(st.characters(exclude_categories=SURROGATES, exclude_characters="\x00"), min_size=1, max_size=20)
NASTY = ['"', "\\", '\\"', "a|b", ".*", "{{x}}", "$1", "가", "\u202e", "a\nb", "^$", "(", "[a-", "+", "?"]


def matcher(expression: str) -> tuple[str, str]:
    """Label and value of the only matcher of a selector, as a server reads them."""
    parsed: Any = promql_parser.parse(expression)
    (found,) = parsed.matchers.matchers
    return found.name, found.value


@quick
@given(st.one_of(VALUES, st.sampled_from(NASTY)))
def test_a_quoted_value_is_that_value(value: str) -> None:
    """Whatever it holds, the server reads the same text and nothing else."""
    assert matcher(promql.select("up", promql.equals("a", value))) == ("a", value)
    assert matcher(promql.select("up", promql.differs("a", value))) == ("a", value)


@quick
@given(st.lists(st.one_of(VALUES, st.sampled_from(NASTY)), min_size=1, max_size=4), VALUES)
def test_one_of_matches_its_values_and_no_other(values: list[str], other: str) -> None:
    """A regular expression of literals: a value's own dots and bars mean themselves."""
    expression = promql.one_of("a", values)
    _, pattern = matcher(promql.select("up", expression))
    if "=~" not in expression:
        assert set(values) == {pattern}
        return
    for value in values:
        assert re.fullmatch(pattern, value)
    assert bool(re.fullmatch(pattern, other)) is (other in values)


@quick
@given(st.lists(VALUES, max_size=4))
def test_none_of_is_the_opposite(values: list[str]) -> None:
    """Of the same values; without any there is nothing to leave out."""
    expression = promql.none_of("a", values)

    assert bool(expression) is bool(values)
    if values:
        assert (
            matcher(promql.select("up", expression))[1] == matcher(promql.select("up", promql.one_of("a", values)))[1]
        )


def leaves(number: int) -> list[str]:
    """Selectors of strings that look like operators and brackets."""
    texts = [" and ", ") or (", "unless", "'", '\\"', "{}", "`"]
    return [f"m{i}{{a={promql.quote(texts[i % len(texts)])}}}" for i in range(number)]


@pytest.mark.parametrize("operator", ["and", "or", "unless"])
@pytest.mark.parametrize("number", [1, 2, 9, 40])
def test_layout_changes_no_expression(operator: str, number: int) -> None:
    """Line breaks stand between tokens only, also where a string holds `and`."""
    flat = f" {operator} on (a) ".join(f"(sum by (a) ({leaf}) > 0)" for leaf in leaves(number))

    assert promql_parser.parse(promql.pretty(flat)).prettify() == promql_parser.parse(flat).prettify()
    assert (len(promql.pretty(flat).splitlines()) > 1) is (len(flat) > 110)
    for leaf in leaves(number):
        assert leaf in promql.pretty(flat)


@pytest.mark.parametrize("number", [1, 2, 8, 9, 33, 200])
def test_either_holds_every_part_once(number: int) -> None:
    """In their order, and no deeper than a parser or a server likes."""
    made = promql.either(leaves(number))

    promql_parser.parse(made)
    assert re.findall(r"\bm\d+\{", made) == [f"m{i}{{" for i in range(number)]
    assert max((made[:i].count("(") - made[:i].count(")") for i in range(len(made))), default=0) <= 12


@pytest.mark.parametrize(("seconds", "unit", "written"), [(1.0, 1.0, "1"), (0.8, 0.001, "800"), (30.0, 1.0, "30")])
def test_a_whole_bound_is_found_with_and_without_its_point(seconds: float, unit: float, written: str) -> None:
    """Prometheus 3 writes `1.0` where 2 and the clients write `1`; `10` is neither."""
    _, pattern = matcher(promql.select("b", promql.bucket(seconds, unit)))

    assert [bool(re.fullmatch(pattern, t)) for t in (written, f"{written}.0", f"{written}0", f"{written}00")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(("seconds", "unit", "le"), [(0.8, 1.0, "0.8"), (0.3, 1.0, "0.3"), (0.0025, 0.001, "2.5")])
def test_a_fraction_as_bound_is_written_as_the_client_writes_it(seconds: float, unit: float, le: str) -> None:
    assert matcher(promql.select("b", promql.bucket(seconds, unit))) == ("le", le)


@pytest.mark.parametrize(
    ("status", "code"), [("200", "2xx"), ("2xx", "2xx"), ("503", "5xx"), ("600", None), ("0", None), ("5000", None)]
)
def test_status_classes_come_from_grouped_and_exact_codes(status: str, code: str | None) -> None:
    """The pattern is anchored as the server anchors it: `5000` is no status."""
    replaced: Any = promql_parser.parse(promql.status_class("x", "status", "2xx"))
    _, target, template, source, pattern = (str(getattr(arg, "val", "")) for arg in replaced.args)
    found = re.fullmatch(pattern, status)

    assert (target, source) == ("code", "status")
    assert (template.replace("${1}", found[1]) if found else None) == code
