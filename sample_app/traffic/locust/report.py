"""What came of a run, by Locust's own statistics."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from locust.stats import RequestStats, StatsEntry

from .endpoints import ENDPOINTS, TITLES
from .visitor import AbandonedError

ABANDONED, NONE = "abandoned", "none"
IN_A_ROW = 3
_ENDS = {"4xx": "4xx", "5xx": "5xx", NONE: "no answer", ABANDONED: "left early"}
_SERVICES = {(endpoint.method, endpoint.template): endpoint.service for endpoint in ENDPOINTS}


@dataclass(slots=True)
class Tally:
    """How requests ended, by method and name: "2xx" to "5xx", "abandoned" on purpose, or "none" without an answer."""

    ends: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def count(
        self, request_type: str, name: str, response: Any = None, exception: Exception | None = None, **_: Any
    ) -> None:
        """Takes one of Locust's request events."""
        self.ends[request_type, name][_end(response, exception)] += 1


@dataclass(slots=True)
class Silence:
    """Tells people when a service leaves three requests in a row without an answer, and when it answers again."""

    in_a_row: Counter[str] = field(default_factory=Counter)

    def count(
        self, request_type: str, name: str, response: Any = None, exception: Exception | None = None, **_: Any
    ) -> None:
        """Takes one of Locust's request events."""
        service, end = _SERVICES[request_type, name], _end(response, exception)
        if end == ABANDONED:
            return
        before = self.in_a_row[service]
        self.in_a_row[service] = before + 1 if end == NONE else 0
        if before + 1 == IN_A_ROW and end == NONE:
            print(f"{TITLES[service]} does not answer: {exception}", file=sys.stderr, flush=True)
        elif before >= IN_A_ROW and end != NONE:
            print(f"{TITLES[service]} answers again", file=sys.stderr, flush=True)


def summary(stats: RequestStats, tally: Tally) -> dict[str, Any]:
    """The statistics as plain values. A failure is an answer from 400 on, none at all, or an abandoned request.

    Seconds are rounded as Locust rounds them: to 1 ms, from 0.1 s on to 10 ms, from 1 s to 0.1 s, from 10 s to 1 s.
    None without requests.
    """
    total = stats.total
    statuses: Counter[str] = sum(tally.ends.values(), Counter())
    return {
        "requests": total.num_requests,
        "failures": total.num_failures,
        **_quantiles(total),
        "statuses": dict(sorted(statuses.items())),
        "by_name": {f"{entry.method} {entry.name}": _row(entry, tally) for entry in _sorted(stats)},
    }


def table(made: dict[str, Any]) -> str:
    """The summary for people, one line a route: how its requests ended, then how long they took in seconds."""
    rows = [*made["by_name"].items(), ("all", made | {"count": made["requests"]})]
    lines = [
        f"{'route':<32}{'requests':>9}{''.join(f'{title:>12}' for title in _ENDS.values())}{'p50 s':>9}{'p95 s':>9}"
    ]
    for name, row in rows:
        ends = "".join(f"{row['statuses'].get(end, 0):>12}" for end in _ENDS)
        lines.append(f"{name:<32}{row['count']:>9}{ends}{_text(row['p50_seconds'])}{_text(row['p95_seconds'])}")
    return "\n".join(lines)


def _end(response: Any, exception: Exception | None) -> str:
    status = getattr(response, "status_code", 0)
    return ABANDONED if isinstance(exception, AbandonedError) else f"{status // 100}xx" if status else NONE


def _row(entry: StatsEntry, tally: Tally) -> dict[str, Any]:
    key = (entry.method, entry.name)
    return {
        "service": _SERVICES[key],
        "count": entry.num_requests,
        "failures": entry.num_failures,
        **_quantiles(entry),
        "statuses": dict(sorted(tally.ends[key].items())),
    }


def _quantiles(entry: StatsEntry) -> dict[str, float | None]:
    shares = {"p50_seconds": 0.5, "p95_seconds": 0.95}
    if not entry.num_requests:
        return dict.fromkeys(shares)
    return {name: round(entry.get_response_time_percentile(share) / 1000, 6) for name, share in shares.items()}


def _sorted(stats: RequestStats) -> list[StatsEntry]:
    return sorted(stats.entries.values(), key=lambda entry: (entry.name, entry.method))


def _text(seconds: float | None) -> str:
    return f"{'-' if seconds is None else f'{seconds:.3f}':>9}"
