"""The command line and the environment as one value."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from .scenarios import SCENARIOS, Part, Scenario

_VARIABLES = {
    Part.DATABASE: ("DATABASE_URL", ("postgresql", "postgres"), "postgresql://user@127.0.0.1:5432/name"),
    Part.CACHE: ("CACHE_URL", ("redis", "rediss", "unix"), "redis://127.0.0.1:6379/0"),
}
_ENVIRONMENT = """\
variables of the environment, each read when a scenario needs it:
  DATABASE_URL            for DatabaseConnectionsHigh: postgresql://user@host:5432/name
  DATABASE_PASSWORD_FILE  file with the password, where the URL holds none
  CACHE_URL               for CacheHitRatioLow, which EMPTIES it: redis://host:6379/0

Ctrl-C or SIGTERM ends the run, takes its scenarios back and prints the statistics. Exit status: 0 after a run, 1 when a
fault could not be switched off or the summary not written, 2 when the run could not start.
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What to run.

    users: the most at once, at the evening's peak. seconds: how long, None until told to stop. speed: days a day.
    start_hour: the hour of the day at which it starts; None takes the clock's. memory_share: of the machine's, 0 to 1.
    database_url, database_password, cache_url: empty unless a scenario needs them.
    """

    api: str = ""
    shop: str = ""
    gpu: str = ""
    users: int = 20
    seconds: float | None = None
    speed: float = 1.0
    start_hour: float | None = None
    scenarios: tuple[Scenario, ...] = ()
    summary: Path | None = None
    memory_share: float = 0.78
    database_url: str = field(default="", repr=False)
    database_password: str = field(default="", repr=False)
    cache_url: str = field(default="", repr=False)
    list: bool = False


def parse(arguments: Sequence[str], environment: Mapping[str, str]) -> Options:
    """The options. Exits with status 2 and one line for a bad command line."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.list:
        return Options(list=True)
    if not given.api:
        parser.error("--api is needed: the URL of the sample API, such as http://127.0.0.1:8000")
    scenarios: tuple[Scenario, ...] = given.scenario
    _refuse(parser, scenarios, given.gpu, environment)
    needs = {scenario.needs for scenario in scenarios}
    database = environment if Part.DATABASE in needs else {}
    return Options(
        api=given.api,
        shop=given.shop or "",
        gpu=given.gpu or "",
        users=given.users,
        seconds=given.seconds or max((scenario.story.seconds for scenario in scenarios), default=None),
        speed=given.speed,
        start_hour=given.start_hour,
        scenarios=scenarios,
        summary=given.summary,
        memory_share=given.memory_share,
        database_url=database.get("DATABASE_URL", ""),
        database_password=_password(parser, database.get("DATABASE_PASSWORD_FILE", "")),
        cache_url=environment["CACHE_URL"] if Part.CACHE in needs else "",
    )


def _refuse(
    parser: argparse.ArgumentParser, scenarios: Sequence[Scenario], gpu: str | None, environment: Mapping[str, str]
) -> None:
    """Exits when a scenario lacks what it needs, or another one undoes it."""
    for scenario in scenarios:
        match scenario.needs:
            case Part.GPU if not gpu:
                parser.error(f"{scenario.story.name} needs --gpu, the URL of the GPU simulator")
            case Part.DATABASE | Part.CACHE:
                variable, schemes, example = _VARIABLES[scenario.needs]
                if not (url := environment.get(variable)):
                    parser.error(f"{scenario.story.name} needs the variable {variable}, such as {example}")
                if not _is_address(url, schemes):
                    parser.error(f"{variable} is no URL such as {example} (in a password write @ as %40, / as %2F)")
    if {"TrafficSurge", "TrafficDrop"} <= {scenario.story.name for scenario in scenarios}:
        parser.error("TrafficSurge and TrafficDrop cancel each other out; run one of them")


def _is_address(url: str, schemes: Sequence[str]) -> bool:
    """Whether drivers read no part of a password as something else, which they would repeat in their messages."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  (raises ValueError when it is no number)
    except ValueError:
        return False
    misread = "@" in url.replace(parts.netloc, "", 1) or parts.netloc.count("@") > 1 or parts.fragment
    return parts.scheme in schemes and not misread and not re.search(r"\s|%(?![0-9A-Fa-f]{2})", url)


def _password(parser: argparse.ArgumentParser, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip() if path else ""
    except OSError as error:
        parser.error(f"DATABASE_PASSWORD_FILE: cannot read {path}: {error.strerror}")
    except UnicodeDecodeError:
        parser.error(f"DATABASE_PASSWORD_FILE: {path} is no text")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line: the usage is long, and `--help` has it."""
        self.exit(2, f"{self.prog}: {message} (see --help)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m sample_app.traffic.locust",
        usage="%(prog)s --api URL [options]\n       %(prog)s --list",
        description="Uses the sample platform as people do through a day, and raises alerts on request.",
        epilog=_ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--api", type=_url, metavar="URL", help="the sample API, such as http://127.0.0.1:8000")
    parser.add_argument("--shop", type=_url, metavar="URL", help="the shop; without it nobody shops")
    parser.add_argument("--gpu", type=_url, metavar="URL", help="the GPU simulator, for GpuHot")
    parser.add_argument(
        "--users", type=_count, default=20, metavar="N", help="users at the peak of the day (default: %(default)s)"
    )
    parser.add_argument(
        "--seconds",
        type=_above_zero,
        metavar="S",
        help="how long the run, and each scenario at most (default: the longest scenario's time; without one no end)",
    )
    parser.add_argument(
        "--speed", type=_above_zero, default=1.0, metavar="X", help="a day lasts 24 h / X (default: %(default)s)"
    )
    parser.add_argument(
        "--start-hour", type=_hour, metavar="H", help="hour of the day to start at, 0 to 24 (default: the clock's)"
    )
    parser.add_argument(
        "--scenario", type=_scenarios, default=(), metavar="NAME[,NAME]", help="what to bring about; see --list"
    )
    parser.add_argument("--summary", type=_file, metavar="FILE", help="where to write the statistics as JSON")
    parser.add_argument(
        "--memory-share",
        type=_share,
        default=0.78,
        metavar="SHARE",
        help="share of the machine's memory that HostHighMemory brings into use (default: %(default)s)",
    )
    parser.add_argument("--list", action="store_true", help="print the scenarios and the alerts that they should raise")
    return parser


def _url(text: str) -> str:
    if "@" in text:
        raise argparse.ArgumentTypeError("a user and password in the URL are not supported")
    wrong = argparse.ArgumentTypeError(f"{text!r} is no server; write one such as http://127.0.0.1:8000")
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  (raises ValueError when it is no number)
        host = (parts.hostname or "").encode("idna")
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("http", "https") or not host or parts.path.strip("/") or parts.query or parts.fragment:
        raise wrong
    return f"{parts.scheme}://{parts.netloc}"


def _scenarios(text: str) -> tuple[Scenario, ...]:
    names = dict.fromkeys(text.split(","))
    if unknown := [name for name in names if name not in SCENARIOS]:
        raise argparse.ArgumentTypeError(f"no scenario {unknown[0]!r}; there are {', '.join(SCENARIOS)}")
    return tuple(SCENARIOS[name] for name in names)


def _file(text: str) -> Path:
    path = Path(text)
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise argparse.ArgumentTypeError(f"cannot write {text}")
    return path


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10000:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 to 10000")
    return int(text)


def _above_zero(text: str) -> float:
    return _within(text, lambda number: 0 < number < float("inf"), "above 0")


def _hour(text: str) -> float:
    return _within(text, lambda number: 0 <= number <= 24, "an hour from 0 to 24")


def _share(text: str) -> float:
    return _within(text, lambda number: 0 < number < 1, "between 0 and 1")


def _within(text: str, accept: Callable[[float], bool], what: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not accept(number):
        raise argparse.ArgumentTypeError(f"{text} is not {what}")
    return number
