"""Which traces are kept, decided when a whole trace is there."""

from __future__ import annotations

from typing import Any

from generator.model import Traces
from generator.units import duration

AFTER_ROOT, WITHOUT_ROOT = 10, 30
"""Seconds until a trace is judged, from its root's arrival (services hand their spans over every few seconds), and from
its first span's where no root came. Pending traces are what a killed collector loses."""
PENDING, REMEMBERED = 50_000, 50_000
FAILED = (
    "span.status.code == STATUS_CODE_ERROR",
    'span.attributes["http.response.status_code"] >= 500',
    'span.attributes["http.status_code"] >= 500',
)
RAISED = 'spanevent.name == "exception"'


def sampling(traces: Traces) -> dict[str, Any]:
    """The processor. A trace is kept when one policy wants it; shares are drawn by the trace's id, so that every span
    of a trace, however late, gets the same answer.

    A trace that is not kept is forgotten once the next one is judged (a cache of one): a late root, an error or the end
    of a slow request is then judged as it comes, where a longer memory would throw it away."""
    return {
        "decision_wait": duration(WITHOUT_ROOT),
        "decision_wait_after_root_received": duration(AFTER_ROOT),
        "num_traces": PENDING,
        "block_on_overflow": True,  # otherwise the oldest traces leave unjudged
        "decision_cache": {"sampled_cache_size": REMEMBERED, "non_sampled_cache_size": 1},
        "policies": [*_policies(traces)],
    }


def _policies(traces: Traces) -> list[dict[str, Any]]:
    failed = {
        "type": "ottl_condition",
        "ottl_condition": {"error_mode": "ignore", "span": [*FAILED], "spanevent": [RAISED]},
    }
    slow = {"type": "latency", "latency": {"threshold_ms": round(traces.slower_than * 1000)}}
    others = _share(traces.others, "others")
    if traces.errors >= 1:
        return [{"name": "errors", **failed}, {"name": "slow", **slow}, {"name": "others", **others}]
    some = [{"name": "failed", **failed}, {"name": "share", **_share(traces.errors, "errors")}]
    healthy = {"name": "healthy", "type": "not", "not": {"not_sub_policy": {"name": "failed", **failed}}}
    rest = [healthy, {"name": "share", **others}]
    return [
        {"name": "errors", "type": "and", "and": {"and_sub_policy": some}},
        {"name": "slow", **slow},
        {"name": "others", "type": "and", "and": {"and_sub_policy": rest}},
    ]


def _share(share: float, salt: str) -> dict[str, Any]:
    """Salted: those of the errors and those of the others are drawn apart."""
    percentage = round(share * 100, 6)
    return {"type": "probabilistic", "probabilistic": {"hash_salt": salt, "sampling_percentage": percentage}}
