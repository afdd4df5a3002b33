"""Quantities: what a person writes is read exactly or refused with what would be right, and written back the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.units import (
    bound,
    duration,
    number,
    parse_bound,
    parse_delay,
    parse_duration,
    parse_percent,
    parse_size,
    percent,
)

quick = settings(deadline=None, derandomize=True)
NO_QUANTITY: list[object] = ["", " ", "1", "five", "-1", "1e3", "１", None, True, 1, 0.5, [], {}, "9" * 500]


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("800ms", 0.8),
        ("1s", 1),
        ("1m30s", 90),
        ("1h", 3600),
        ("1.5h", 5400),
        ("1d", 86400),
        ("1w", 604800),
        ("1y", 31536000),
    ],
)
def test_durations_are_seconds(written: str, seconds: float) -> None:
    assert parse_duration(written) == seconds


@pytest.mark.parametrize("wrong", [*NO_QUANTITY, "1 h 1", "1H", "5 m", "s", "1ms2", "0s", "0.5ms", "101y", "1m" * 30])
def test_what_is_no_duration_says_what_would_be(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"; write .*1ms|; write a duration such as|; write one such as"):
        parse_duration(wrong)


@pytest.mark.parametrize("wrong", [*NO_QUANTITY, "1.%", ".5%", "0%", "100.1%", "-1%", "1%%", "1percent", "٣%"])
def test_what_is_no_percentage_says_what_would_be(wrong: object) -> None:
    with pytest.raises(ValueError, match="; write "):
        parse_percent(wrong)


@pytest.mark.parametrize("wrong", [*NO_QUANTITY, "1.5GB", "0GB", "1gb", "1GiB", "20G", "1234567GB", "1 GB"])
def test_what_is_no_size_says_what_would_be(wrong: object) -> None:
    with pytest.raises(ValueError, match="; write "):
        parse_size(wrong)


@pytest.mark.parametrize("written", ["0s", "0m", "0ms", " 0h "])
def test_a_delay_may_be_nothing(written: str) -> None:
    """Where an alert need not hold; a duration may not."""
    assert parse_delay(written) == 0
    with pytest.raises(ValueError, match="out of range"):
        parse_duration(written)


@quick
@given(st.integers(1, 10**12))
def test_durations_come_back_to_the_millisecond(milliseconds: int) -> None:
    """Whatever is written for a server is what was meant."""
    assert parse_duration(duration(milliseconds / 1000)) == milliseconds / 1000


@quick
@given(st.integers(1, 10**6))
def test_percentages_come_back(parts: int) -> None:
    """To a ten-thousandth of a percent, without the dust of binary fractions."""
    share = parse_percent(f"{parts / 10**4:.4f}%")

    assert 0 < share <= 1
    assert share == round(parts / 10**6, 9)
    assert parse_percent(percent(share)) == share


@quick
@given(st.floats(min_value=1e-12, max_value=1e12))
def test_a_number_is_written_exactly(value: float) -> None:
    """PromQL reads back the number that was compared with."""
    assert float(number(value)) == value


def test_a_share_too_small_to_tell_is_refused() -> None:
    """And not rounded to a limit of zero."""
    with pytest.raises(ValueError, match="out of range; write "):
        parse_percent("0.00000001%")


@pytest.mark.parametrize("fine", ["2.5ms", "1s0.1ms", "1.0001s"])
def test_a_duration_is_never_rounded_unseen(fine: str) -> None:
    """Servers know whole milliseconds."""
    with pytest.raises(ValueError, match="finer than a millisecond; write "):
        parse_duration(fine)


@quick
@given(st.integers(1, 10**12))
def test_bounds_of_buckets_come_back_to_the_microsecond(microseconds: int) -> None:
    """Libraries choose bounds finer than servers' durations."""
    assert parse_bound(bound(microseconds / 10**6)) == microseconds / 10**6


@pytest.mark.parametrize("wrong", [*NO_QUANTITY, "0s", "0.0001ms", "101y"])
def test_what_is_no_bound_says_what_would_be(wrong: object) -> None:
    with pytest.raises(ValueError, match="; write "):
        parse_bound(wrong)
