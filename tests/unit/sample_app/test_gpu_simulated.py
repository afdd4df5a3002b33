"""A real exporter process with simulated cards, driven by a real server's counter."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from sample_app.gpu.families import FIELDS
from sample_app.gpu.simulator import Simulator
from tests.unit.sample_app.gpu_pages import Load, Values, errors, eventually, exporter, samples, served, values


@pytest.fixture(name="simulated")
def simulated_cards() -> Iterator[httpx.Client]:
    """Four simulated cards behind a server in a thread."""
    with served(Simulator(4, "host", lambda: 0.0)) as client:
        yield client


def scrape(client: httpx.Client) -> Values:
    """The values on the page."""
    return values(client.get("/metrics").text)


def test_cards_follow_the_load_of_a_real_server() -> None:
    """Use rises at once and heat slowly; both fall when the work ends, and when the server is gone."""
    with Load() as load, exporter("--mode", "simulated", "--interval", "0.2", "--load-url", load.url) as client:
        assert scrape(client)["DCGM_FI_DEV_GPU_UTIL"] == {"0": 0, "1": 0, "2": 0, "3": 0}

        load.work(1.0)
        eventually(lambda: scrape(client)["DCGM_FI_DEV_GPU_UTIL"]["0"] > 60)
        early = scrape(client)
        assert early["DCGM_FI_DEV_GPU_TEMP"]["0"] < 60, "heat has inertia"
        assert early["DCGM_FI_DEV_POWER_USAGE"]["0"] > 60
        eventually(lambda: scrape(client)["DCGM_FI_DEV_GPU_TEMP"]["0"] >= early["DCGM_FI_DEV_GPU_TEMP"]["0"] + 3)
        busy = scrape(client)
        assert busy["DCGM_FI_DEV_FB_USED"]["0"] > 1000
        assert busy["DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"]["0"] > early["DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"]["0"]
        assert busy["DCGM_FI_DEV_SM_CLOCK"]["0"] == 2175

        load.work(0.0)
        eventually(lambda: scrape(client)["DCGM_FI_DEV_GPU_UTIL"]["0"] < 5)
        peak = scrape(client)["DCGM_FI_DEV_GPU_TEMP"]["0"]
        eventually(lambda: scrape(client)["DCGM_FI_DEV_GPU_TEMP"]["0"] <= peak - 1)

        load.work(1.0)
        eventually(lambda: scrape(client)["DCGM_FI_DEV_GPU_UTIL"]["0"] > 60)
        load.stop()
        eventually(lambda: scrape(client)["DCGM_FI_DEV_GPU_UTIL"]["0"] < 5)
        assert errors(client.get("/metrics").text)["load"] > 0


def test_every_family_is_there_with_its_labels() -> None:
    """In the text format, four cards, all of it marked as simulated; without a load URL nothing is an error."""
    with exporter("--mode", "simulated") as client:
        answer = client.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        found = values(answer.text)
        for field in FIELDS:
            assert set(found[field.name]) == {"0", "1", "2", "3"}, field.name
        assert all(labels["simulated"] == "true" for _, labels, _ in samples(answer.text))
        models = {labels["modelName"] for _, labels, _ in samples(answer.text) if "modelName" in labels}
        assert models == {"NVIDIA RTX 4000 Ada Generation"}
        assert len({labels["UUID"] for _, labels, _ in samples(answer.text) if "UUID" in labels}) == 4
        assert errors(answer.text) == {"lost": 0, "load": 0}
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.head("/metrics").status_code == 200
        assert client.get("/nothing").status_code == 404


def test_faults_are_switched_on_and_off() -> None:
    """A hot card climbs, a code is shown, a lost card vanishes and counts; an empty body of faults ends them all."""
    with exporter("--mode", "simulated", "--interval", "0.2") as client:
        wanted = {"overheat": [1], "xid": {"2": 79}, "lost": [3], "seconds": 900}
        assert client.put("/faults", json=wanted).json() == wanted
        left = client.get("/faults").json()
        assert {**left, "seconds": 900} == wanted
        assert 0 < left["seconds"] <= 900
        eventually(lambda: scrape(client)["DCGM_FI_DEV_GPU_TEMP"]["1"] > 36)
        page = client.get("/metrics").text
        assert values(page)["DCGM_FI_DEV_GPU_TEMP"]["0"] == 32
        assert values(page)["DCGM_FI_DEV_XID_ERRORS"] == {"0": 0, "1": 0, "2": 79}
        assert all(labels.get("gpu") != "3" for _, labels, _ in samples(page))
        assert errors(page)["lost"] > 0

        assert client.put("/faults", json={}).status_code == 200
        assert scrape(client)["DCGM_FI_DEV_XID_ERRORS"] == {"0": 0, "1": 0, "2": 0, "3": 0}
        peak = scrape(client)["DCGM_FI_DEV_GPU_TEMP"]["1"]
        eventually(lambda: scrape(client)["DCGM_FI_DEV_GPU_TEMP"]["1"] < peak)


@pytest.mark.parametrize(
    "body",
    [
        b'{"lost": [4]}',
        b'{"lost": [99]}',
        b'{"overheat": [-1]}',
        b'{"xid": {"0": 0}}',
        b'{"seconds": NaN}',
        b'{"cold": [1]}',
        b"[]",
        b"\xff",
        b"",
    ],
)
def test_wrong_faults_are_refused_with_a_reason(body: bytes, simulated: httpx.Client) -> None:
    """422, and no fault is on."""
    answer = simulated.put("/faults", content=body)
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert simulated.get("/faults").json() == {"overheat": [], "xid": {}, "lost": [], "seconds": 900}


def test_a_large_body_is_refused_unread(simulated: httpx.Client) -> None:
    """413."""
    assert simulated.put("/faults", content=b" " * 100_000).status_code == 413
    assert simulated.put("/metrics", content=b"{}").status_code == 405
