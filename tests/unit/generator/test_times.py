"""Parts of the week: what is written and what Alertmanager is told are the same minutes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.model_alerting import TimeInterval
from generator.resolve_receivers import time_interval
from generator.spec_receivers import TimeSpec
from generator.times import DAY, WEEKDAYS, clock, parse_clock, parse_weekdays, runs

SUNDAY_FIRST = (WEEKDAYS[-1], *WEEKDAYS[:-1])
MINUTES = st.integers(0, DAY - 1)


def minutes(interval: TimeInterval) -> set[tuple[int, int]]:
    """Every day and minute in an interval."""
    return {
        (day, minute)
        for span in interval.spans
        for day in span.days or range(7)
        for minute in range(span.begin, span.end)
    }


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, 6)), MINUTES, MINUTES.map(lambda m: m + 1))
def test_a_range_holds_the_minutes_after_its_beginning(days: set[int], begin: int, end: int) -> None:
    """Also over midnight, where it belongs to the day on which it begins, and goes on from Sunday to Monday."""
    if begin % DAY == end % DAY and (begin, end) != (0, DAY):
        return
    typed = {"name": "a", "from": clock(begin), "to": clock(end)}
    if days:
        typed["weekdays"] = [WEEKDAYS[day] for day in sorted(days)]  # type: ignore[assignment]
    length = (end - begin) % DAY or DAY
    wanted = {
        ((day + (begin + passed) // DAY) % 7, (begin + passed) % DAY)
        for day in days or range(7)
        for passed in range(length)
    }

    assert minutes(time_interval(TimeSpec.model_validate(typed))) == wanted


@given(st.sets(st.integers(0, 6)))
def test_days_as_ranges_are_the_same_days(days: set[int]) -> None:
    """In Alertmanager's order, in which no range ends before it begins."""
    found = set()
    for run in runs(days):
        first, _, last = run.partition(":")
        place, end = SUNDAY_FIRST.index(first), SUNDAY_FIRST.index(last or first)
        assert place <= end
        found |= {WEEKDAYS.index(SUNDAY_FIRST[n]) for n in range(place, end + 1)}

    assert found == days


@pytest.mark.parametrize(
    ("text", "days"),
    [("mon", (0,)), ("mon-fri", (0, 1, 2, 3, 4)), ("Saturday-Monday", (5, 6, 0)), ("sun - sun", (6,))],
)
def test_weekdays_are_read(text: str, days: tuple[int, ...]) -> None:
    assert parse_weekdays(text) == days


@pytest.mark.parametrize(("text", "result"), [("0:00", 0), ("09:05", 545), ("24:00", DAY)])
def test_a_time_of_day_is_read(text: str, result: int) -> None:
    assert parse_clock(text) == result


@pytest.mark.parametrize("text", ["24:01", "9", "9:5", "09:60", "-1:00", "", None, 9, True, "09:00:00", "٠٩:٠٠"])
def test_what_is_no_time_of_day_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="write"):
        parse_clock(text)
