"""Service level objectives: what is counted, over which windows, the error budget, and the alerts on its burning."""

from __future__ import annotations

from generator.model import Stack
from generator.rules.base import Family
from generator.rules.slo.alerts import KINDS, alerts
from generator.rules.slo.budget import budget
from generator.rules.slo.burn import out_of_reach
from generator.rules.slo.events import between, events, objectives, promises
from generator.rules.slo.scenarios import stride
from generator.rules.slo.windows import windows

BUDGET_INTERVAL = 120.0
"""Between two evaluations of what reads the whole window of an SLO, if rules do not run less often anyway."""


def slo(stack: Stack) -> Family:
    """The family of SLOs; empty without any."""
    if not any(objectives(stack)):
        return Family("slo")
    recordings = (*promises(stack), *events(stack), *windows())
    return Family("slo", recordings, tuple(alerts(stack)), reads=("services",), step=stride(stack))


def error_budgets(stack: Stack) -> Family:
    """What is left of the error budgets: a group of its own, which runs less often."""
    interval = max(BUDGET_INTERVAL, stack.evaluation_interval)
    return Family("slo-budget", tuple(budget(stack)), interval=interval)


__all__ = ["KINDS", "between", "error_budgets", "objectives", "out_of_reach", "slo"]
