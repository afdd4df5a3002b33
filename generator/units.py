"""Quantities as a person writes them (`1%`, `800ms`, `20GB`) and as servers read them. Pure text and numbers."""

from __future__ import annotations

import re

_DURATION_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}
_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|[smhdwy]))+")
_DURATION_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|[smhdwy])")
_PERCENT = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?%")
_SIZE = re.compile(r"([0-9]+)(B|KB|MB|GB|TB|PB)")
MAX_DURATION = 100 * 31536000.0


def parse_percent(value: object) -> float:
    """`1%` -> 0.01; raises ValueError that says what would be right. 0 < result <= 1."""
    share = parse_share(value)
    if share == 0:
        raise ValueError(f"{value} is out of range; write at least 0.0000001% and at most 100%")
    return share


def parse_share(value: object) -> float:
    """The same, where nothing at all is a share too: 0 <= result <= 1."""
    if isinstance(value, bool) or not isinstance(value, str):
        raise ValueError(f"{_shown(value)} has no unit; write a percentage such as 1%")
    match = _PERCENT.fullmatch(value.strip())
    if not match:
        raise ValueError(f"{_shown(value)} is no percentage; write one such as 1% or 99.9%")
    share = round(float(match[1]) / 100, 9)
    if share > 1:
        raise ValueError(f"{value} is out of range; write at least 0.0000001% and at most 100%")
    return share


def parse_objective(value: object) -> float:
    """`99.9%` -> 0.999; at least half, and never all: 100 % would leave no budget to spend."""
    share = parse_percent(value)
    if not 0.5 <= share < 1:
        raise ValueError(f"{value} is no objective; write at least 50% and less than 100%, such as 99.9%")
    return share


def parse_period(value: object) -> float:
    """The window of an SLO -> seconds; alerts on it look at up to three days, so that it must be longer."""
    seconds = parse_duration(value)
    if not 7 * 86400 <= seconds <= 366 * 86400 or seconds % 86400:
        raise ValueError(f"{value} is no window of an SLO; write whole days from 7d to 366d, such as 30d")
    return seconds


def parse_duration(value: object) -> float:
    """`800ms`, `5m`, `1h30m` -> seconds; raises ValueError that says what would be right. Result > 0.

    Servers know nothing finer than a millisecond; what is finer is refused, never rounded.
    """
    seconds = _seconds(value)
    if not 0.001 <= seconds <= MAX_DURATION:
        raise ValueError(f"{value} is out of range; write at least 1ms and at most 100y")
    if seconds != round(seconds, 3):
        raise ValueError(f"{value} is finer than a millisecond; write whole ones such as {duration(seconds)}")
    return seconds


def parse_bound(value: object) -> float:
    """A bucket's bound -> seconds, down to a microsecond: `800ms`, `2.5ms`, `0.05ms`."""
    seconds = _seconds(value)
    if not 0.000001 <= seconds <= MAX_DURATION:
        raise ValueError(f"{value} is out of range; write at least 0.001ms and at most 100y")
    return seconds


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, str):
        raise ValueError(f"{_shown(value)} has no unit; write a duration such as 800ms, 15s or 5m")
    text = value.strip()
    if not _DURATION.fullmatch(text) or len(text) > 40:
        raise ValueError(f"{_shown(value)} is no duration; write one such as 800ms, 15s, 5m or 30d")
    return round(sum(float(number) * _DURATION_UNITS[unit] for number, unit in _DURATION_PART.findall(text)), 9)


def parse_delay(value: object) -> float:
    """A duration that may be nothing: `0s`, `0m` and whatever `parse_duration` takes."""
    if isinstance(value, str) and re.fullmatch(r"0(ms|[smhdwy])", value.strip()):
        return 0.0
    return parse_duration(value)


def parse_size(value: object) -> str:
    """`20GB` -> the same text, checked; raises ValueError that says what would be right."""
    if isinstance(value, bool) or not isinstance(value, str):
        raise ValueError(f"{_shown(value)} has no unit; write a size such as 20GB or 512MB")
    match = _SIZE.fullmatch(value.strip())
    if not match or int(match[1]) == 0 or len(match[1]) > 6:
        raise ValueError(f"{_shown(value)} is no size; write one such as 20GB or 512MB")
    return value.strip()


def duration(seconds: float) -> str:
    """Seconds as Prometheus and Alertmanager write durations: 90 -> `1m30s`, 0.8 -> `800ms`, 0 -> `0s`."""
    left = round(seconds * 1000)
    if left == 0:
        return "0s"
    parts = []
    for unit, size in (("d", 86400000), ("h", 3600000), ("m", 60000), ("s", 1000), ("ms", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)


def bound(seconds: float) -> str:
    """The inverse of `parse_bound`: 0.8 -> `800ms`, 0.0025 -> `2.5ms`."""
    milliseconds = round(seconds * 1000, 6)
    return duration(seconds) if milliseconds == int(milliseconds) else f"{milliseconds:f}".rstrip("0") + "ms"


def number(value: float) -> str:
    """The shortest exact text of a number in PromQL: 0.8 -> `0.8`, 3.0 -> `3`."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def percent(share: float) -> str:
    """0.01 -> `1%`, 0.999 -> `99.9%`."""
    return f"{number(round(share * 100, 6))}%"


def _shown(value: object) -> str:
    if value is None:
        return "an empty value"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "a mapping"
    text = str(value)
    return repr(text if len(text) <= 60 else text[:57] + "...") if isinstance(value, str) else text
