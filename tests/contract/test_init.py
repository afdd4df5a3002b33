"""`init --from` knows each library by its live page, before and after its first request, and what it writes renders."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from generator import init
from generator.cli import OK, main
from generator.runtime.metrics_page import fetch
from generator.units import parse_duration
from tests.contract.libraries import LIBRARIES, Library
from tests.contract.live import Live, demo_service
from tests.contract.synthetic import PAGES

pytestmark = pytest.mark.server("prometheus")
EACH = pytest.mark.parametrize("library", [x for x in LIBRARIES if not x.pushed], ids=lambda library: library.name)


@EACH
def test_a_live_page_gives_its_entry(live: Live, library: Library, tmp_path: Path) -> None:
    """The kind and the target; `generate` takes the entry as it is."""
    spec = tmp_path / "spec.yaml"
    page = f"{live.at(library)}/metrics"

    assert main(["init", "--from", page, "--name", library.name, "--spec", str(spec)]) == OK
    (service,) = yaml.safe_load(spec.read_text())["services"]
    assert (service["kind"], service["name"]) == (library.kind, library.name)
    assert service["targets"] == [live.at(library).removeprefix("http://")]
    assert main(["generate", "--spec", str(spec)]) == OK


@EACH
def test_buckets_are_written_where_they_are_not_the_profile_s(live: Live, library: Library) -> None:
    """So a profile's bounds are the library's own; those of the telemetry core are in the project's spec."""
    page = live.fresh[library] if library.app == "telemetry_core" else ""
    demo = demo_service()

    if library.app == "telemetry_core":
        proposed = init.propose(page, "core:8000", "core").service
        assert (proposed["kind"], seconds(proposed["buckets"])) == (demo["kind"], seconds(demo["buckets"]))
    elif library.kind == "custom":
        assert live.entries[library.name]["buckets"][0] == "5ms"
    else:
        assert "buckets" not in live.entries[library.name]


def seconds(bounds: list[str]) -> list[float]:
    """Durations of a spec as numbers."""
    return [parse_duration(bound) for bound in bounds]


@EACH
def test_a_page_before_the_first_request_is_known(live: Live, library: Library) -> None:
    """Counters may have no samples yet, or may not be there at all."""
    assert init.propose(live.fresh[library], "host:8000", "mine").service["kind"] == library.kind


@pytest.mark.parametrize("name", PAGES)
def test_an_inference_server_gives_its_entry(live: Live, name: str, tmp_path: Path) -> None:
    """vLLM is no plain FastAPI app, though its page holds one's metrics."""
    spec = tmp_path / "spec.yaml"

    assert main(["init", "--from", f"{live.pages[name].url}/metrics", "--spec", str(spec)]) == OK
    (service,) = yaml.safe_load(spec.read_text())["services"]
    assert (service["kind"], "buckets" in service) == (name, False)
    assert main(["generate", "--spec", str(spec)]) == OK


def test_a_redirected_page_is_scraped_where_it_is(live: Live) -> None:
    """A mounted metrics app sends /metrics to /metrics/, and each scrape through it would count as traffic."""
    assert live.entries["otel-scraped"]["metrics_path"] == "/metrics/"


def test_names_before_the_stable_conventions_are_mapped_and_told(live: Live) -> None:
    """OpenTelemetry's old names are in milliseconds."""
    library = next(x for x in LIBRARIES if x.app == "otel_old_names")
    proposal = init.propose(fetch(f"{live.at(library)}/metrics").text, "host:8000", "mine")

    assert proposal.service["metrics"]["duration"]["unit"] == "milliseconds"
    assert ["OTEL_SEMCONV_STABILITY_OPT_IN=http" in note for note in proposal.notes] == [True]


def test_a_page_that_is_none_is_refused(live: Live, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A page without metrics gives a message and no file."""
    page = f"{live.at(LIBRARIES[0])}/items/1"

    assert main(["init", "--from", page, "--spec", str(tmp_path / "spec.yaml")]) != OK
    assert "no metrics in Prometheus' text format" in capsys.readouterr().err
    assert [*tmp_path.iterdir()] == []
