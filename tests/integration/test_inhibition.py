"""Which alert silences which, asked of a real Alertmanager with the generated configuration."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.pipeline import generate
from generator.runtime.binaries import Sources, provide
from generator.runtime.relocate import relocated
from tests.integration.client import free_ports, get, wait
from tests.proof import STATE

pytestmark = [pytest.mark.integration, pytest.mark.server("alertmanager")]
SPEC: dict[str, Any] = {
    "version": 1,
    "stack": {"name": "inhibition"},
    "services": [
        {"name": "api", "kind": "fastapi", "targets": ["api:8000"], "buckets": ["500ms", "800ms", "1s", "6s"]}
    ],
    "gpus": {"targets": ["10.0.0.1:9400"]},
    "alerting": {"receivers": [{"name": "nobody", "webhook": {"url": "http://127.0.0.1:9/"}}]},
}
Labels = dict[str, str]
GPU = {"instance": "10.0.0.1:9400", "host": "10.0.0.1"}
HOT_0 = {"alertname": "GpuHot", "gpu": "0", **GPU}
HOT_1 = {"alertname": "GpuHot", "gpu": "1", **GPU}
BROKEN = {"alertname": "GpuErrors", "severity": "critical", "gpu": "0", "xid": "79", **GPU}
WARNING, CRITICAL = {"severity": "warning"}, {"severity": "critical"}
NODE_DOWN = {"alertname": "ServiceDown", "job": "node", "instance": "10.0.0.1:9100", "host": "10.0.0.1", **CRITICAL}
EXPORTER_DOWN = {"alertname": "ServiceDown", "job": "gpu", **GPU, **CRITICAL}
FULL = {"alertname": "HostDiskFull", "instance": "10.0.0.1:9100", "mountpoint": "/data"}
FILLS = {"alertname": "HostDiskFillsSoon", "instance": "10.0.0.1:9100", "mountpoint": "/data", **WARNING}


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An Alertmanager of its own, with nothing but the generated file."""
    folder: Path = tmp_path_factory.mktemp("alertmanager")
    (folder / "alertmanager").mkdir()
    (folder / "alertmanager.yml").write_text(generate(yaml.safe_dump(SPEC)).files()["alertmanager/alertmanager.yml"])
    found = provide(("alertmanager",), Sources.here(STATE).without_network(), lambda _text: None).get("alertmanager")
    assert found is not None
    server = relocated(found, folder, folder)
    address = f"127.0.0.1:{free_ports(1)[0]}"
    flags = (f"--web.listen-address={address}", "--cluster.listen-address=", f"--storage.path={folder / 'data'}")
    with (folder / "log").open("wb") as log:
        command = [str(server.path), f"--config.file={folder / 'alertmanager.yml'}", *flags]
        process = subprocess.Popen(command, cwd=folder / "alertmanager", stdout=log, stderr=log)
    try:
        wait("Alertmanager", lambda: get(f"http://{address}/api/v2/status"), 30)
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def silenced(alertmanager: str, case: str, source: Labels, target: Labels) -> bool:
    """Whether `source` inhibits `target`; `case` keeps the alerts of one question from those of another."""
    both = [{"labels": {**labels, "env": case}} for labels in (source, target)]
    request = urllib.request.Request(
        f"{alertmanager}/api/v2/alerts", json.dumps(both).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10):
        pass

    def seen() -> bool | None:
        found = get(f"{alertmanager}/api/v2/alerts?filter=env%3D%22{case}%22")
        mine = [alert for alert in found if alert["labels"] == both[1]["labels"]]
        return bool(mine[0]["status"]["inhibitedBy"]) if len(found) == 2 and mine else None

    return wait(f"both alerts of {case}", seen, 30)


@pytest.mark.parametrize(
    ("case", "source", "target", "expected"),
    [
        ("same-card", {**HOT_0, **CRITICAL}, {**HOT_0, **WARNING}, True),
        ("other-card", {**HOT_0, **CRITICAL}, {**HOT_1, **WARNING}, False),
        ("other-host", {**HOT_0, **CRITICAL}, {**HOT_0, **WARNING, "instance": "10.0.0.2:9400"}, False),
        ("other-condition", BROKEN, {**HOT_0, **WARNING}, False),
        ("host-down", NODE_DOWN, {**HOT_1, **CRITICAL}, True),
        ("host-down-errors", NODE_DOWN, BROKEN, True),
        ("host-down-exporter", NODE_DOWN, EXPORTER_DOWN, True),
        ("host-down-disk", NODE_DOWN, FILLS, True),
        ("other-host-down", {**NODE_DOWN, "instance": "10.0.0.2:9100", "host": "10.0.0.2"}, BROKEN, False),
        ("exporter-down", EXPORTER_DOWN, BROKEN, True),
        ("exporter-down-host", EXPORTER_DOWN, FILLS, False),
        ("disk-full", {**FULL, **CRITICAL}, FILLS, True),
        ("disk-fuller", {**FULL, **WARNING}, FILLS, False),
        ("other-disk", {**FULL, **CRITICAL, "mountpoint": "/"}, FILLS, False),
    ],
)
def test_a_cause_silences_its_own_symptoms(
    alertmanager: str, case: str, source: Labels, target: Labels, expected: bool
) -> None:
    """The same card, host or disk, and no other."""
    apart = [{n: f"{case}-{v}" if n in ("instance", "host") else v for n, v in a.items()} for a in (source, target)]

    assert silenced(alertmanager, case, *apart) is expected
