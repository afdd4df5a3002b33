"""`init --from` knows each library by its live page, and what it writes renders."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from generator.cli import OK, main
from tests.contract.libraries import LIBRARIES, Library
from tests.contract.live import Live

pytestmark = pytest.mark.server("prometheus")
SCRAPED = tuple(library for library in LIBRARIES if not library.pushed)


@pytest.mark.parametrize("library", SCRAPED, ids=lambda library: library.name)
def test_a_live_page_gives_its_entry(live: Live, library: Library, tmp_path: Path) -> None:
    """The kind, the target, and the buckets that differ from the library's own; `generate` takes it as it is."""
    spec = tmp_path / "spec.yaml"
    page = f"{live.at(library)}/metrics"

    assert main(["init", "--from", page, "--name", library.name, "--spec", str(spec)]) == OK
    (service,) = yaml.safe_load(spec.read_text())["services"]
    assert (service["kind"], service["name"]) == (library.kind, library.name)
    assert service["targets"] == [live.at(library).removeprefix("http://")]
    assert main(["generate", "--spec", str(spec)]) == OK
    if library.app == "telemetry_core":
        assert "800ms" in service["buckets"]
    else:
        assert "buckets" not in service, "the profile's bounds are not the library's"


def test_a_page_that_is_none_is_refused(live: Live, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A page without metrics gives a message and no file."""
    page = f"{live.at(LIBRARIES[0])}/items/1"

    assert main(["init", "--from", page, "--spec", str(tmp_path / "spec.yaml")]) != OK
    assert "no metrics in Prometheus' text format" in capsys.readouterr().err
    assert [*tmp_path.iterdir()] == []
