"""The day curve, the scenarios, the guards and the command line of the Locust traffic, each by itself."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from sample_app.scenarios import STORIES
from sample_app.traffic.locust.curve import NIGHT, hour_at, share_at, users_at
from sample_app.traffic.locust.endpoints import ENDPOINTS, PRODUCT, USERS
from sample_app.traffic.locust.hog import LEFT_FREE, change, step_bytes
from sample_app.traffic.locust.market import Market
from sample_app.traffic.locust.options import Options, parse
from sample_app.traffic.locust.scenarios import CONNECTIONS_SHARE, DROP, SCENARIOS, SURGE, listing

ROOT = Path(__file__).parents[3]
HOURS = [minute / 60 for minute in range(24 * 60)]
GIB = 1 << 30
API = ("--api", "http://127.0.0.1:8000")
NAMES = {
    "HighErrorRate",
    "HighLatencyP95",
    "TrafficSurge",
    "TrafficDrop",
    "HostHighMemory",
    "ColdStartSlow",
    "CacheHitRatioLow",
    "DatabaseConnectionsHigh",
    "GpuHot",
    "HostHighCpu",
}


def test_a_day_has_a_quiet_night_and_two_peaks() -> None:
    """The evening's is the higher one, and nothing leaves the bounds."""
    shares = [share_at(hour) for hour in HOURS]
    peaks = [
        hour
        for hour, before, here, after in zip(
            HOURS, [shares[-1], *shares], shares, [*shares[1:], shares[0]], strict=False
        )
        if before < here >= after
    ]

    assert len(peaks) == 2
    assert (round(peaks[0]), round(peaks[1])) == (12, 20)
    assert share_at(peaks[0]) < share_at(peaks[1])
    assert min(shares) >= NIGHT
    assert max(shares) <= 1
    assert share_at(4) < 0.25
    assert share_at(25) == pytest.approx(share_at(1))
    assert all(abs(late - early) < 0.01 for early, late in pairwise(shares))


@pytest.mark.parametrize(
    ("seconds", "speed", "hour"), [(0, 1, 0), (86400 * 5 + 3600, 1, 1), (3600, 24, 0), (1800, 24, 12), (90, 1000, 1)]
)
def test_the_hour_follows_the_clock(seconds: float, speed: float, hour: float) -> None:
    """At 24 times the speed a day lasts an hour."""
    assert hour_at(seconds, speed) == pytest.approx(hour)


def test_there_is_always_somebody() -> None:
    """Users follow the curve; surges and drops are factors."""
    assert (users_at(20, 20.5), users_at(20, 4), users_at(1, 4, 0.1)) == (20, 4, 1)
    assert (users_at(20, 20.5, 5), users_at(20, 20.5, 0.1)) == (100, 2)


def test_memory_is_taken_to_the_share_and_never_the_last_gibibyte() -> None:
    """By what is available at each step; what others need is given back."""
    total = 16 * GIB
    step = step_bytes(total)

    assert change(total, available=12 * GIB, share=0.78) == step
    assert change(total, available=int(total * 0.22), share=0.78) == 0
    assert change(total, available=int(total * 0.22) - 3 * step, share=0.78) == -step
    assert change(total, available=LEFT_FREE + step - 1, share=0.99) == 0
    assert change(total, available=LEFT_FREE - 1, share=0.99) == -step
    assert change(2 * GIB, available=GIB, share=0.78) == 0


def test_memory_settles_where_it_should() -> None:
    """Step by step from an idle machine, with nothing to and fro at the end."""
    total = available = 8 * GIB
    for _ in range(2000):
        available -= change(total, available, 0.78)

    assert 1 - available / total == pytest.approx(0.78, abs=0.003)
    assert change(total, available, 0.78) == 0


def test_scenarios_are_told_in_both_languages() -> None:
    """Every one is named after the first alert that it raises and lasts longer than any alert's `for`."""
    text = listing()

    assert set(SCENARIOS) == set(STORIES) == NAMES
    for name, scenario in SCENARIOS.items():
        story = scenario.story
        assert story == STORIES[name]
        assert story.alerts[0] == name
        assert story.seconds >= 300
        assert all(part in text for part in (name, story.english, story.korean, *story.alerts))
        assert story.english.count(". ") == 0


def test_the_words_name_the_numbers_that_are_pulled() -> None:
    """ "every twentieth" is 0.05, "five times" is 5."""
    assert (SURGE, DROP, CONNECTIONS_SHARE, Options().memory_share) == (5, 0.1, 0.85, 0.78)
    for name, words in {
        "TrafficSurge": ("five times", "다섯 배"),
        "TrafficDrop": ("one person in ten", "열 명 가운데 한 명"),
        "DatabaseConnectionsHigh": ("85 %", "85%"),
        "HostHighMemory": ("78 %", "78%"),
        "HighErrorRate": ("every twentieth", "스무 건 가운데 한 건"),
        "HighLatencyP95": ("0.9 s", "0.9초"),
        "HostHighCpu": ("78 %", "78%"),
    }.items():
        assert words[0] in STORIES[name].english
        assert words[1] in STORIES[name].korean


def test_names_are_templates() -> None:
    """One for each route; ids stand in paths alone."""
    assert PRODUCT.path(77) == "/api/v1/products/77/"
    assert (PRODUCT.name, USERS.path()) == ("GET /api/v1/products/<id>/", "/api/v1/users/")
    assert max(Counter(endpoint.name for endpoint in ENDPOINTS).values()) == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "--api is needed"),
        (["--api", "127.0.0.1:8000"], "'127.0.0.1:8000' is no server"),
        (["--api", "http://host:x"], "is no server"),
        (["--api", "http://host/path"], "is no server"),
        (["--api", "http://host?x=1"], "is no server"),
        (["--api", "http://a..b"], "is no server"),
        ([*API, "--shop", ""], "is no server"),
        ([*API, "--users", "0"], "0 is not a whole number from 1"),
        ([*API, "--users", "many"], "many is not a whole number from 1"),
        ([*API, "--seconds", "0"], "0 is not above 0"),
        ([*API, "--speed", "inf"], "inf is not above 0"),
        ([*API, "--speed", "nan"], "nan is not above 0"),
        ([*API, "--start-hour", "25"], "25 is not an hour"),
        ([*API, "--memory-share", "78"], "78 is not between 0 and 1"),
        ([*API, "--scenario", "ServiceDown"], "no scenario 'ServiceDown'; there are HighErrorRate, "),
        ([*API, "--scenario", "GpuHot"], "GpuHot needs --gpu"),
        ([*API, "--scenario", "DatabaseConnectionsHigh"], "DatabaseConnectionsHigh needs the variable DATABASE_URL"),
        ([*API, "--scenario", "CacheHitRatioLow"], "CacheHitRatioLow needs the variable CACHE_URL"),
        ([*API, "--scenario", "TrafficSurge,TrafficDrop"], "cancel each other out"),
        ([*API, "--summary", "/nowhere/at/all.json"], "cannot write /nowhere/at/all.json"),
        ([*API, "--frobnicate"], "unrecognized arguments: --frobnicate"),
    ],
)
def test_a_bad_command_line_is_told_in_a_line(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 2, and what would be right."""
    with pytest.raises(SystemExit) as exit_:
        parse(arguments, {})
    told = capsys.readouterr().err

    assert exit_.value.code == 2
    assert reason in told
    assert told.count("\n") == 1


def test_a_password_file_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without its newline; one that cannot be read is named."""
    file = tmp_path / "password"
    file.write_text("hush\n")

    arguments = [*API, "--scenario", "DatabaseConnectionsHigh"]
    variables = {"DATABASE_URL": "postgresql://shop@127.0.0.1/shop", "DATABASE_PASSWORD_FILE": str(file)}
    options = parse(arguments, variables)
    gone = variables | {"DATABASE_PASSWORD_FILE": f"{file}-gone"}

    assert (options.database_url, options.database_password) == (variables["DATABASE_URL"], "hush")
    assert "hush" not in repr(options)
    assert parse(API, gone).database_password == ""  # nobody needs it
    with pytest.raises(SystemExit):
        parse(arguments, gone)
    assert f"cannot read {file}-gone: No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "variable", "address"),
    [
        ("DatabaseConnectionsHigh", "DATABASE_URL", address)
        for address in (
            "hush",
            "postgresql://shop:hu/sh@127.0.0.1/shop",
            "postgresql://shop:1/hush@127.0.0.1/shop",
            "postgresql://shop:1#hush@127.0.0.1/shop",
            "postgresql://shop:1?hush@127.0.0.1/shop",
            "postgresql://shop:p@hush@127.0.0.1/shop",
            "postgresql://shop:hu%zzsh@127.0.0.1/shop",
            "postgresql://shop:hu sh@127.0.0.1/shop",
            "redis://shop:hush@127.0.0.1/0",
        )
    ]
    + [("CacheHitRatioLow", "CACHE_URL", address) for address in ("hush", "redis://:hu/sh@h/0", "redis://:1#hush@h/0")],
)
def test_a_password_is_never_told(name: str, variable: str, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What drivers would misread, and repeat in their messages, does not get to them."""
    with pytest.raises(SystemExit):
        parse([*API, "--scenario", name], {variable: address})
    told = capsys.readouterr().err

    assert f"{variable} is no URL such as" in told
    assert "sh@" not in told
    assert "hu" not in told.replace("such as", "")


def test_a_password_of_a_server_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """And not repeated."""
    with pytest.raises(SystemExit):
        parse(["--api", "http://me:hush@127.0.0.1:8000"], {})
    told = capsys.readouterr().err

    assert "a user and password in the URL are not supported" in told
    assert "hush" not in told


def test_a_run_lasts_as_long_as_its_scenarios() -> None:
    """Or as long as it is told, or until it is stopped."""
    both = parse([*API, "--scenario", "ColdStartSlow,HighErrorRate"], {})

    assert both.seconds == 900
    assert parse([*API, "--scenario", "HighErrorRate", "--seconds", "5"], {}).seconds == 5
    assert parse(API, {}).seconds is None


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--api", "http://127.0.0.1:9"], "the sample API: http://127.0.0.1:9 does not answer: Connection refused"),
        (["--list", "--frobnicate"], "unrecognized arguments"),
    ],
)
def test_what_cannot_run_says_so(arguments: list[str], reason: str) -> None:
    """As a program: exit status 2, one line, no traceback."""
    done = program(*arguments)

    assert done.returncode == 2
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_list_prints_the_scenarios() -> None:
    """Without any server."""
    done = program("--list")

    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, listing(), "")


def test_help_names_every_variable() -> None:
    """And says what is emptied."""
    done = program("--help")

    assert (done.returncode, done.stderr) == (0, "")
    assert all(name in done.stdout for name in ("DATABASE_URL", "DATABASE_PASSWORD_FILE", "CACHE_URL", "EMPTIES"))
    assert max(map(len, done.stdout.splitlines())) <= 120


def test_a_shop_that_was_made_anew_is_met_anew() -> None:
    """Nobody and nothing of the old one is remembered for long."""
    market = Market()
    market.people.extend([1, 2, 3])
    market.add([7, 8, None, "9"])
    market.forget(7, 2, None)
    market.forget(None, 5)

    assert (list(market.products), list(market.people)) == ([8], [1, 3])


def test_only_the_program_patches_the_process() -> None:
    """What tests import leaves the standard library alone."""
    modules = "curve, endpoints, guard, hog, options, scenarios"
    code = f"from sample_app.traffic.locust import {modules}; import sys, socket; print(socket.socket.__module__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "socket"


def program(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the program to its end."""
    command = [sys.executable, "-m", "sample_app.traffic.locust", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
