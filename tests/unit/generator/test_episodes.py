"""When an alert fires, from the moments at which its expression holds: `for`, gaps, several subjects, parts."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from generator.episodes import Counting, Episode, Summary

STEP, END = 15.0, 3600.0
API, SHOP = {"service": "api"}, {"service": "shop"}


def steps(first: int, last: int) -> list[float]:
    """The moments of evaluations, both ends included."""
    return [number * STEP for number in range(first, last + 1)]


def count(hold: float, *parts: tuple[dict[str, str], Iterable[float]], end: float = END) -> list[tuple[float, float]]:
    """Start and end of every episode, in order."""
    counting = Counting(STEP, hold)
    found = [episode for labels, moments in parts for episode in counting.add(labels, moments)]
    return sorted((e.start, e.end) for e in [*found, *counting.finish(end)])


def test_without_for_it_fires_at_once() -> None:
    """One evaluation is one episode of one step."""
    assert count(0, (API, [150.0])) == [(150.0, 165.0)]


@pytest.mark.parametrize(("last", "expected"), [(19, []), (20, [(300.0, 315.0)]), (25, [(300.0, 390.0)])])
def test_for_must_have_passed(last: int, expected: list[tuple[float, float]]) -> None:
    """Twenty evaluations after the first one are five minutes; nineteen are not."""
    assert count(300, (API, steps(0, last))) == expected


@pytest.mark.parametrize(("hold", "start"), [(14.0, 15.0), (15.0, 15.0), (15.1, 30.0), (0.001, 15.0)])
def test_for_ends_at_an_evaluation(hold: float, start: float) -> None:
    """What is no multiple of the interval waits for the next evaluation, as the server does."""
    assert count(hold, (API, steps(0, 10))) == [(start, 165.0)]


def test_a_gap_of_one_evaluation_begins_anew() -> None:
    """`for` counts from the first moment after it."""
    assert count(60, (API, [*steps(0, 10), *steps(12, 20)])) == [(60.0, 165.0), (240.0, 315.0)]


def test_a_gap_before_for_has_passed_leaves_nothing() -> None:
    """A condition that flaps faster than `for` never fires."""
    assert count(60, (API, [*steps(0, 3), *steps(5, 8), *steps(10, 13)])) == []


def test_subjects_do_not_mix() -> None:
    """Two services that alternate are two conditions, each with its own `for`."""
    assert count(60, (API, steps(0, 10)), (SHOP, steps(11, 20)), (API, steps(30, 40))) == [
        (60.0, 165.0),
        (225.0, 315.0),
        (510.0, 615.0),
    ]


def test_the_name_of_the_series_is_no_label() -> None:
    """An alert has none: series that differ in it alone are one subject."""
    assert count(60, ({**API, "__name__": "a"}, steps(0, 3)), ({**API, "__name__": "b"}, steps(4, 10))) == [
        (60.0, 165.0)
    ]


@pytest.mark.parametrize("cut", [1, 4, 5, 19])
def test_parts_change_nothing(cut: int) -> None:
    """An episode may begin in one answer and end in another."""
    moments = [*steps(0, 10), *steps(13, 30)]

    assert count(60, (API, moments[:cut]), (API, moments[cut:])) == count(60, (API, moments))


def test_what_fires_at_the_end_still_fires() -> None:
    """The last evaluation of the range held; one that ended before it did not."""
    counting = Counting(STEP, 60)
    assert [*counting.add(API, steps(230, 240)), *counting.add(SHOP, steps(220, 230))] == []
    found = sorted(counting.finish(END), key=lambda e: e.start)

    assert found == [
        Episode((("service", "shop"),), 3360.0, 3465.0),
        Episode((("service", "api"),), 3510.0, 3615.0, still=True),
    ]


def test_sweeping_forgets_who_is_gone() -> None:
    """What is kept does not grow with subjects that came and went."""
    counting = Counting(STEP, 0)
    for number in range(1000):
        moment = number * 10 * STEP
        assert [*counting.add({"service": str(number)}, [moment])] == []
        assert len([*counting.sweep(moment)]) == (1 if number else 0)

    assert len([*counting.finish(1000 * 10 * STEP)]) == 1


def test_sweeping_keeps_who_may_come_back() -> None:
    """A subject that was there at the last evaluation of a part goes on in the next."""
    counting = Counting(STEP, 60)
    assert [*counting.add(API, steps(0, 5)), *counting.sweep(5 * STEP), *counting.add(API, steps(6, 10))] == []
    assert [(e.start, e.end) for e in counting.finish(END)] == [(60.0, 165.0)]


def test_intervals_need_not_be_whole() -> None:
    """Half a second, at moments of today, whose floats are rough."""
    begin = 1794994800.0
    counting = Counting(0.5, 2)
    assert [*counting.add(API, [begin + n * 0.5 for n in range(10)])] == []

    [episode] = counting.finish(begin + 3600)
    assert (episode.start, episode.length) == (begin + 2, 3.0)


def test_a_summary_adds_up() -> None:
    """Times, the longest, all of it, and who how often."""
    summary = Summary()
    for start, end, who in ((0, 60, "api"), (100, 400, "shop"), (500, 530, "api")):
        summary.add(Episode((), float(start), float(end)), who)

    assert (summary.times, summary.longest, summary.total) == (3, 300, 390)
    assert summary.subjects.most_common() == [("api", 2), ("shop", 1)]
