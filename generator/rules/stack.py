"""The stack itself: the dead man's switch."""

from __future__ import annotations

from generator import names
from generator.model import Severity, Stack
from generator.rules.base import AlertRule, Family, Scenario


def watchdog(stack: Stack) -> Family:
    """Watchdog fires always: whoever stops receiving it knows that alerting is down."""
    at = 4 * stack.evaluation_interval
    alert = AlertRule(
        name="Watchdog",
        expr="vector(1)",
        hold=0,
        severity=Severity.INFO,
        value="1",
        limit="1",
        subject=stack.name,
        labels=((names.TEAM, stack.team),),
        scenarios=(Scenario("fires without any data", (), at, True),),
    )
    return Family("stack", (), (alert,))
