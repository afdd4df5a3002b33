"""Readings become the families of dcgm-exporter."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from generator.pipeline import generate
from sample_app.gpu.families import FIELDS, MOST_PROCESS_SERIES, page
from sample_app.gpu.readings import ProcessMemory, Reading, Snapshot
from tests.unit.sample_app.gpu_pages import recorded, samples, values


def text(snapshot: Snapshot) -> str:
    """The page as text."""
    return page(snapshot).decode()


def test_all_fields_have_dcgms_units() -> None:
    """Memory in MiB, power in W, energy in mJ: as dcgm-exporter has them."""
    card = {name: cards["0"] for name, cards in values(text(recorded())).items() if "0" in cards}
    assert card == {
        "DCGM_FI_DEV_GPU_UTIL": 87,
        "DCGM_FI_DEV_MEM_COPY_UTIL": 41,
        "DCGM_FI_DEV_ENC_UTIL": 0,
        "DCGM_FI_DEV_DEC_UTIL": 3,
        "DCGM_FI_DEV_FB_USED": 32768,
        "DCGM_FI_DEV_FB_FREE": 48512,
        "DCGM_FI_DEV_FB_RESERVED": 550,
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
        "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL": 0,
        "gpu_process_memory_used_bytes": 33285996544,
    }


def test_labels_are_those_of_dcgm_exporter() -> None:
    """Exactly its seven labels on a card's series."""
    labels = next(labels for name, labels, _ in samples(text(recorded())) if name == "DCGM_FI_DEV_GPU_UTIL")
    assert labels == {
        "gpu": "0",
        "UUID": "GPU-11111111-2222-3333-4444-555555555555",
        "pci_bus_id": "00000000:18:00.0",
        "device": "nvidia0",
        "modelName": "NVIDIA H100 80GB HBM3",
        "Hostname": "gpu-host",
        "DCGM_FI_DRIVER_VERSION": "580.105.08",
    }


def test_a_field_that_a_card_does_not_have_is_absent() -> None:
    """A workstation card has no series for ECC, memory temperature and XID; the others are there."""
    found = {name for name, cards in values(text(recorded())).items() if "1" in cards}
    missing = {field.name for field in FIELDS} - found
    assert missing == {
        "DCGM_FI_DEV_MEMORY_TEMP",
        "DCGM_FI_DEV_XID_ERRORS",
        "DCGM_FI_DEV_ECC_SBE_VOL_TOTAL",
        "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL",
    }


def test_marks_for_no_value_are_not_shown_as_numbers() -> None:
    """All bits set, DCGM's blank and what is below 0 give no series."""
    found = {name for name, cards in values(text(recorded())).items() if "2" in cards}
    assert found == {"DCGM_FI_DEV_GPU_TEMP"}


def test_counters_keep_nvidias_names_and_types() -> None:
    """The client library would add `_total`; dcgm-exporter has none."""
    lines = text(recorded()).splitlines()
    assert "# TYPE DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION counter" in lines
    assert "# TYPE DCGM_FI_DEV_PCIE_REPLAY_COUNTER counter" in lines
    assert "# TYPE DCGM_FI_DEV_ECC_DBE_VOL_TOTAL counter" in lines
    assert "# TYPE gpu_exporter_errors_total counter" in lines
    assert not [line for line in lines if line.startswith(("# TYPE DCGM", "# HELP DCGM")) and "_total " in line]


def test_every_family_stands_once_with_help_before_its_series() -> None:
    """What promtool asks of a page: one HELP and TYPE a family, no series twice, a line end at the end."""
    lines = text(recorded()).splitlines()
    helps = [line.split()[2] for line in lines if line.startswith("# HELP")]
    types = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    series = [line.rsplit(" ", 1)[0] for line in lines if not line.startswith("#")]
    assert helps == types
    assert len(set(helps)) == len(helps)
    assert len(set(series)) == len(series)
    assert text(recorded()).endswith("\n")
    family = ""
    for line in lines:
        family = line.split()[2] if line.startswith("#") else family
        assert line.startswith("#") or line.split("{")[0] == family


def test_names_are_escaped() -> None:
    """A quote or a line break in a process's name does not break the page."""
    odd = 'a"b\\c\nd'
    card = Reading(0, "GPU-1", "0", "M", processes=(ProcessMemory(1, odd, 5),))
    found = samples(text(Snapshot("nvml", "h", "1", (card,), {})))
    assert [labels["process_name"] for name, labels, _ in found if name.startswith("gpu_process")] == [odd]


def test_simulated_series_say_so_and_real_ones_do_not() -> None:
    """The mark is on every series."""
    real, simulated = recorded(), replace(recorded(), mode="simulated")
    assert all("simulated" not in labels for _, labels, _ in samples(text(real)))
    assert all(labels["simulated"] == "true" for _, labels, _ in samples(text(simulated)))


@pytest.mark.parametrize(("each", "named"), [(32, 64), (33, 62), (500, 62)])
def test_processes_are_at_most_64_series_and_none_of_their_memory_is_left_out(each: int, named: int) -> None:
    """The largest have series of their own, the rest is one series for each card."""
    cards = tuple(
        Reading(
            card,
            f"GPU-{card}",
            "0",
            "M",
            processes=tuple(ProcessMemory(1 + pid, f"p{pid}", 1000 * pid + card + 1) for pid in range(each)),
        )
        for card in range(2)
    )
    found = [s for s in samples(text(Snapshot("nvml", "h", "1", cards, {}))) if s[0] == "gpu_process_memory_used_bytes"]
    own = [s for s in found if s[1]["process_name"] != "other"]
    assert len(own) == named
    assert len(found) <= MOST_PROCESS_SERIES
    assert sum(s[2] for s in found) == sum(process.used_bytes for card in cards for process in card.processes)
    rest = [s for s in found if s[1]["process_name"] == "other"]
    assert all(s[1]["pid"] == "" for s in rest)
    assert not rest or min(s[2] for s in own) > 1000 * (each - named // 2 - 1)


def test_the_fields_are_those_that_a_stack_with_dcgm_exporter_asks_it_for() -> None:
    """Names and types; so rules and panels find the same families whichever exporter runs."""
    spec = {
        "version": 1,
        "stack": {"name": "demo"},
        "services": [{"name": "api", "kind": "fastapi", "targets": ["api:8000"]}],
        "gpus": {"exporter": "dcgm", "targets": ["dcgm-exporter:9400"]},
    }
    counters = generate(json.dumps(spec)).files()["dcgm/counters.csv"]
    rows = [row.split(",") for row in counters.splitlines() if not row.startswith("#")]
    assert {len(row) for row in rows} == {3}
    asked = [(name, kind.strip()) for name, kind, *_ in rows if kind.strip() != "label"]
    assert asked == [(field.name, field.kind) for field in FIELDS]
