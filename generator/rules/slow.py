"""Durations against a limit: by the share beyond it where that is exact, else by the interpolated quantile."""

from __future__ import annotations

from collections.abc import Iterable

from generator.promql import bucket, select, sum_by
from generator.units import number

SLOW_SHARE = "0.05"
INFINITE = 'le="+Inf"'


def slow(p95: str, share: str, limit: str, by: str = "service", limited_by: str = "service") -> str:
    """p95 where more than 5 % took longer than the limit. The series differ in `by`, the limit in `limited_by` only."""
    many = "" if by == limited_by else "group_left () "
    exact = f"({p95} and on ({by}) ({share} > {SLOW_SHARE}))"
    rough = f"({p95} > on ({limited_by}) {many}{limit} unless on ({by}) {share})"
    return f"(({exact} or {rough}) * on ({limited_by}) group_left (team) ({limit} > bool 0))"


def slower(buckets: str, by: Iterable[str], value: float, limit: str) -> str:
    """The share beyond a limit of this value, of recorded buckets in seconds; absent where it is no bucket bound."""
    by = tuple(by)
    total = f"({sum_by(by, select(buckets, INFINITE))} > 0)"
    fast = sum_by(by, select(buckets, bucket(value, 1.0)))
    return f"(1 - {fast} / {total}) and on (service) {limit} == {number(value)}"
