"""grafana/: data sources, dashboard provider and the dashboards' JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from generator import names
from generator.builders.datasources import datasources
from generator.bundle import Artifact
from generator.dashboards import dashboards
from generator.model import Stack
from generator.render import to_json, to_yaml
from generator.targets import TARGETS


def build(stack: Stack) -> Iterable[Artifact]:
    """Everything that Grafana provisions itself with."""
    yield Artifact(names.GRAFANA_DATASOURCES, to_yaml(datasources(stack), "The data sources of Grafana."))
    yield Artifact(names.GRAFANA_PROVIDERS, to_yaml(_provider(stack), "Where Grafana finds its dashboards."))
    for dashboard in dashboards(stack):
        yield Artifact(names.dashboard_file(dashboard["uid"]), to_json(dashboard))


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
