"""Cards are read through the real Python binding of NVML; below it stands a driver for tests."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pynvml  # type: ignore[import-untyped]
import pytest

from sample_app.gpu import nvml, server
from sample_app.gpu.families import FIELDS, page
from sample_app.gpu.nvml import NoDriver, NvmlSource, program_name
from sample_app.gpu.readings import Snapshot
from tests.unit.sample_app.gpu_driver import (
    DRIVER_NOT_LOADED,
    GPU_IS_LOST,
    NO_PERMISSION,
    RESET_REQUIRED,
    Error,
    FakeCard,
    FakeDriver,
    full_card,
    installed,
)
from tests.unit.sample_app.gpu_pages import ROOT, Values, errors, eventually, samples, served, values

XID = pynvml.nvmlEventTypeXidCriticalError
MEMORY_FIELD = ("field", pynvml.NVML_FI_DEV_MEMORY_TEMP)


def has_driver() -> bool:
    """Whether this machine has NVIDIA's library."""
    try:
        ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return False
    return True


@contextmanager
def source(driver: FakeDriver) -> Iterator[NvmlSource]:
    """The cards of this driver."""
    with installed(driver):
        cards = NvmlSource("gpu-host")
        try:
            yield cards
        finally:
            cards.close()


def shown(cards: NvmlSource) -> Values:
    """What a scrape shows now."""
    return values(page(cards.read()).decode())


def card_0(driver: FakeDriver) -> dict[str, float]:
    """What a scrape shows of the first card."""
    with source(driver) as cards:
        return {name: found["0"] for name, found in shown(cards).items() if "0" in found}


def test_every_field_of_a_card_that_has_all() -> None:
    """From the C structures to DCGM's units."""
    with source(FakeDriver([full_card()])) as cards:
        text = page(cards.read()).decode()
    found = {name: cards["0"] for name, cards in values(text).items() if "0" in cards}
    assert found == {
        "DCGM_FI_DEV_GPU_UTIL": 87,
        "DCGM_FI_DEV_MEM_COPY_UTIL": 41,
        "DCGM_FI_DEV_ENC_UTIL": 5,
        "DCGM_FI_DEV_DEC_UTIL": 6,
        "DCGM_FI_DEV_FB_USED": 40000,
        "DCGM_FI_DEV_FB_FREE": 41000,
        "DCGM_FI_DEV_FB_RESERVED": 559,
        "DCGM_FI_DEV_GPU_TEMP": 61,
        "DCGM_FI_DEV_MEMORY_TEMP": 74,
        "DCGM_FI_DEV_POWER_USAGE": 512.345,
        "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION": 987654321012,
        "DCGM_FI_DEV_SM_CLOCK": 1980,
        "DCGM_FI_DEV_MEM_CLOCK": 2619,
        "DCGM_FI_DEV_CLOCKS_EVENT_REASONS": 4,
        "DCGM_FI_DEV_PCIE_REPLAY_COUNTER": 2,
        "DCGM_FI_DEV_XID_ERRORS": 0,
        "DCGM_FI_DEV_ECC_SBE_VOL_TOTAL": 7,
        "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL": 1,
    }
    assert set(errors(text).values()) == {0}
    labels = next(labels for name, labels, _ in samples(text) if name == "DCGM_FI_DEV_GPU_UTIL")
    assert labels == {
        "gpu": "0",
        "UUID": "GPU-00000000-1111-2222-3333-444444444444",
        "pci_bus_id": "00000000:18:00.0",
        "device": "nvidia0",
        "modelName": "NVIDIA H100 80GB HBM3",
        "Hostname": "gpu-host",
        "DCGM_FI_DRIVER_VERSION": "580.105.08",
    }


def test_a_card_that_supports_next_to_nothing_shows_just_that() -> None:
    """What is not supported is absent and no error."""
    card = FakeCard("GPU-1", "00000000:01:00.0", "NVIDIA T400", {"nvmlDeviceGetTemperatureV": {"temperature": 40}})
    with source(FakeDriver([card])) as cards:
        text = page(cards.read()).decode()
    assert {name for name, found in values(text).items() if "0" in found} == {"DCGM_FI_DEV_GPU_TEMP"}
    assert set(errors(text).values()) == {0}


@pytest.mark.parametrize("answer", [Error(3), (1, "uiVal", 0), (99, "uiVal", 50)])
def test_a_card_without_a_memory_sensor_has_no_memory_temperature(answer: object) -> None:
    """It says so in the field, tells 0, or tells a type that nobody knows."""
    card = full_card()
    card.answers[MEMORY_FIELD] = answer
    assert "DCGM_FI_DEV_MEMORY_TEMP" not in card_0(FakeDriver([card]))


@pytest.mark.parametrize(
    ("kind", "member", "number"), [(0, "dVal", 71.5), (2, "ulVal", 71), (3, "ullVal", 71), (5, "siVal", 71)]
)
def test_a_field_value_is_read_by_its_type(kind: int, member: str, number: float) -> None:
    """NVML says which member of the union it filled."""
    card = full_card()
    card.answers[MEMORY_FIELD] = (kind, member, number)
    assert card_0(FakeDriver([card]))["DCGM_FI_DEV_MEMORY_TEMP"] == number


def test_an_older_driver_is_asked_in_its_own_way() -> None:
    """Memory without the reserved part, temperature and clock reasons by their former names; no process list."""
    newer = frozenset(
        {
            "nvmlDeviceGetMemoryInfo_v2",
            "nvmlDeviceGetTemperatureV",
            "nvmlDeviceGetCurrentClocksEventReasons",
            "nvmlDeviceGetComputeRunningProcesses_v3",
            "nvmlDeviceGetGraphicsRunningProcesses_v3",
        }
    )
    found = card_0(FakeDriver([full_card()], absent=newer))
    assert (found["DCGM_FI_DEV_FB_USED"], found["DCGM_FI_DEV_FB_FREE"]) == (40559, 41000)
    assert "DCGM_FI_DEV_FB_RESERVED" not in found
    assert found["DCGM_FI_DEV_GPU_TEMP"] == 60
    assert found["DCGM_FI_DEV_CLOCKS_EVENT_REASONS"] == 8


@pytest.mark.parametrize(("code", "reason"), [(GPU_IS_LOST, "lost"), (RESET_REQUIRED, "reset_required")])
def test_a_card_that_falls_off_the_bus_takes_nothing_with_it(code: int, reason: str) -> None:
    """Its series vanish, the others stay, an error counts for each scrape, and it is back when it answers again."""
    driver = FakeDriver([full_card(0), full_card(1), full_card(2)])
    with source(driver) as cards, served(cards) as client:
        driver.cards[1].broken = code
        for count in (1, 2):
            answer = client.get("/metrics")
            assert answer.status_code == 200
            assert set(values(answer.text)["DCGM_FI_DEV_GPU_UTIL"]) == {"0", "2"}
            assert not [1 for _, labels, _ in samples(answer.text) if labels.get("UUID") == driver.cards[1].uuid]
            assert errors(answer.text)[reason] == count
        driver.cards[1].broken = 0
        assert set(shown(cards)["DCGM_FI_DEV_GPU_UTIL"]) == {"0", "1", "2"}


def test_a_card_lost_in_the_middle_of_a_look_shows_nothing() -> None:
    """Half a card would look like one that does not support the rest."""
    driver = FakeDriver([full_card(0), full_card(1)])
    driver.cards[0].answers["nvmlDeviceGetPcieReplayCounter"] = Error(GPU_IS_LOST)
    with source(driver) as cards:
        snapshot = cards.read()
    assert [reading.gpu for reading in snapshot.readings] == [1]
    assert snapshot.errors["lost"] == 1


def test_a_field_that_may_not_be_read_is_absent_and_counts() -> None:
    """The card's other fields are there."""
    card = full_card()
    card.answers["nvmlDeviceGetPowerUsage"] = Error(NO_PERMISSION)
    card.answers["nvmlDeviceGetTotalEnergyConsumption"] = Error(999)
    with source(FakeDriver([card])) as cards:
        text = page(cards.read()).decode()
    assert "DCGM_FI_DEV_POWER_USAGE" not in values(text)
    assert "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION" not in values(text)
    assert values(text)["DCGM_FI_DEV_GPU_UTIL"] == {"0": 87}
    assert (errors(text)["permission"], errors(text)["other"]) == (1, 1)


def test_a_driver_that_goes_away_comes_back_without_a_restart() -> None:
    """Until then the page is there, without cards, and counts."""
    driver = FakeDriver([full_card()])
    with source(driver) as cards, served(cards) as client:
        driver.state = DRIVER_NOT_LOADED
        for count in (1, 2):
            answer = client.get("/metrics")
            assert answer.status_code == 200
            assert errors(answer.text)["driver"] == count
            assert not [1 for name, _, _ in samples(answer.text) if name.startswith("DCGM")]
        driver.state = 0
        found = shown(cards)
        assert {field.name for field in FIELDS} <= set(found)


def test_the_last_xid_error_is_shown_for_its_card() -> None:
    """Events that are no XID errors change nothing; a lost card's error does not end the waiting."""
    deaf = full_card(1)
    deaf.answers["nvmlDeviceGetSupportedEventTypes"] = 1
    driver = FakeDriver([full_card(0), deaf, full_card(2)])
    with source(driver) as cards:
        assert driver.registered == [0, 2]
        assert shown(cards)["DCGM_FI_DEV_XID_ERRORS"] == {"0": 0, "2": 0}
        driver.events.put((2, XID, 48))
        driver.events.put((0, 1, 12345))
        driver.events.put(Error(GPU_IS_LOST))
        driver.events.put((2, XID, 79))
        eventually(lambda: shown(cards)["DCGM_FI_DEV_XID_ERRORS"]["2"] == 79)
        assert shown(cards)["DCGM_FI_DEV_XID_ERRORS"] == {"0": 0, "2": 79}


def test_xid_errors_outlive_a_reload_of_the_driver() -> None:
    """And new ones are heard after it."""
    driver = FakeDriver([full_card()])
    with source(driver) as cards:
        driver.events.put((0, XID, 31))
        eventually(lambda: shown(cards)["DCGM_FI_DEV_XID_ERRORS"] == {"0": 31})
        driver.state = DRIVER_NOT_LOADED
        cards.read()
        driver.state = 0
        assert shown(cards)["DCGM_FI_DEV_XID_ERRORS"] == {"0": 31}
        driver.events.put((0, XID, 43))
        eventually(lambda: shown(cards)["DCGM_FI_DEV_XID_ERRORS"] == {"0": 43})


def process(pid: int, used: int, instance: int = 0xFFFFFFFF) -> dict[str, int]:
    """An entry of NVML's process lists."""
    return {"pid": pid, "usedGpuMemory": used, "gpuInstanceId": instance, "computeInstanceId": instance}


def held(snapshot: Snapshot) -> set[tuple[int, str, int]]:
    """Process id, name and bytes of the first card's processes."""
    return {(found.pid, found.name, found.used_bytes) for found in snapshot.readings[0].processes}


def test_processes_have_a_name_and_their_memory_once() -> None:
    """One in both lists counts once; one on two parts of a card counts with both; unknown sizes are left out."""
    card = full_card()
    card.answers["nvmlDeviceGetComputeRunningProcesses_v3"] = [
        process(10, 500),
        process(11, 700, 1),
        process(11, 300, 2),
        process(12, 2**64 - 1),
    ]
    card.answers["nvmlDeviceGetGraphicsRunningProcesses_v3"] = [process(10, 500), process(13, 40)]
    names = {10: "/opt/app/bin/serve --key=secret -v", 11: "python3"}
    with source(FakeDriver([card], processes=names)) as cards:
        assert held(cards.read()) == {(10, "serve", 500), (11, "python3", 1000), (13, "", 40)}


def test_a_card_without_graphics_still_shows_what_computes() -> None:
    """One list that is not supported does not hide the other."""
    card = full_card()
    card.answers["nvmlDeviceGetComputeRunningProcesses_v3"] = [process(10, 500)]
    del card.answers["nvmlDeviceGetGraphicsRunningProcesses_v3"]
    with source(FakeDriver([card])) as cards:
        assert held(cards.read()) == {(10, "", 500)}


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("/usr/bin/python3", "python3"),
        ("/opt/google/chrome/chrome --type=gpu-process --token=/a/b", "chrome"),
        ("python3 /srv/run.py token=/a/b", "python3"),
        ("postgres: shop market 10.0.0.1(5432) idle", "postgres:"),
        ("Xorg", "Xorg"),
        ("", ""),
        ("/x/" + "n" * 200, "n" * 64),
    ],
)
def test_the_name_of_a_program(command: str, name: str) -> None:
    """Without its folder and what follows it."""
    assert program_name(command) == name


def test_a_driver_without_cards_is_said_at_once() -> None:
    """An empty page would look like healthy silence."""
    with installed(FakeDriver([])), pytest.raises(NoDriver, match="knows no GPU"):
        NvmlSource("gpu-host")


def test_a_driver_that_is_not_loaded_is_said_at_once() -> None:
    """With what is missing."""
    driver = FakeDriver([full_card()], state=DRIVER_NOT_LOADED)
    with installed(driver), pytest.raises(NoDriver, match="installed but not loaded"):
        NvmlSource("gpu-host")


@pytest.mark.skipif(has_driver(), reason="this machine has a driver")
def test_without_a_driver_the_program_says_what_to_write_instead() -> None:
    """One line on standard error, and exit status 1."""
    command = [sys.executable, "-m", "sample_app.gpu", "--mode", "nvml", "--port", "0"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert "there is no NVIDIA driver: libnvidia-ml.so.1 is not on this machine" in ended.stderr
    assert "`gpus: {exporter: simulated}`" in ended.stderr


def test_a_real_card_has_no_faults_on_purpose() -> None:
    """404 with the reason."""
    with source(FakeDriver([full_card()])) as cards, served(cards) as client:
        assert client.get("/faults").status_code == 404
        answer = client.put("/faults", json={"lost": [0]})
        assert answer.status_code == 404
        assert "simulated" in answer.json()["detail"]
        assert client.get("/healthz").status_code == 200


def test_a_driver_that_hangs_gives_503_to_the_next_scrape(monkeypatch: pytest.MonkeyPatch) -> None:
    """And health is still told; the first scrape gets its page when the driver answers."""
    asked, answer = Event(), Event()

    class Stuck:
        def read(self) -> Snapshot:
            asked.set()
            answer.wait(60)
            return Snapshot("nvml", "host", "1", (), {})

    monkeypatch.setattr(server, "BUSY_SECONDS", 0.2)
    with served(Stuck()) as client:
        with subprocess.Popen(
            [sys.executable, "-c", f"import urllib.request as r; r.urlopen('{client.base_url}/metrics').read()"]
        ) as first:
            assert asked.wait(60)
            refused = client.get("/metrics")
            assert refused.status_code == 503
            assert refused.json()["detail"]
            assert client.get("/healthz").status_code == 200
            answer.set()
            assert first.wait(60) == 0
        assert client.get("/metrics").status_code == 200


def test_a_driver_that_hangs_does_not_keep_the_program_from_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    """`close` waits for the look that is stuck, but not for ever."""
    monkeypatch.setattr(nvml, "CLOSE_SECONDS", 0.1)
    asked, answer = Event(), Event()

    class StuckDriver(FakeDriver):
        def _nvmlDeviceGetCount_v2(self, count: Any) -> int:
            if started.is_set():
                asked.set()
                answer.wait(60)
            return super()._nvmlDeviceGetCount_v2(count)

    started = Event()
    with source(StuckDriver([full_card()])) as cards:
        started.set()
        look = Thread(target=cards.read)
        look.start()
        assert asked.wait(60)
        cards.close()
        assert look.is_alive()
        answer.set()
        look.join()
