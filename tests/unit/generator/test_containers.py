"""Containers get their names from control groups, whichever of Docker's drivers made those."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from generator.pipeline import generate

SPEC = {
    "version": 1,
    "stack": {"name": "demo-1"},
    "services": [{"name": "shop", "kind": "django", "targets": ["shop:8000"]}],
    "hosts": {"targets": ["node-exporter:9100"], "containers": ["cadvisor:8080"]},
}
FULL = "0123456789ab" + "c" * 52


def tree() -> dict[str, str]:
    """The rendered files."""
    return generate(json.dumps(SPEC)).files()


def relabelled(labels: dict[str, str]) -> dict[str, str] | None:
    """A series of cAdvisor after the job's rules, done as Prometheus documents them; None when it is dropped."""
    config = yaml.safe_load(tree()["prometheus/prometheus.yml"])
    job = next(each for each in config["scrape_configs"] if each["job_name"] == "container")
    for rule in job["metric_relabel_configs"]:
        value = ";".join(labels.get(label, "") for label in rule["source_labels"])
        match = re.fullmatch(rule["regex"], value)
        if match and rule.get("action") == "drop":
            return None
        if match:
            labels = labels | {rule["target_label"]: match[1]}
    return labels


@pytest.mark.parametrize(
    ("identity", "container"),
    [
        (f"/demo-1-shop.slice/{FULL}", "shop"),
        (f"/demo.slice/demo-1.slice/demo-1-ml-api.slice/docker-{FULL}.scope", "ml-api"),
        (f"/user.slice/user-1000.slice/user@1000.service/demo-1-shop.slice/docker-{FULL}.scope", "shop"),
        (f"/docker/{FULL}", "0123456789ab"),
        (f"/system.slice/docker-{FULL}.scope", "0123456789ab"),
        ("/system.slice/ssh.service", None),
        ("/demo-1-shop.slice", None),
        (f"/demo-10-shop.slice/{FULL}", None),
        ("/", None),
    ],
)
def test_the_name_of_a_control_group(identity: str, container: str | None) -> None:
    """Our own by component, others by id, what is no container not at all."""
    found = relabelled({"__name__": "container_cpu_usage_seconds_total", "id": identity})

    assert (found and found["container"]) == container


def test_a_name_that_cadvisor_knows_is_kept() -> None:
    """Elsewhere it may ask its engine."""
    labels = {"__name__": "container_last_seen", "id": f"/docker/{FULL}", "name": "db"}

    assert relabelled(labels) == {**labels, "container": "db"}
    assert relabelled({"__name__": "process_start_time_seconds"}) == {"__name__": "process_start_time_seconds"}


def test_every_container_of_the_stack_is_in_a_group_of_its_own() -> None:
    """So that the rules above find each of them; without cAdvisor nothing changes."""
    services: dict[str, Any] = yaml.safe_load(tree()["docker-compose.yml"])["services"]
    plain = json.dumps({key: value for key, value in SPEC.items() if key != "hosts"})

    assert {name: each["cgroup_parent"] for name, each in services.items()} == {
        name: f"demo-1-{name}.slice" for name in services
    }
    assert "cgroup_parent" not in generate(plain).files()["docker-compose.yml"]
