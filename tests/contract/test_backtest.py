"""`explain --backtest` against a real Prometheus that holds three days with incidents that are known to the second."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.cli import BAD, FOUND, OK, main
from generator.model import Stack
from generator.pipeline import read
from generator.rules import alerts
from generator.runtime.backtest import Backtest, Question
from tests.contract import load
from tests.integration.client import free_ports
from tests.proof import find

STEP, DAY, HOUR, MINUTE = 30, 86400, 3600, 60
DAYS = 3
HOLD = 300
SPEC: dict[str, Any] = {
    "version": 1,
    "stack": {"name": "test", "scrape_interval": "30s", "timezone": "UTC"},
    "services": [
        {"name": "api", "kind": "fastapi", "targets": ["api:8000"], "buckets": ["400ms", "800ms", "1s", "5s"]},
        {"name": "shop", "kind": "django", "targets": ["shop:8000"], "thresholds": {"error_ratio": "10%"}},
    ],
    "hosts": {"targets": ["node-exporter:9100"]},
}


@dataclass(frozen=True)
class Incident:
    """From `at` seconds after the beginning on, so many steps long, a value stands at `level`."""

    at: float
    steps: int
    level: float

    @property
    def fires(self) -> float:
        """The first evaluation at which the condition has held for `for`."""
        return self.at + HOLD

    @property
    def length(self) -> float:
        return self.steps * STEP - HOLD


# Shares of 5xx: the limit is 1 % for api, 10 % for shop; `for` is 5 minutes, 11 evaluations.
LOW = Incident(2 * HOUR, 60, 0.008)
SLIGHT = Incident(10 * HOUR, 40, 0.012)
SHORT = Incident(20 * HOUR, 10, 0.5)
JUST = Incident(30 * HOUR, 11, 0.05)
HIGH = Incident(48 * HOUR - 300, 20, 0.03)  # across the end of the first answer
RUNNING = Incident(71 * HOUR, 1000, 0.012)
SHOPS = Incident(50 * HOUR, 60, 0.15)
GAP = (50 * HOUR + 600, 51 * HOUR)  # nothing at all was recorded; the incident at SHOPS lies across its beginning
BUSY = (Incident(5 * HOUR, 30, 0.88), Incident(25 * HOUR, 30, 0.91), Incident(45 * HOUR, 30, 0.95))
# Of requests slower than each bound: the shares of a quiet hour, and of three incidents.
SLOWER = {"0.4": 0.04, "0.6": 0.03, "0.8": 0.02, "1.2": 0.01, "1.6": 0.005, "+Inf": 0.0}
SLOW = (
    (Incident(4 * HOUR, 30, 0.7), {**SLOWER, "0.4": 0.08, "0.6": 0.07, "0.8": 0.04}),
    (Incident(12 * HOUR, 30, 0.9), {**SLOWER, "0.4": 0.08, "0.6": 0.07, "0.8": 0.06}),
    (Incident(60 * HOUR, 30, 3.0), {**dict.fromkeys(SLOWER, 0.06), "+Inf": 0.0}),
)
API = (LOW, SLIGHT, SHORT, JUST, HIGH, RUNNING)


def level(incidents: tuple[Incident, ...], moment: int, quiet: float) -> float:
    """What a series shows at a moment."""
    return next((i.level for i in incidents if 0 <= moment - i.at < i.steps * STEP), quiet)


def slower(moment: int) -> dict[str, float]:
    """The shares of slow requests at a moment."""
    return next((shares for i, shares in SLOW if 0 <= moment - i.at < i.steps * STEP), SLOWER)


def samples(moment: int) -> Iterator[tuple[str, float]]:
    """What the recording rules would have recorded."""
    for service, kind, incidents in (("api", "fastapi", API), ("shop", "django", (SHOPS,))):
        ratio = level(incidents, moment, 0.001)
        labels = f'{{service="{service}"}}'
        info = f'{{service="{service}",kind="{kind}",team="ops",env="production"}}'
        yield f"service:info{info}", 1
        yield f"service:http_requests:rate5m{labels}", 100
        yield f"service:http_errors:rate5m{labels}", ratio * 100
        yield f"service:http_errors:ratio_rate5m{labels}", ratio
    for bound, share in slower(moment).items():
        yield f'service_le:http_latency_seconds_bucket:rate5m{{service="api",le="{bound}"}}', 100 * (1 - share)
    yield 'service:http_slower_than_latency_p95:ratio_rate5m{service="api"}', slower(moment)["0.8"]
    p95 = level(tuple(i for i, _ in SLOW), moment, 0.3)
    yield 'service:http_latency_seconds:p95_rate5m{service="api"}', p95
    yield 'instance:cpu_busy:ratio_rate5m{instance="a:9100"}', level(BUSY, moment, 0.4)


def openmetrics(begin: int) -> Iterator[str]:
    """Three days of all series, one after the other."""
    rows: dict[str, list[str]] = {}
    for moment in range(0, DAYS * DAY + 1, STEP):
        if not GAP[0] <= moment < GAP[1]:
            for series, value in samples(moment):
                rows.setdefault(series, []).append(f"{series} {value:.6g} {begin + moment}\n")
    for lines in rows.values():
        yield from lines
    yield "# EOF\n"


@dataclass(frozen=True)
class Past:
    """A running server, the moment at which its history begins, and the stack that it belongs to."""

    url: str
    begin: int
    stack: Stack
    spec: Path

    def found(self, name: str, severity: str, factor: float, **more: Any) -> list[tuple[float, float, str]]:
        """Each time that the alert fired with a limit: seconds after the beginning, its length, who."""
        rule = next(a for a in alerts(self.stack) if a.name == name and a.severity.value == severity)
        asked = Question(self.url, DAYS, factors=(factor,), end=self.begin + DAYS * DAY, **more)
        test = Backtest(self.stack, rule, asked)
        rung = next(each for each in test.rungs if each.factor == factor)
        who = ("service", "instance")
        return sorted(
            (e.start - self.begin, e.length, next(v for k, v in e.labels if k in who)) for e in test.episodes(rung)
        )


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    """Three days until now, written as blocks by promtool, and a server on them."""
    folder = tmp_path_factory.mktemp("history")
    promtool, prometheus = find("promtool"), find("prometheus")
    assert promtool
    assert prometheus
    begin = int(time.time()) // STEP * STEP - DAYS * DAY
    with (folder / "past.txt").open("w") as file:
        file.writelines(openmetrics(begin))
    made = [promtool.where, "tsdb", "create-blocks-from", "openmetrics", "--quiet", "past.txt", "data"]
    subprocess.run(made, cwd=folder, check=True, capture_output=True)
    (folder / "prometheus.yml").write_text("scrape_configs: []\n")
    (folder / "spec.yaml").write_text(yaml.safe_dump(SPEC))
    url = f"http://127.0.0.1:{free_ports(1)[0]}"
    command = [prometheus.where, "--config.file=prometheus.yml", f"--web.listen-address={url[7:]}"]
    command += ["--storage.tsdb.path=data", "--storage.tsdb.retention.time=30d"]
    with (folder / "prometheus.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        load.page(f"{url}/-/ready", 30)
        yield Past(url, begin, read(yaml.safe_dump(SPEC).encode(), "native").stack, folder / "spec.yaml")
    finally:
        process.terminate()
        process.wait(20)


def planted(*incidents: Incident, who: str = "api") -> list[tuple[float, float, str]]:
    """When these fire, and how long: the one that still goes on ends with the range."""
    end = DAYS * DAY + STEP
    return [(i.fires, min(i.length, end - i.fires), who) for i in sorted(incidents, key=lambda i: i.at)]


def same(found: list[tuple[float, float, str]], expected: list[tuple[float, float, str]]) -> None:
    """As many, each with its beginning and length to one step."""
    assert [who for *_, who in found] == [who for *_, who in expected], found
    for (start, length, _), (planted_start, planted_length, _) in zip(found, expected, strict=True):
        assert abs(start - planted_start) <= STEP
        assert abs(length - planted_length) <= STEP


pytestmark = pytest.mark.server("prometheus", "promtool")


@pytest.mark.parametrize(
    ("factor", "incidents"),
    [
        (0.5, (LOW, SLIGHT, JUST, HIGH, RUNNING)),
        (0.75, (LOW, SLIGHT, JUST, HIGH, RUNNING)),
        (1.0, (SLIGHT, JUST, HIGH, RUNNING)),
        (1.5, (JUST, HIGH)),
        (2.0, (JUST, HIGH)),
        (4.0, (JUST,)),
    ],
)
def test_each_limit_finds_its_incidents(past: Past, factor: float, incidents: tuple[Incident, ...]) -> None:
    """Neither what lies below the limit nor what is shorter than `for`."""
    same(past.found("HighErrorRate", "critical", factor, service="api"), planted(*incidents))


def test_a_gap_ends_an_incident(past: Past) -> None:
    """Nothing was recorded for a while: it fired until the server took the last sample for the present no more."""
    [(start, length, who)] = past.found("HighErrorRate", "critical", 1.0, service="shop")

    assert who == "shop"
    assert start == SHOPS.fires
    assert abs(length - (GAP[0] - SHOPS.fires + 300)) <= STEP


def test_a_service_s_own_limit_is_what_is_multiplied(past: Past) -> None:
    """15 % is above 10 % and below 20 %."""
    assert len(past.found("HighErrorRate", "critical", 0.5, service="shop")) == 1
    assert past.found("HighErrorRate", "critical", 2.0, service="shop") == []


@pytest.mark.parametrize(("factor", "count"), [(0.5, 3), (0.75, 3), (1.0, 2), (1.5, 1), (2.0, 1)])
def test_latency_is_judged_by_the_bucket_of_each_limit(past: Past, factor: float, count: int) -> None:
    """What was recorded knows today's limit alone; the buckets know the others."""
    incidents = [incident for incident, _ in SLOW]
    same(past.found("HighLatencyP95", "warning", factor), planted(*incidents[-count:]))


@pytest.mark.parametrize(("factor", "count"), [(0.5, 3), (0.75, 3), (1.0, 3), (1.5, 2), (2.0, 1)])
def test_a_share_near_1_has_limits_above_it_too(past: Past, factor: float, count: int) -> None:
    """85 % becomes 70, 80, 90 and 92.5 %."""
    same(past.found("HostHighCpu", "critical", factor), planted(*BUSY[-count:], who="a:9100"))


def test_the_table_says_what_was_found(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    """Today's limit and the others, how much history there was, and when it fired."""
    arguments = ["explain", "--backtest", "HighErrorRate", "--spec", str(past.spec), "--url", past.url]
    assert main([*arguments, "--days", "3", "--service", "api"]) == OK
    head, history, columns, *rows = capsys.readouterr().out.splitlines()

    assert head == "HighErrorRate, critical, for 5m, evaluated every 30s"
    assert history.startswith("history: 2d23h")
    assert history.endswith("with 1 gap")
    assert columns.split() == ["limit", "fired", "longest", "in", "all", "where"]
    assert [row.split()[:3] for row in rows[:5]] == [
        ["0.5x", "0.5%", "5"],
        ["0.75x", "0.75%", "5"],
        ["today", "1%", "4"],
        ["1.5x", "1.5%", "2"],
        ["2x", "2%", "2"],
    ]
    assert rows[5] == "the last times with today's limit:"
    assert len(rows) == 10
    assert "and still" in rows[-1]


def test_other_multiples_can_be_asked_for(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    """Today's is always among them."""
    arguments = ["explain", "--backtest", "HostHighCpu", "--spec", str(past.spec), "--url", past.url]
    assert main([*arguments, "--days", "3", "--factors", "1.1"]) == OK
    rows = [line.split()[:2] for line in capsys.readouterr().out.splitlines()]

    assert [row for row in rows if row[:1] in (["today"], ["1.1x"])] == [
        ["today", "70%"],
        ["1.1x", "72.727273%"],
        ["today", "85%"],
        ["1.1x", "86.363636%"],
    ]


def test_less_history_than_asked_is_said(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    """A week was asked for, and three days are there."""
    main(["explain", "--backtest", "HostHighCpu", "--spec", str(past.spec), "--url", past.url, "--factors", "1"])

    assert "of the last 7d, since" in capsys.readouterr().out


def test_no_history_is_no_silence(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    """An alert whose series were never recorded has not been silent: nothing is known of it."""
    arguments = ["explain", "--backtest", "HostHighLoad", "--spec", str(past.spec), "--url", past.url]

    assert main(arguments) == FOUND
    assert "has no data of the last 7d for instance:load5_per_core:ratio" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "status", "said"),
    [
        (
            ["--url", "http://127.0.0.1:9"],
            FOUND,
            "Prometheus does not answer at http://127.0.0.1:9: Connection refused",
        ),
        (["--url", "file:///etc/hostname"], FOUND, "is no URL of a Prometheus"),
        (["--service", "nobody"], BAD, "no service is named nobody"),
        (["--days", "0"], BAD, "--days lies between 0 and 3650"),
        (["--factors", "a"], BAD, "--factors: 'a' is no list of numbers; write some such as 0.9,1,1.1"),
    ],
)
def test_what_cannot_be_asked_is_said(
    past: Past, more: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, without a traceback."""
    assert main(["explain", "--backtest", "HighErrorRate", "--spec", str(past.spec), *more]) == status
    assert said in capsys.readouterr().err
