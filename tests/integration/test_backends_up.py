"""`up` without Docker: smaller while Loki, Tempo and the collector cannot be had, whole when they can, then changed."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.model import Component
from generator.runtime.base import Project, Report
from generator.runtime.binaries import Sources
from generator.runtime.native import Native
from generator.targets.base import MORE, port_field
from tests.integration.client import free_ports, get, query, wait
from tests.proof import find

pytestmark = [pytest.mark.integration, pytest.mark.server("prometheus", "alertmanager")]
BASE, BACKENDS = ("prometheus", "alertmanager"), ("loki", "tempo", "otelcol-contrib")
ROWS = ("loki", "tempo", "otel-collector")


class Here:
    """A project of its own; its binaries are those that were linked into one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / "path"
        self.path.mkdir()
        fields = [*(port_field(component) for component in Component), *MORE]
        self.ports = dict(zip(fields, free_ports(len(fields)), strict=True))

    def link(self, names: tuple[str, ...]) -> None:
        """Lets these be found."""
        for name in names:
            server = find(name)
            assert server
            (self.path / name).symlink_to(server.where)

    def native(self, **more: Any) -> Native:
        """The runtime, with the spec as it is now."""
        stack = {"name": "here", "scrape_interval": "1s", "scrape_timeout": "1s", "ports": self.ports}
        service = {"name": "api", "kind": "fastapi", "targets": ["127.0.0.1:1"], "buckets": ["800ms", "3s", "5s"]}
        hook = {"receivers": [{"name": "hook", "webhook": {"url": "http://127.0.0.1:1/"}}]}
        spec = {"version": 1, "stack": {**stack, **more}, "services": [service], "alerting": hook}
        sources = Sources(self.folder / "packages", None, str(self.path), packages=False, releases=())
        return Native(Project(self.folder, yaml.safe_dump(spec).encode()), sources)

    def pids(self) -> dict[str, int]:
        """The processes of the stack."""
        return {name: program.pid for name, program in self.native().daemon.programs().items()}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    """A stack that is stopped in the end, whatever happened."""
    made = Here(tmp_path_factory.mktemp("backends"))
    made.link(BASE)
    yield made
    made.native().down(print)


def states(report: Report) -> dict[str, str]:
    """How each of the three is."""
    return {row.component: row.state for row in report.rows if row.component in ROWS}


def test_without_their_binaries_the_stack_is_smaller(here: Here) -> None:
    """It is whole in itself: nobody waits for what does not run, and `up` says what is missing and what that costs."""
    report = here.native().up(print)

    assert report.ok, report.problems
    assert states(report) == dict.fromkeys(ROWS, "missing")
    assert [note for note in report.notes if note.startswith("logs are not kept")]
    assert [note for note in report.notes if note.startswith("traces are not kept")]
    assert [note for note in report.notes if note.startswith("no loki: ")]
    url = f"http://127.0.0.1:{here.ports['prometheus']}"
    jobs = {each["labels"]["job"] for each in get(f"{url}/api/v1/targets")["data"]["activeTargets"]}
    assert not jobs & {"loki", "tempo", "collector"}
    rules = json.dumps(get(f"{url}/api/v1/rules"))
    assert "RuleEvaluationFailing" in rules
    assert "NotIngested" not in rules


@pytest.mark.server(*BACKENDS)
def test_once_they_are_there_the_next_up_takes_them(here: Here) -> None:
    """All three are healthy and scraped; what ran before went on running."""
    before = here.pids()
    here.link(BACKENDS)
    report = here.native().up(print)

    assert report.ok, report.problems
    assert states(report) == dict.fromkeys(ROWS, "up")
    assert not [note for note in report.notes if "not kept" in note]
    assert {name: pid for name, pid in here.pids().items() if name in before} == before
    url = f"http://127.0.0.1:{here.ports['prometheus']}"
    for job in ("loki", "tempo", "collector"):
        wait(f"{job} to be scraped", lambda job=job: query(url, f'min(up{{job="{job}"}}) == 1') or None, 60)  # type: ignore[misc]


@pytest.mark.server(*BACKENDS)
def test_a_changed_configuration_restarts_whom_it_concerns(here: Here) -> None:
    """Neither Loki nor Tempo can read its file again; the others are left alone."""
    before = here.pids()
    report = here.native(retention={"logs": "48h"}).up(print)
    after = here.pids()

    assert report.ok, report.problems
    assert {name for name in before if before[name] != after[name]} == {"loki"}
    with urllib.request.urlopen(f"http://127.0.0.1:{here.ports['loki']}/config", timeout=10) as answer:
        assert "retention_period: 2d" in answer.read().decode()
