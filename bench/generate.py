"""`generate` as a whole process, from its start to its exit: `python -m bench.generate [--quick]`.

Specs of growing size are rendered into empty folders, interleaved, and the median of each counts. Time is that of the
wall; memory is the peak of the process (ru_maxrss of wait4). A second line for each size renders again with nothing to
change. Where promtool is on PATH its own checks of a tree of up to 1,000 services are timed as well: they are no aim
of ours, but what a user waits for.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("fastapi", "django", "starlette", "flask", "opentelemetry")
TARGETS, TEAMS = 3, 20
MOST_CHECKED = 1000
OVERRIDDEN = 10
"""Every tenth service has limits of its own, a route with another, and an SLO."""


@dataclass(frozen=True, slots=True)
class Aim:
    """The most that a size may cost: seconds of wall time and MiB of memory."""

    seconds: float
    mebibytes: float


AIMS = {1: Aim(0.5, 80), 1000: Aim(2, 200)}
MOST_FOR_TEN_TIMES = 11
"""Ten times the services may take at most this many times as long."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of wall time and MiB of memory at the peak, of one process."""

    seconds: float
    mebibytes: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    cost: Cost
    aim: Aim | None

    @property
    def met(self) -> bool:
        """Whether the aim, if there is one, is met."""
        return self.aim is None or (self.cost.seconds <= self.aim.seconds and self.cost.mebibytes <= self.aim.mebibytes)


def spec(services: int) -> dict[str, Any]:
    """A spec of so many services of mixed kinds."""
    return {"version": 1, "stack": {"name": "bench"}, "services": [_service(number) for number in range(services)]}


def _service(number: int) -> dict[str, Any]:
    name = f"service-{number:05d}"
    made: dict[str, Any] = {
        "name": name,
        "kind": KINDS[number % len(KINDS)],
        "targets": [f"{name}-{target}.internal:8000" for target in range(TARGETS)],
        "team": f"team-{number % TEAMS}",
    }
    if number % OVERRIDDEN == 0:
        made["thresholds"] = {"latency_p95": "1s", "error_ratio": "2%"}
        made["routes"] = [{"route": "/predict", "latency_p95": "2500ms"}]
        made["slo"] = {"availability": "99.9%", "latency": {"objective": "95%", "below": "1s"}, "window": "30d"}
    return made


def measure(sizes: tuple[int, ...], passes: int) -> list[Row]:
    """The median cost of each size, into an empty folder and with nothing to change."""
    found: dict[str, list[Cost]] = {}
    with tempfile.TemporaryDirectory() as folder:
        specs = {size: _written(Path(folder), size) for size in sizes}
        for _ in range(passes):
            for size, path in specs.items():
                out = path.parent / f"out-{size}"
                shutil.rmtree(out, ignore_errors=True)
                for state in ("into an empty folder", "nothing to change"):
                    found.setdefault(f"{size:>6,} services, {state}", []).append(_generate(path, out))
        rows = [Row(what, _median(costs), AIMS.get(_size(what))) for what, costs in found.items()]
        checked = max(size for size in sizes if size <= MOST_CHECKED)
        return [*rows, *_promtool(Path(folder) / f"out-{checked}", checked)]


def growth(rows: list[Row]) -> list[str]:
    """How the time grows with the services, for each step of ten times."""
    first = {_size(r.what): r.cost.seconds for r in rows if r.what.endswith("empty folder")}
    return [
        f"{small:,} to {large:,} services: {first[large] / first[small]:.1f} times as long"
        f" (aim: at most {MOST_FOR_TEN_TIMES}) {_verdict(first[large] / first[small] <= MOST_FOR_TEN_TIMES)}"
        for small, large in ((s, s * 10) for s in sorted(first))
        if large in first
    ]


def table(rows: list[Row]) -> list[str]:
    """The lines of the table."""
    lines = [f"{'generate':<46}{'s':>8}{'aim':>7}{'MiB':>8}{'aim':>7}"]
    for row in rows:
        seconds, mebibytes = (f"{row.aim.seconds:g}", f"{row.aim.mebibytes:g}") if row.aim else ("", "")
        numbers = f"{row.cost.seconds:>8.2f}{seconds:>7}{row.cost.mebibytes:>8.0f}{mebibytes:>7}"
        lines.append(f"{row.what:<46}{numbers}  {_verdict(row.met) if row.aim else ''}".rstrip())
    return lines


def _verdict(met: bool) -> str:
    return "ok" if met else "MISSED"


def _written(folder: Path, size: int) -> Path:
    if size == 1:  # the spec that a user starts with
        return Path(shutil.copy(ROOT / "spec.yaml", folder / "spec-1.yaml"))
    path = folder / f"spec-{size}.yaml"
    path.write_text(yaml.dump(spec(size), Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper)), encoding="utf-8")
    return path


def _size(what: str) -> int:
    return int(what.split(maxsplit=1)[0].replace(",", ""))


def _generate(path: Path, out: Path) -> Cost:
    return _cost([sys.executable, "-m", "generator", "generate", "--spec", str(path), "--out", str(out)])


def _promtool(tree: Path, size: int) -> Iterator[Row]:
    if shutil.which("promtool") is None:
        return
    rules = [str(path) for path in sorted(tree.glob("prometheus/rules/*.yml"))]
    tests = [str(path) for path in sorted(tree.glob("prometheus/tests/*.yml"))]
    for what, files in (
        ("check config", [str(tree / "prometheus/prometheus.yml")]),
        ("check rules", rules),
        ("test rules", tests),
    ):
        cost = _cost(["promtool", *what.split(), *files])
        yield Row(f"{size:>6,} services, promtool {what}", cost, None)


def _cost(command: list[str]) -> Cost:
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command[:6])} … ended with {process.returncode}")
    return Cost(seconds, usage.ru_maxrss / 1024)


def _median(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(c.seconds for c in costs), statistics.median(c.mebibytes for c in costs))


def main() -> int:
    """Prints the table; exit status 1 when an aim is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.generate", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="3 passes instead of 7")
    options = parser.parse_args()
    rows = measure((1, 100, 1000, 10_000) if not options.quick else (1, 100, 1000), 3 if options.quick else 7)
    print("\n".join((*table(rows), *growth(rows))))
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
