"""grafana/: data sources, dashboard provider and the dashboards' JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from generator import names
from generator.bundle import Artifact
from generator.dashboards import dashboards
from generator.model import Component, Stack
from generator.render import to_json, to_yaml
from generator.targets import TARGETS
from generator.units import duration


def build(stack: Stack) -> Iterable[Artifact]:
    """Everything that Grafana provisions itself with."""
    yield Artifact(names.GRAFANA_DATASOURCES, to_yaml(_datasources(stack), "The data sources of Grafana."))
    yield Artifact(names.GRAFANA_PROVIDERS, to_yaml(_provider(stack), "Where Grafana finds its dashboards."))
    for dashboard in dashboards(stack):
        yield Artifact(names.dashboard_file(dashboard["uid"]), to_json(dashboard))


def _datasources(stack: Stack) -> dict[str, Any]:
    target = TARGETS[stack.target]

    def url(component: Component) -> str:
        return f"http://{target.address(component, stack.ports, stack.listen)}"

    return {
        "apiVersion": 1,
        "datasources": [
            {
                "name": "Prometheus",
                "uid": names.DATASOURCE_PROMETHEUS,
                "type": "prometheus",
                "access": "proxy",
                "url": url(Component.PROMETHEUS),
                "isDefault": True,
                "editable": False,
                "jsonData": {"httpMethod": "POST", "timeInterval": duration(stack.scrape_interval)},
            },
            {
                "name": "Alertmanager",
                "uid": names.DATASOURCE_ALERTMANAGER,
                "type": "alertmanager",
                "access": "proxy",
                "url": url(Component.ALERTMANAGER),
                "editable": False,
                "jsonData": {"implementation": "prometheus", "handleGrafanaManagedAlerts": False},
            },
        ],
    }


def _provider(stack: Stack) -> dict[str, Any]:
    return {
        "apiVersion": 1,
        "providers": [
            {
                "name": stack.name,
                "type": "file",
                "allowUiUpdates": False,
                "disableDeletion": True,
                "options": {"path": TARGETS[stack.target].dashboards, "foldersFromFilesStructure": True},
            }
        ],
    }
