"""Which series an expression reads, what stands in their place, and what is compared."""

from __future__ import annotations

import pytest

from generator.selectors import compared, replaced, series_in


@pytest.mark.parametrize(
    ("expression", "series"),
    [
        ("a > b", ("a", "b")),
        ("sum by (x, y) (rate(a:b{c=\"d\", e=~'f'}[5m])) / on (x) group_left (y) b", ("a:b", "b")),
        ("sum(a) without (b) unless on (c) d offset 5m", ("a", "d")),
        ('label_replace(up == 0, "host", "$1", "instance", "(.+):[0-9]+")', ("up",)),
        ('a{b="} or c{"} and a', ("a",)),
        ("histogram_quantile(0.95, a) > bool 1e15 or vector(1) > inf", ("a",)),
        ("a AND b Or c", ("a", "b", "c")),
        ("max_over_time(a[1h:15s]) @ start()", ("a",)),
        ('{__name__="x"}', ()),
        ("vector(1)", ()),
    ],
)
def test_series_are_found(expression: str, series: tuple[str, ...]) -> None:
    """Not functions, labels, strings, keywords or durations."""
    assert series_in(expression) == series


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("x > on (y) y:limit", "x > on (y) (z * 2)"),
        ('x{y="y:limit"} > y:limit', 'x{y="y:limit"} > (z * 2)'),
        ("xy:limit > y:limits", "xy:limit > y:limits"),
        ("max_over_time(y:limit[1h]) > x", "max_over_time((z * 2)[1h:]) > x"),
        ("max_over_time(y:limit[1h:15s] offset 1m)", "max_over_time((z * 2)[1h:15s] offset 1m)"),
    ],
)
def test_series_are_replaced(expression: str, expected: str) -> None:
    """By an expression in parentheses, where the series is meant."""
    assert replaced(expression, {"y:limit": "z * 2"}) == expected


def test_matchers_are_no_part_of_an_expression() -> None:
    """A selection cannot be put behind parentheses: better no answer than a wrong one."""
    with pytest.raises(ValueError, match="y:limit is asked with matchers"):
        replaced('y:limit {a="b"}', {"y:limit": "z"})


@pytest.mark.parametrize(
    ("expression", "measured"),
    [
        ("a > 1", "a"),
        ("((a > on (b) c) and d) or e < 2", "a"),
        ("a or b * 300 >= c", "b * 300"),
        ('label_replace(min by (a, b) (up{x="<"}) == 0, "c", "d", "e", "f")', 'min by (a, b) (up{x="<"})'),
        ("sum(rate(a[5m])) / (sum(b) + 1) > 2", "sum(rate(a[5m])) / (sum(b) + 1)"),
        ("clamp_max(a, 3 ) - b != 4", "clamp_max(a, 3 ) - b"),
        ("vector(1)", "vector(1)"),
    ],
)
def test_what_is_compared_is_found(expression: str, measured: str) -> None:
    """The left side of the first comparison, whole."""
    assert compared(expression) == measured
