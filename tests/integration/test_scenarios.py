"""Faults of real services become alerts at a real receiver, in both runtimes, through the product's own rules."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.client import Grafana, get, put, query, wait
from tests.integration.scenario_spec import SERVICES
from tests.integration.scenario_stack import ScenarioStack

pytestmark = pytest.mark.integration
TRAFFIC_SECONDS = 900
QUIET = 0.3
"""With more of the machine taken by others its load cannot be held between the two limits."""
NATIVE = pytest.mark.server("prometheus", "alertmanager", "node_exporter", "blackbox_exporter")


@pytest.fixture(
    scope="module",
    params=[pytest.param("native", marks=NATIVE), pytest.param("docker", marks=pytest.mark.docker)],
)
def stack(request: pytest.FixtureRequest) -> Iterator[ScenarioStack]:
    """The stack, up, with traffic on every service and all faults switched on at once."""
    with ScenarioStack(request.param) as made:
        for service in SERVICES:
            wait(f"{service} to answer", lambda s=service: get(f"{made.url(s)}/faults"), 60)  # type: ignore[misc]
            made.traffic(service, 10, TRAFFIC_SECONDS)
        time.sleep(10)
        put(f"{made.url('errors-api')}/faults", {"error_ratio": 0.05})
        put(f"{made.url('slow-api')}/faults", {"latency_seconds": 0.9})
        put(f"{made.url('dying-api')}/faults", {"error_ratio": 0.5})
        put(f"{made.url('busy-api')}/faults", {"cpu_busy": 0.78, "seconds": 600})
        made.began = time.time()
        yield made


def received(stack: ScenarioStack, alert: str, status: str = "firing", **labels: str) -> dict[str, Any] | None:
    """The alert as the sink has it."""
    for each in get(f"{stack.sink}/alerts?alertname={alert}&status={status}"):
        if labels.items() <= {**each["labels"], "receiver": each["receiver"]}.items():
            return dict(each)
    return None


def arrives(stack: ScenarioStack, seconds: float, alert: str, status: str = "firing", **labels: str) -> dict[str, Any]:
    """Waits for the alert at the sink, and notes how long it took."""
    what = f"{alert} {labels} {status} at the sink"
    found = wait(what, lambda: received(stack, alert, status, **labels), seconds)
    print(f"{stack.runtime}: {alert} {labels} {status} after {time.time() - stack.began:.0f} s")
    return found


def test_every_component_is_up(stack: ScenarioStack) -> None:
    """`up` ends with a table in which everything that can run here does."""
    wanted = {"prometheus", "alertmanager", "node-exporter", "alert-sink", "blackbox-exporter"}

    assert wanted <= stack.states()


def test_errors_reach_the_sink(stack: ScenarioStack) -> None:
    """5 % of requests fail: HighErrorRate arrives with service, severity, value and a runbook that opens."""
    alert = arrives(stack, 120, "HighErrorRate", service="errors-api")

    assert alert["labels"]["severity"] == "critical"
    assert alert["labels"]["team"] == "ml"
    assert 3 < float(alert["annotations"]["value"].rstrip("%")) < 7
    assert alert["annotations"]["limit"] == "1%"
    with urllib.request.urlopen(
        alert["annotations"]["runbook_url"].replace("localhost", "127.0.0.1"), timeout=5
    ) as page:
        assert b"HighErrorRate" in page.read()
    put(f"{stack.url('errors-api')}/faults", {})
    stack.mended = time.time()


def test_latency_reaches_the_sink(stack: ScenarioStack) -> None:
    """900 ms added: HighLatencyP95 arrives as a warning, and the critical limit of 5 s stays silent."""
    alert = arrives(stack, 120, "HighLatencyP95", service="slow-api")

    assert alert["labels"]["severity"] == "warning"
    assert received(stack, "HighLatencyP95Critical", service="slow-api") is None


def test_a_killed_service_silences_its_symptoms(stack: ScenarioStack) -> None:
    """The app is killed: ServiceDown arrives, and its HighErrorRate is inhibited."""
    arrives(stack, 120, "HighErrorRate", service="dying-api")
    stack.kill("dying-api")
    alert = arrives(stack, 120, "ServiceDown", service="dying-api")

    assert alert["labels"]["severity"] == "critical"
    wait("HighErrorRate of dying-api to be inhibited", lambda: inhibited(stack, "HighErrorRate", "dying-api"), 60)


def inhibited(stack: ScenarioStack, alert: str, service: str) -> bool | None:
    """Whether Alertmanager holds the alert back because of another."""
    for each in get(f"{stack.alertmanager}/api/v2/alerts"):
        labels = each["labels"]
        if (labels["alertname"], labels.get("service")) == (alert, service) and each["status"]["inhibitedBy"]:
            return True
    return None


@pytest.mark.parametrize("receiver", ["by-file", "by-variable"])
def test_secrets_reach_the_receiver(stack: ScenarioStack, receiver: str) -> None:
    """A URL that only a file or a variable knows: the alert arrives, and no generated file holds the URL."""
    if not stack.takes_url_files:
        pytest.skip("not on this machine: an Alertmanager from 0.26 on, which reads a webhook's URL from a file")
    arrives(stack, 120, "Watchdog", receiver=receiver)

    files = [path for path in stack.folder.rglob("*") if path.is_file() and "secrets" not in path.parts]
    told = [path for path in files if stack.token.encode() in path.read_bytes()]
    assert told == []
    assert stack.token not in stack.output


def test_every_panel_returns_data(stack: ScenarioStack) -> None:
    """Every query of every generated dashboard returns data from the live Prometheus."""
    empty = []
    for path in sorted((stack.folder / "grafana" / "dashboards").glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", []):
                expression = target["expr"].replace("$service", ".+")
                if not query(stack.prometheus, expression):
                    empty.append(f"{panel['title']}: {expression}")

    assert not empty


@pytest.mark.server("grafana")
def test_grafana_shows_the_dashboard(stack: ScenarioStack) -> None:
    """A real Grafana took the provisioned data sources and dashboards, and its own queries return data."""
    if "grafana" not in stack.states():
        pytest.skip(f"this {stack.runtime} stack runs without Grafana: {stack.note('grafana')}")
    grafana = Grafana(f"http://127.0.0.1:{stack.ports['grafana']}", stack.folder)

    assert grafana.get("/api/datasources/uid/prometheus/health")["status"] == "OK"
    for path in sorted((stack.folder / "grafana" / "dashboards").glob("*.json")):
        board = grafana.get(f"/api/dashboards/uid/{path.stem}")["dashboard"]
        expressions = [t["expr"] for panel in board["panels"] for t in panel.get("targets", [])]
        silent = [e for e in expressions if not grafana.rows(e.replace("$service", ".+"))]
        assert expressions
        assert silent == []


def test_every_rule_is_healthy(stack: ScenarioStack) -> None:
    """Prometheus evaluates every rule without an error."""
    groups = get(f"{stack.prometheus}/api/v1/rules")["data"]["groups"]
    broken = {r["name"]: r.get("lastError") for g in groups for r in g["rules"] if r["health"] == "err"}

    assert sum(len(g["rules"]) for g in groups) > 50
    assert not broken


def test_a_busy_host_warns_and_is_not_critical(stack: ScenarioStack) -> None:
    """CPU burnt to 78 %: HostHighCpu arrives as a warning; its critical limit of 85 % is not reached."""
    if stack.busy_before > QUIET:
        pytest.skip(f"not on this machine: idle cores (they were {stack.busy_before:.0%} busy with other work)")
    alert = arrives(stack, 420, "HostHighCpu", severity="warning")

    assert 70 < float(alert["annotations"]["value"].rstrip("%")) < 85
    assert received(stack, "HostHighCpu", severity="critical") is None
    put(f"{stack.url('busy-api')}/faults", {})


def test_a_service_that_vanishes_is_down(stack: ScenarioStack) -> None:
    """Killed too; where Docker finds its targets it is not even listed any more, and is missed all the same."""
    stack.kill("slow-api")

    arrives(stack, 120, "ServiceDown", service="slow-api")


def test_errors_resolve_after_the_fault(stack: ScenarioStack) -> None:
    """The fault ended: HighErrorRate is resolved once the window has forgotten it."""
    arrives(stack, 420, "HighErrorRate", "resolved", service="errors-api")


def test_nothing_else_fires(stack: ScenarioStack) -> None:
    """No alert fired that no fault was made for."""
    expected = {"HighErrorRate", "ConsecutiveErrors", "HighLatencyP95", "ServiceDown", "HostHighCpu", "Watchdog"}
    fired = {each["labels"]["alertname"] for each in get(f"{stack.sink}/alerts")}

    assert fired <= expected
