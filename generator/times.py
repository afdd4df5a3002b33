"""Hours and weekdays as a person writes them (`09:00`, `mon-fri`). Pure text and numbers."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

DAY = 24 * 60
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")


def parse_clock(value: object) -> int:
    """`09:00` -> minutes since midnight, `24:00` is the end of the day; raises ValueError that says what is right."""
    match = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{_shown(value)} is no time of day; write one such as 09:00 or 18:30")
    minutes = int(match[1]) * 60 + int(match[2])
    if minutes > DAY or int(match[2]) > 59:
        raise ValueError(f"{_shown(value)} is out of range; write 00:00 to 24:00")
    return minutes


def clock(minutes: int) -> str:
    """Minutes since midnight -> `09:00`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def parse_weekdays(value: object) -> tuple[int, ...]:
    """`mon`, `mon-fri` or `sat-mon` -> days, Monday is 0; raises ValueError that says what is right."""
    if not isinstance(value, str):
        raise ValueError(f"{_shown(value)} is no weekday; write one such as mon, or a range such as mon-fri")
    ends = [_weekday(part.strip(), value) for part in value.lower().split("-")]
    if len(ends) > 2:
        raise ValueError(f"{_shown(value)} has more than two ends; write a range such as mon-fri")
    first, last = ends[0], ends[-1]
    return tuple((first + step) % 7 for step in range((last - first) % 7 + 1))


def next_days(days: Iterable[int]) -> tuple[int, ...]:
    """The days after these."""
    return tuple(sorted((day + 1) % 7 for day in days))


def runs(days: Iterable[int]) -> list[str]:
    """Days as ranges of Alertmanager, whose week begins on Sunday: `sunday`, `monday:friday`."""
    found: list[list[int]] = []
    for place in sorted((day + 1) % 7 for day in set(days)):
        if found and found[-1][-1] == place - 1:
            found[-1].append(place)
        else:
            found.append([place])
    names = (WEEKDAYS[-1], *WEEKDAYS[:-1])
    return [names[run[0]] if len(run) == 1 else f"{names[run[0]]}:{names[run[-1]]}" for run in found]


def _weekday(name: str, whole: str) -> int:
    for number, day in enumerate(WEEKDAYS):
        if name in (day, day[:3]):
            return number
    near = difflib.get_close_matches(name, [d for day in WEEKDAYS for d in (day, day[:3])], n=1)
    right = (
        f"did you mean {near[0]}?" if near else "write mon, tue, wed, thu, fri, sat, sun, or a range such as mon-fri"
    )
    raise ValueError(f"{_shown(whole)} is no weekday; {right}")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
