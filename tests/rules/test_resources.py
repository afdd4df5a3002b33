"""Disks that fill up and GPUs that are busy, hot or broken: what a careless rule would get wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.rules.promtool import SPEC, Rules

pytestmark = pytest.mark.server("promtool")
DISK = 'job="node",instance="h:9100",mountpoint="/data",device="/dev/sda1",fstype="ext4"'
USED = 'instance="h:9100", mountpoint="/data"'
SIZE = 1000


def free(start: float, per_hour: float, hours: float = 10) -> str:
    """What is free, in steps of four minutes: from so much on it becomes less (or more) in every hour."""
    return f"{start}{-per_hour / 15:+}x{round(hours * 15) - 1}"


def disk(*free: str) -> dict[str, str]:
    """A file system of 1000 bytes and what is free of it."""
    return {
        f"node_filesystem_size_bytes{{{DISK}}}": f"{SIZE}x200",
        f"node_filesystem_avail_bytes{{{DISK}}}": " ".join(free),
    }


def card(field: str, values: str, gpu: str = "0", **labels: str) -> dict[str, str]:
    """One field of a card, in steps of 15 seconds."""
    more = "".join(f',{name}="{value}"' for name, value in labels.items())
    return {f'DCGM_FI_DEV_{field}{{job="gpu",team="ml",instance="h:9400",gpu="{gpu}"{more}}}': values}


def alone(rules: Rules, *families: str) -> Rules:
    """The rules of these families without the others, which would be evaluated for nothing."""
    for path in rules.folder.glob("prometheus/rules/*.yml"):
        if path.stem not in families:
            path.unlink()
    return rules


@pytest.fixture
def slow(tmp_path: Path) -> Rules:
    """The rules of hosts, evaluated every four minutes: six hours are 90 steps."""
    return alone(Rules(tmp_path, step="4m"), "hosts", "disks")


@pytest.fixture
def rules(tmp_path: Path) -> Rules:
    """The rules of GPUs."""
    return alone(Rules(tmp_path, {**SPEC, "gpus": {"targets": ["h:9400"]}}), "hosts", "gpus")


@pytest.mark.parametrize(
    ("course", "at", "fires"),
    [
        (free(390, 18), "4h28m", True),  # 310 left are gone in 17 hours
        (free(390, 18), "3h40m", False),  # not for an hour yet
        (free(390, 30), "2h40m", False),  # too young for a trend
        (free(390, 12), "4h28m", False),  # 336 left last for 28 hours
        (free(600, 24), "4h28m", False),  # full in 21 hours, but half of it is free
        (free(390, 0), "4h28m", False),
        (free(0, 0), "4h28m", False),
        (free(0, -18), "4h28m", False),
    ],
)
def test_a_disk_is_judged_by_the_trend_of_hours(slow: Rules, course: str, at: str, fires: bool) -> None:
    """Full within a day, at least three hours of data, more than 60 % used."""
    assert slow.fires(disk(course), "HostDiskFillsSoon", at, instance="h:9100", mountpoint="/data") is fires


@pytest.mark.parametrize("at", ["6h28m", "6h56m", "7h", "7h4m", "8h", "9h"])
def test_one_large_file_is_no_trend(slow: Rules, at: str) -> None:
    """A copy of 200 at once: a line through six hours would be full within a day, the disk will never be."""
    series = disk(free(390, 0, 6), free(190, 0))
    line = "predict_linear(instance_mountpoint:filesystem_used:ratio[6h], 86400) > 1"

    assert slow.values(series, line, "8h") != {}
    assert not slow.fires(series, "HostDiskFillsSoon", at)


def test_a_gap_does_not_make_a_host_young(slow: Rules) -> None:
    """No data for most of the second hour."""
    assert slow.fires(disk(free(390, 18, 1.2), "_x15", free(350, 18)), "HostDiskFillsSoon", "5h", team="ops")


def test_a_larger_disk_ends_the_alarm(slow: Rules) -> None:
    """The same pace after the size has doubled."""
    series = disk(free(390, 18, 5), free(1300, 18))
    series[f"node_filesystem_size_bytes{{{DISK}}}"] = "1000x74 2000x200"

    assert slow.fires(series, "HostDiskFillsSoon", "4h56m")
    assert not slow.fires(series, "HostDiskFillsSoon", "5h4m")


@pytest.mark.parametrize(("degrees", "severities"), [(80, set()), (85, {"warning"}), (91, {"warning", "critical"})])
def test_heat_has_two_levels(rules: Rules, degrees: int, severities: set[str]) -> None:
    """Above 80 degrees is a warning, above 90 is critical."""
    hot = card("GPU_TEMP", f"{degrees}x60")

    assert {s for s in ("warning", "critical") if rules.fires(hot, "GpuHot", "8m", severity=s, gpu="0")} == severities


def test_each_card_is_judged_alone(rules: Rules) -> None:
    """One of two is hot; the alert says which, and on which host."""
    series = {**card("GPU_TEMP", "95x60", "0"), **card("GPU_TEMP", "60x60", "1")}

    assert rules.fires(series, "GpuHot", "8m", gpu="0", host="h", instance="h:9400", team="ml")
    assert not rules.fires(series, "GpuHot", "8m", gpu="1")


def test_a_divided_card_is_one_card(rules: Rules) -> None:
    """Each part reports; the busiest counts, once."""
    parts = {**card("GPU_UTIL", "95x80", part="1"), **card("GPU_UTIL", "10x80", part="2")}

    assert list(rules.values(parts, "gpu:utilization:ratio", "5m").values()) == [0.95]
    assert rules.values(parts, 'count(ALERTS{alertname="GpuHighUtilization",severity="critical"})', "12m") == {"": 1}


def test_a_mark_for_no_value_is_no_value(rules: Rules) -> None:
    """Fields that a card does not have, as DCGM may report them."""
    none = str(2**63 - 2**10)
    fields = ("GPU_UTIL", "GPU_TEMP", "FB_USED", "FB_FREE", "XID_ERRORS", "ECC_DBE_VOL_TOTAL")
    series = {name: values for field in fields for name, values in card(field, f"0x20 {none}x80").items()}

    assert rules.values(series, "gpu:temperature:celsius", "20m") == {}
    assert rules.values(series, "gpu:xid_last:code", "20m") == {}
    for alert in ("GpuHighUtilization", "GpuHighMemory", "GpuHot", "GpuErrors"):
        assert not rules.fires(series, alert, "20m")


def test_each_code_is_an_alert_of_its_own(rules: Rules) -> None:
    """After a program's error the card falls off the bus: that is news, and the old code is over."""
    series = card("XID_ERRORS", "0x40 31x40 79x40", err_code="any")

    assert not rules.fires(series, "GpuErrors", "9m")
    assert rules.fires(series, "GpuErrors", "15m", xid="31", gpu="0")
    assert rules.fires(series, "GpuErrors", "25m", xid="79")
    assert not rules.fires(series, "GpuErrors", "25m", xid="31")


def test_a_code_with_a_label_of_its_own_is_followed(rules: Rules) -> None:
    """Newer exporters name the code in a label: the series of 0 ends when that of 79 begins."""
    series = {
        **card("XID_ERRORS", "0x40 stale", err_code="0"),
        **card("XID_ERRORS", "_x41 79x60", err_code="79"),
    }

    assert rules.fires(series, "GpuErrors", "15m", xid="79")


def test_a_lost_card_keeps_its_error(rules: Rules) -> None:
    """The last that was seen of it is XID 79; then it has no series any more."""
    series = card("XID_ERRORS", "0x40 79x2 stale")

    assert rules.fires(series, "GpuErrors", "40m", xid="79")
    assert not rules.fires(series, "GpuErrors", "75m")


def test_an_old_code_after_a_gap_is_old(rules: Rules) -> None:
    """The exporter was away and still shows the code of last week."""
    series = card("XID_ERRORS", "79x40 _x40 79x40")

    assert not rules.fires(series, "GpuErrors", "25m")


def test_a_code_and_a_memory_error_are_two_alerts(rules: Rules) -> None:
    """XID 48 and the counter that goes with it; the counter's alert ends with a reset of the card."""
    series = {**card("XID_ERRORS", "0x40 48x80"), **card("ECC_DBE_VOL_TOTAL", "2x40 3x40 0x40")}

    assert rules.fires(series, "GpuErrors", "15m", xid="48")
    assert rules.fires(series, "GpuErrors", "15m", xid="")
    assert not rules.fires(series, "GpuErrors", "25m", xid="")


def annotation(rules: Rules, series: dict[str, str], alert: str, at: str, name: str) -> str:
    """What promtool shows of an alert's annotation."""
    said = rules.judge_alert(series, alert, at)
    return said.partition(f'{name}="')[2].partition('"')[0]


@pytest.mark.parametrize(
    ("alert", "series", "value", "limit"),
    [
        ("GpuHot", card("GPU_TEMP", "85x80"), "85 °C", "80 °C"),
        ("GpuHighUtilization", card("GPU_UTIL", "87x80"), "87%", "80%"),
        ("GpuErrors", card("XID_ERRORS", "0x40 79x40"), "XID 79", "0"),
        ("GpuErrors", card("ECC_DBE_VOL_TOTAL", "0x40 3x40"), "ECC × 3", "0"),
        (
            "HostHighLoad",
            {
                'node_load5{job="node",instance="h:9100"}': "3x100",
                'node_cpu_seconds_total{job="node",instance="h:9100",cpu="0",mode="idle"}': "0+1x100",
            },
            "3.00",
            "2.00",
        ),
    ],
)
def test_numbers_are_written_with_their_unit(
    rules: Rules, alert: str, series: dict[str, Any], value: str, limit: str
) -> None:
    """The value and the limit as they stand in a notification."""
    assert annotation(rules, series, alert, "18m", "value") == value
    assert annotation(rules, series, alert, "18m", "limit") == limit
