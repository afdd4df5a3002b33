"""A notification as Alertmanager posts it, and makers of variations."""

from __future__ import annotations

from typing import Any


def alert(name: str = "HighErrorRate", status: str = "firing", **annotations: str) -> dict[str, Any]:
    """One alert of a notification."""
    return {
        "status": status,
        "labels": {"alertname": name, "service": "checkout", "severity": "critical", "team": "shop"},
        "annotations": {
            "summary": "checkout: 5.2% of requests fail (limit 1%)",
            "runbook_url": "http://127.0.0.1:8090/runbooks/HighErrorRate",
            "dashboard_url": "http://127.0.0.1:3000/d/service?var-service=checkout&from=now-1h",
            **annotations,
        },
        "startsAt": "2026-01-31T12:00:00.123456789Z",
        "endsAt": "2026-01-31T12:10:00Z" if status == "resolved" else "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus:9090/graph?g0.expr=up&g0.tab=1",
        "fingerprint": "e7a1d5c2f0b94836",
    }


def notification(*alerts: dict[str, Any]) -> dict[str, Any]:
    """A whole body, with every field that Alertmanager sends."""
    return {
        "version": "4",
        "groupKey": '{}:{alertname="HighErrorRate"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "sink",
        "groupLabels": {"alertname": "HighErrorRate"},
        "commonLabels": {"service": "checkout"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "alerts": list(alerts) or [alert()],
    }
