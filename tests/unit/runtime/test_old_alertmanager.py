"""An Alertmanager that is older than the spec needs: refused where it would run, not asked where it only checks."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from generator.checkers import Verdict, check_tree
from generator.needs import needs, older, unmet
from generator.pipeline import load
from generator.runtime.base import Project, RuntimeProblem
from generator.runtime.native import Native
from tests.unit.runtime.test_binaries import program, silent, sources

SPEC = {
    "version": 1,
    "stack": {"name": "demo"},
    "services": [{"name": "api", "kind": "fastapi", "targets": ["api:8000"]}],
    "alerting": {"receivers": [{"name": "room", "teams": {"webhook_url_file": "/run/secrets/teams"}}]},
}
RAW = yaml.safe_dump(SPEC).encode()
WORDS = "Microsoft Teams (receiver 'room'): 0.28 or newer"


def test_a_version_is_read_however_it_ends() -> None:
    """And what cannot be read is no reason to refuse."""
    assert older("0.27.0+ds", (0, 28))
    assert not older("0.28.0-rc.1", (0, 28))
    assert not older("1.0", (0, 28))
    assert not older("latest", (0, 28))


def test_what_a_version_lacks_is_told_in_words() -> None:
    needed = needs(load(RAW, "spec.yaml", "native"))

    assert unmet(needed, "0.25.0") == WORDS
    assert unmet(needed, "0.33.1") == ""


def test_an_old_server_is_refused_before_anything_runs(tmp_path: Path) -> None:
    """By name, with the version that is needed; nothing is started or written."""
    program(tmp_path / "path/alertmanager", "0.25.0")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/teams").write_text("https://example.com/x")

    with pytest.raises(RuntimeProblem, match=r"Alertmanager 0\.25\.0 \(PATH\) is too old for Microsoft Teams"):
        Native(Project(tmp_path, RAW), sources(tmp_path)).up(silent)
    assert not (tmp_path / ".run/native").exists()


def test_an_old_checker_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would refuse what a newer server takes."""
    program(tmp_path / "path/amtool", "0.25.0", status=0)
    monkeypatch.setattr("generator.checkers.Sources.here", lambda _state: sources(tmp_path))
    needed = needs(load(RAW, "spec.yaml", "compose"))

    found = {c.what: c for c in check_tree(tmp_path, tmp_path / ".run", needed=needed)}

    assert found["amtool check-config"].verdict is Verdict.SKIPPED
    assert found["amtool check-config"].detail == f"amtool 0.25.0 of this machine is too old for {WORDS}"
