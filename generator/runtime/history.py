"""What a running Prometheus has kept: an expression over days, asked in parts that fit into memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from generator.runtime import http

MOST_POINTS = 5760  # a server refuses more than 11,000
MOST_BYTES = 4 * 1024 * 1024
TIMEOUT = 130.0  # the server's own is two minutes
LOOKBACK = 300.0  # for how long a server takes the last sample for the present


class HistoryProblem(Exception):
    """The server cannot be asked; the text is for the user."""


@dataclass(frozen=True, slots=True)
class Part:
    """One answer: up to `end`, the moments of each series at which the expression had a value."""

    end: float
    series: tuple[tuple[dict[str, str], tuple[float, ...]], ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a range has data: since when, how long in all, and how many gaps lie in between."""

    since: float
    length: float
    gaps: int


def parts(url: str, expr: str, start: float, end: float, step: float) -> Iterator[Part]:
    """The expression at every step from `start` to `end`, in order; raises HistoryProblem."""
    points, at = MOST_POINTS, start
    while at <= end + step * 1e-6:
        last = min(end, at + (points - 1) * step)
        answer = _range(url, expr, at, last, step)
        if answer.cut or _too_much(answer):
            if points == 1:
                raise HistoryProblem(f"the answer of one evaluation is larger than {MOST_BYTES} bytes")
            points = max(1, points // 2)
            continue
        yield Part(last, tuple(_series(url, answer)))
        at = last + step


def coverage(url: str, series: tuple[str, ...], start: float, end: float) -> Coverage | None:
    """How much history any of these series has; None where there is nothing."""
    expr = " or ".join(f"group({name})" for name in series)
    found = (moment for part in parts(url, expr, start, end, LOOKBACK) for _, times in part.series for moment in times)
    since = last = next(found, None)
    if since is None or last is None:
        return None
    length, gaps = 0.0, 0
    for moment in found:
        if moment - last > 1.5 * LOOKBACK:
            gaps += 1
        else:
            length += moment - last
        last = moment
    return Coverage(since, length, gaps)


def _range(url: str, expr: str, start: float, end: float, step: float) -> http.Answer:
    if urlsplit(url).scheme not in ("http", "https"):
        raise HistoryProblem(f"{url} is no URL of a Prometheus; write one such as http://localhost:9090")
    form = {"query": expr, "start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step:.3f}"}
    return http.ask(f"{url.rstrip('/')}/api/v1/query_range", form=form, timeout=TIMEOUT, most=MOST_BYTES)


def _too_much(answer: http.Answer) -> bool:
    """Whether the server gave up for the size of the question, and not for what was asked."""
    return answer.status in (422, 503) and ("too many samples" in answer.body or "timed out" in answer.body)


def _series(url: str, answer: http.Answer) -> Iterator[tuple[dict[str, str], tuple[float, ...]]]:
    if not answer.status:
        raise HistoryProblem(f"Prometheus does not answer at {url}: {answer.body}")
    data = answer.data()
    if not answer.ok or not isinstance(data, dict) or data.get("status") != "success":
        raise HistoryProblem(f"{url} answers {answer.status}: {_reason(answer)}")
    for found in data["data"]["result"]:
        yield found["metric"], tuple(float(moment) for moment, _ in found["values"])


def _reason(answer: http.Answer) -> str:
    try:
        return str(json.loads(answer.body)["error"])
    except (ValueError, KeyError, TypeError):
        return answer.body[:200] or "nothing"
