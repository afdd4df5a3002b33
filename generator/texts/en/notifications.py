"""English: what notifications say around the alerts' own texts."""

from __future__ import annotations

NOTIFICATIONS: dict[str, str] = {
    "notice.language": "en",
    "notice.firing": "FIRING",
    "notice.resolved": "RESOLVED",
    "notice.critical": "critical",
    "notice.warning": "warning",
    "notice.info": "info",
    "notice.severity": "Severity",
    "notice.value": "Value",
    "notice.limit": "limit",
    "notice.since": "Since",
    "notice.until": "Resolved at",
    "notice.dashboard": "Dashboard",
    "notice.runbook": "Runbook",
    "notice.silence": "Silence",
    "notice.more": "There are more alerts than are shown here; Alertmanager lists them all.",
    "notice.test.summary": "Test alert for the receiver {receiver}",
    "notice.test.description": "`make alert-test` sent this by the real route. There is nothing to do.",
}
