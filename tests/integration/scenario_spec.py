"""The spec of the scenario test: the product's rules, with shorter intervals and `for`."""

from __future__ import annotations

from typing import Any

HOOK_VARIABLE = "SCENARIO_HOOK_URL"
SECRET_RECEIVERS: dict[str, Any] = {
    "receivers": [
        {"name": "sink", "webhook": {"url": "http://alert-sink:8080/alerts"}},
        {"name": "by-file", "webhook": {"url_file": "/run/secrets/hook_url"}},
        {"name": "by-variable", "webhook": {"url_env": HOOK_VARIABLE}},
    ],
    "default": "sink",
    "routes": [
        {"match": {"alertname": "Watchdog"}, "receiver": "by-file", "continue": True},
        {"match": {"alertname": "Watchdog"}, "receiver": "by-variable"},
    ],
}
SERVICES = ("errors-api", "slow-api", "dying-api", "busy-api")


def spec(
    name: str, discovery: dict[str, dict[str, Any]], ports: dict[str, int], subnet: str, probe: str
) -> dict[str, Any]:
    """`discovery` says how Prometheus finds each service; `probe` is a URL that answers."""
    return {
        "version": 1,
        "stack": {
            "name": name,
            "scrape_interval": "5s",
            "scrape_timeout": "4s",
            "ports": ports,
            "subnet": subnet,
        },
        "services": [
            {"name": service, "kind": "fastapi", **discovery[service], "team": "ml", "buckets": BUCKETS}
            for service in SERVICES
        ],
        "probes": [{"name": "home", "kind": "http", "target": probe}],
        "alerting": {
            "group_wait": "1s",
            "group_interval": "5s",
            "for": {
                "HighErrorRate": "15s",
                "HighLatencyP95": "15s",
                "ServiceDown": "15s",
                "HostHighCpu": "2m",
                "HostHighMemory": "30m",
            },
        },
    }


BUCKETS = [
    "5ms",
    "10ms",
    "25ms",
    "50ms",
    "75ms",
    "100ms",
    "250ms",
    "500ms",
    "800ms",
    "1s",
    "1500ms",
    "2500ms",
    "3s",
    "5s",
    "10s",
]
