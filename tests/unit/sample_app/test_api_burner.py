"""The burner starts, obeys and ends; what it decides is a pure function."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sample_app.api import Settings, create_app
from sample_app.api.burner import Burner, busy_share, next_duty, target_of
from sample_app.api.faults import Faults, FaultStore
from tests.unit.sample_app.sample_helpers import asgi


def burners(faults_file: Path) -> int:
    """How many processes work for this file: the controller and one a core."""
    count = 0
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            count += os.fsencode(faults_file) in entry.read_bytes().split(b"\0")
        except OSError:
            continue
    return count


def eventually(check: Callable[[], bool]) -> bool:
    """Whether `check` holds within ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if check():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def store(tmp_path: Path) -> FaultStore:
    """A store whose file no other test knows."""
    return FaultStore(tmp_path / "faults.json")


ALL = 1 + (os.cpu_count() or 1)


def test_burners_start_and_end_with_the_fault(store: FaultStore) -> None:
    """One process a core and the controller; none once the fault is 0."""
    burner = Burner(store.path)
    try:
        store.put(Faults(cpu_busy=0.02))
        burner.start()
        assert eventually(lambda: burners(store.path) == ALL)

        store.put(Faults())
        assert eventually(lambda: burners(store.path) == 0)
    finally:
        burner.stop()


def test_burners_end_with_the_app(store: FaultStore) -> None:
    """Stopping the controller takes its burners along."""
    burner = Burner(store.path)
    store.put(Faults(cpu_busy=0.02))
    burner.start()
    started = eventually(lambda: burners(store.path) == ALL)
    burner.stop()

    assert started
    assert eventually(lambda: burners(store.path) == 0)


def test_burners_end_after_their_limit(store: FaultStore) -> None:
    """Nobody has to remember to switch them off."""
    burner = Burner(store.path)
    store.put(Faults(cpu_busy=0.02, seconds=0.6))
    burner.start()
    try:
        assert eventually(lambda: burners(store.path) == ALL)
        assert eventually(lambda: burners(store.path) == 0)
    finally:
        burner.stop()


def test_the_app_starts_no_burner_by_itself(tmp_path: Path) -> None:
    """An app that comes and goes leaves nothing behind."""
    import asyncio  # noqa: PLC0415

    app = create_app(Settings(state_dir=tmp_path))
    asyncio.run(asgi(app, {"type": "lifespan"}, {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}))

    assert burners(tmp_path / "faults.json") == 0


@pytest.mark.parametrize(
    ("duty", "target", "busy", "expected"),
    [(0.0, 0.8, 0.0, 0.4), (0.5, 0.8, 0.8, 0.5), (0.9, 0.8, 1.0, 0.8), (0.1, 0.2, 1.0, 0.0), (1.0, 1.0, 0.5, 1.0)],
)
def test_the_controller_corrects_half_the_distance(duty: float, target: float, busy: float, expected: float) -> None:
    """Other load makes it work less; the share of time stays between 0 and 1."""
    assert next_duty(duty, target, busy) == pytest.approx(expected)


def test_without_proc_the_target_is_the_duty() -> None:
    """Nobody measures, so nobody corrects."""
    assert next_duty(0.1, 0.6, None) == 0.6


def test_busy_leaves_out_idle_iowait_and_steal() -> None:
    """user nice system idle iowait irq softirq steal, in ticks."""
    before = (100, 0, 50, 800, 10, 0, 0, 0)

    assert busy_share(before, (140, 10, 60, 820, 20, 0, 0, 10)) == pytest.approx(0.6)
    assert busy_share(before, before) is None


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("", 0),
        ("{}", 0),
        ("[]", 0),
        ('{"cpu_busy": 0.7, "cpu_busy_until": 101}', 0.7),
        ('{"cpu_busy": 0.7, "cpu_busy_until": 99}', 0),
    ],
)
def test_the_target_is_what_the_file_says_until_its_time(tmp_path: Path, text: str, target: float) -> None:
    """A broken file burns nothing."""
    path = tmp_path / "faults.json"
    path.write_text(text)

    assert target_of(path, now=100) == target
    assert target_of(tmp_path / "missing", now=100) == 0
