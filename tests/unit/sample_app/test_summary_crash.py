"""What processes share survives those that are killed in the middle of a write."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from math import inf
from pathlib import Path

import pytest

from sample_app.telemetry.summary_board import Failure, Reading, board_size
from sample_app.telemetry.summary_shared import SharedRecords
from sample_app.telemetry.summary_totals import Totals

ROOT = Path(__file__).parents[3]
ERRORS = 8
WRITER = """
import sys, time
from itertools import count
from pathlib import Path
from sample_app.telemetry.summary_board import Failure
from sample_app.telemetry.summary_shared import SharedRecords
board = SharedRecords(Path(sys.argv[1]), 8).board()
print("ready", flush=True)
for number in count():
    board.observe(0.5 + number % 100)
    board.fail(Failure(time.time(), "GET", "/" + "r" * 150, 500, "m" * (number % 200), "a" * 32))
"""
RESETTER = """
import sys
from pathlib import Path
from sample_app.telemetry.summary_shared import SharedRecords
from sample_app.telemetry.summary_totals import Totals
records = SharedRecords(Path(sys.argv[1]), 8)
print("ready", flush=True)
while True:
    records.reset(lambda: Totals({"2xx": 3.0}, ((0.5, 3.0), (float("inf"), 3.0)), 1.0))
"""
FORKED = """
import json, os, sys
from prometheus_client import CollectorRegistry
from sample_app.telemetry import Metrics, MetricsMiddleware, serve_summary
metrics = Metrics(CollectorRegistry())
summary = serve_summary(MetricsMiddleware(None, metrics), metrics)
def work():
    metrics.begin()
    metrics.end("GET", "/", 200, 0.25)
summary.start()
work()
seen, told = os.pipe()
if not os.fork():
    work()
    data = summary.data()
    os.write(told, json.dumps([data["workers"], data["total_calls"]]).encode())
    os._exit(0)
os.wait()
data = summary.data()
print(json.dumps([json.loads(os.read(seen, 100)), [data["workers"], data["total_calls"]]]))
"""


def started(code: str, folder: Path) -> subprocess.Popen[str]:
    """A process that has said that it is ready."""
    process = subprocess.Popen([sys.executable, "-c", code, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    """kill -9, and its end."""
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    assert process.stdout is not None
    process.stdout.close()


def failure(number: int) -> Failure:
    return Failure(float(number), "GET", "/", 500, f"error {number}", None)


def test_a_writer_that_is_killed_breaks_no_read_and_loses_nothing_of_others(tmp_path: Path) -> None:
    """Twelve writers are killed at work; every read before and after is whole, and one board serves all of them."""
    records = SharedRecords(tmp_path, ERRORS)
    mine = records.board()
    for number in range(20):
        mine.observe(200.0 + number)
        mine.fail(failure(number))
    for lap in range(12):
        process = started(WRITER, tmp_path)
        try:
            until = time.monotonic() + 0.05 + lap * 0.007
            while time.monotonic() < until:
                whole(records, mine_is=219.0)
                assert records.workers() == 2
        finally:
            kill(process)
        whole(records, mine_is=219.0)
        assert records.workers() == 1

    kept = {f.message for reading in records.readings(1) for f in reading.failures}
    assert {f"error {number}" for number in range(20 - ERRORS, 20)} <= kept
    assert len(list(tmp_path.glob("summary_*.board"))) == 2


def whole(records: SharedRecords, mine_is: float) -> None:
    """Every number is one that a writer wrote, and of the killed ones' errors the newest are there."""
    for reading in records.readings(1):
        assert (reading.low, reading.high) == (200.0, mine_is) or reading.low in (0.5, inf)
        assert reading.high <= 99.5 or reading.high == mine_is
        assert reading.last_minute >= 0
        assert len(reading.failures) <= ERRORS + 1
        for one in reading.failures:
            assert one.message == "m" * len(one.message) or one.message.startswith("error ")


def test_a_reset_that_is_killed_is_a_whole_one_or_none(tmp_path: Path) -> None:
    """After each kill there is a baseline, the lock is free, and the next reset works."""
    records = SharedRecords(tmp_path, ERRORS)
    for lap in range(10):
        process = started(RESETTER, tmp_path)
        try:
            until = time.monotonic() + 0.03 + lap * 0.007
            while time.monotonic() < until:
                assert records.baseline().totals.seconds in (0.0, 1.0, 2.0)
        finally:
            kill(process)
        assert records.baseline().totals.seconds in (0.0, 1.0, 2.0)
        records.reset(lambda: Totals(seconds=2.0))
        assert records.baseline().totals.seconds == 2.0

    assert len(list(tmp_path.glob("summary_*.baseline"))) == 1


@pytest.mark.parametrize(
    "rest", [b"", b"\0", b"\0" * 544, b"\0" * board_size(ERRORS), b"\xff" * board_size(ERRORS), os.urandom(5000)]
)
def test_a_board_that_was_never_finished_says_nothing(tmp_path: Path, rest: bytes) -> None:
    """Whatever is in its file; and a worker that takes it over starts well."""
    records = SharedRecords(tmp_path, ERRORS)
    (tmp_path / "summary_0.board").write_bytes(rest)

    assert records.readings(1) == (Reading(inf, -inf, 0, ()),)

    board = records.board()
    board.observe(0.5)
    board.fail(failure(1))
    assert max(reading.high for reading in records.readings(1)) == 0.5
    assert [f for reading in records.readings(1) for f in reading.failures] == [failure(1)]


def test_a_board_of_another_size_is_left_alone(tmp_path: Path) -> None:
    """Workers of an older version with other settings may still read theirs."""
    old = SharedRecords(tmp_path, ERRORS)
    old.board().observe(0.5)
    old.forget()
    new = SharedRecords(tmp_path, ERRORS * 2)
    new.board().observe(0.25)

    assert sorted(reading.low for reading in new.readings(1)) == [0.25, 0.5]


def test_a_forked_child_is_a_worker_of_its_own(tmp_path: Path) -> None:
    """As under a server that loads the app before it forks: the child writes to its own board, the parent to its."""
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    command = [sys.executable, "-c", FORKED]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout == "[[2, 2], [1, 2]]\n"


def test_an_empty_metric_file_breaks_no_summary(tmp_path: Path) -> None:
    """The client makes its files in two steps, and a worker may be killed between them."""
    (tmp_path / "counter_1.db").touch()
    (tmp_path / "histogram_1.db").touch()
    test_a_forked_child_is_a_worker_of_its_own(tmp_path)
