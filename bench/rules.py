"""Rules of 1, 100 and 1,000 services in a real Prometheus, and what they save: `python -m bench.rules [--quick]`.

The generated prometheus.yml scrapes pages that one local server writes for every service (`bench.pages`): 100
services of 20 routes and 5 status codes; 1,000 of 4 and 3, so that two cores can scrape them. Rules run at the default
interval. Pages are scraped every 5 s, so that after 100 s a window of five minutes holds as many samples as it does
for ever with the default of 15 s. Windows of hours hold the minutes that there are.

Durations of rules are Prometheus' own: the median over the evaluations of the last minute, as a share of the group's
interval. Then each panel's query is asked in turn with the same question to the raw series, and the medians count. Both
grow on a machine that does something else: the time that Prometheus waited for a core stands beside them.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from bench import NOT_MEASURED
from bench.generate import ROOT, spec
from bench.running import RULES, Answer, Pace, Run, Size, made_of, measure, write
from generator.runtime.binaries import Sources, provide

MOST_OF_INTERVAL = 0.1
"""All rules together may take at most this share of their interval."""
LEAST_RATIO = 10
"""A panel answers at least so many times faster than the raw series."""
SHOWN_SIZE = 100
"""The size at which panels are held to it."""
OVERRIDES = ("thresholds", "routes")
SIZES = (Size(1, 20, 5), Size(100, 20, 5), Size(1000, 4, 3))
FULL, QUICK = Pace(125, 60, 5), Pace(60, 30, 3)


@dataclass(frozen=True, slots=True)
class Count:
    """The rules of one spec."""

    services: int
    recordings: int
    alerts: int
    overridden: bool
    check_seconds: float


def counted(promtool: Path, folder: Path) -> Iterator[Count]:
    """The rules at each size, with the limits of services' own and without them."""
    for overridden in (False, True):
        for size in SIZES:
            made = spec(size.services)
            if not overridden:
                made["services"] = [
                    {key: value for key, value in service.items() if key not in OVERRIDES}
                    for service in made["services"]
                ]
            bundle, tree = made_of(made), folder / f"{size.services}-{overridden}"
            write(bundle, tree)
            texts = [artifact.content for artifact in bundle.artifacts if artifact.path.startswith(RULES)]
            recorded = ["record" in rule for text in texts for rule in _rules(text)]
            seconds = _check_seconds(promtool, tree)
            yield Count(size.services, sum(recorded), len(recorded) - sum(recorded), overridden, seconds)


def _rules(text: str) -> Iterator[dict[str, object]]:
    loaded = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
    for group in loaded["groups"]:
        yield from group["rules"]


def _check_seconds(promtool: Path, tree: Path) -> float:
    command = [str(promtool), "check", "rules", *map(str, sorted((tree / RULES).iterdir()))]
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def count_table(counts: list[Count]) -> list[str]:
    """How many rules there are, by size."""
    lines = [f"{'rules':<46}{'record':>8}{'alert':>7}{'check s':>9}"]
    for count in counts:
        what = f"{count.services:>6,} services, {'limits of their own' if count.overridden else 'the same limits'}"
        lines.append(f"{what:<46}{count.recordings:>8}{count.alerts:>7}{count.check_seconds:>9.2f}")
    return lines


def growth(counts: list[Count]) -> list[tuple[str, bool]]:
    """Whether the number of rules grows with services, and with the limits of their own; each with its verdict."""
    alike = {c.services: c.recordings + c.alerts for c in counts if not c.overridden}
    own = {c.services: c.recordings + c.alerts for c in counts if c.overridden}
    few, many = min(alike.values()), max(alike.values())
    limits = {
        size: sum(len(service.get(key, ())) for service in spec(size)["services"] for key in OVERRIDES) for size in own
    }
    more = ", ".join(f"{own[size] - alike[size]} for {limits[size]}" for size in own)
    return [
        (f"without limits of their own: {few} to {many} rules (aim: the same at every size)", few == many),
        (f"limits of their own add {more} (aim: at most one each)", all(own[s] - alike[s] <= limits[s] for s in own)),
    ]


def evaluation_table(runs: list[Run]) -> list[str]:
    """How long each group takes at each size, in ms."""
    titles = "".join(f"{run.size.services:>10,}" for run in runs)
    lines = [f"{'evaluation in ms, by number of services':<46}{'every':>7}{titles}"]
    intervals = {group: interval for run in runs for group, interval in run.intervals().items()}
    for group, interval in sorted(intervals.items()):
        times = "".join(
            f"{statistics.median(found) * 1000:>10.1f}" if (found := run.seconds(group)) else f"{'-':>10}"
            for run in runs
        )
        lines.append(f"{group:<46}{interval:>5.0f} s{times}")
    for title, values in (
        ("thousand series in Prometheus", [f"{run.series / 1000:.1f}" for run in runs]),
        ("samples in 5 minutes (by default 20)", [f"{run.samples:.0f}" for run in runs]),
        ("cores that Prometheus used", [f"{run.cores:.2f}" for run in runs]),
        ("of its time it waited for one", [f"{run.waited:.0%}" for run in runs]),
    ):
        lines.append(f"{title:<53}{''.join(f'{value:>10}' for value in values)}")
    return lines


def shares(runs: list[Run]) -> list[tuple[str, bool]]:
    """All groups together, and the worst of them, as shares of their intervals; and if each were as its fastest."""
    found = []
    for run in runs:
        by_group = {group: run.share(group) for group in run.intervals()}
        worst, every = max(by_group, key=lambda group: by_group[group]), sum(by_group.values())
        best = sum(min(run.seconds(group)) / interval for group, interval in run.intervals().items())
        text = f"{every:.1%} of the interval, at best {best:.1%}; the worst is {worst}, {by_group[worst]:.1%}"
        whole = f"{run.size.services:>6,} services: {text} (aim: under {MOST_OF_INTERVAL:.0%})"
        found.append((whole, every < MOST_OF_INTERVAL))
    return found


def costliest_table(run: Run) -> list[str]:
    """The rules that take longest at one size."""
    lines = [f"{f'costliest rules of {run.size.services:,} services':<66}{'ms':>8}"]
    return lines + [f"{f'{group}: {name}':<66}{seconds * 1000:>8.1f}" for seconds, group, name in run.costliest()]


def answer_table(run: Run) -> list[str]:
    """Each panel beside the raw question."""
    lines = [f"{f'panels of {run.size.services:,} services':<66}{'ms':>8}{'raw ms':>8}{'ratio':>7}{'aim':>5}"]
    for answer in run.answers:
        numbers = f"{answer.panel * 1000:>8.1f}{answer.raw * 1000:>8.1f}{answer.ratio:>7.1f}"
        aim = f"{LEAST_RATIO:>5}  {_verdict(fast(run, answer))}" if run.size.services == SHOWN_SIZE else ""
        lines.append(f"{answer.what:<66}{numbers}{aim}")
    return lines


def fast(run: Run, answer: Answer) -> bool:
    """Whether a panel is as fast as it should be, at the size that has an aim."""
    return run.size.services != SHOWN_SIZE or answer.ratio >= LEAST_RATIO


def _verdict(met: bool) -> str:
    return "ok" if met else "MISSED"


def _judged(lines: list[tuple[str, bool]]) -> bool:
    for text, met in lines:
        print(f"{text} {_verdict(met)}")
    return all(met for _, met in lines)


def _asked_to_stop(number: int, _frame: object) -> None:
    """A signal ends this process by the way that takes everything down."""
    sys.exit(128 + number)


def main() -> int:
    """Prints the tables; exit status 1 when an aim is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.rules", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one minute of each size instead of two")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _asked_to_stop)
    binaries = provide(("prometheus", "promtool"), Sources.here(ROOT / ".run").without_network(), lambda _text: None)
    prometheus, promtool = binaries.get("prometheus"), binaries.get("promtool")
    if prometheus is None or promtool is None:
        print(f"not measured: no {' or '.join(each.name for each in binaries.missing)} here; `make tools` brings them")
        return NOT_MEASURED
    try:
        return 0 if _benchmark(prometheus.path, promtool.path, QUICK if options.quick else FULL) else 1
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 2


def _benchmark(prometheus: Path, promtool: Path, pace: Pace) -> bool:
    """Whether every aim is met."""
    with tempfile.TemporaryDirectory() as folder:
        counts = [*counted(promtool, Path(folder))]
    print("\n".join(count_table(counts)))
    met = _judged(growth(counts))
    sys.stdout.flush()
    runs = [measure(prometheus, size, pace) for size in SIZES]
    print("\n".join(evaluation_table(runs)))
    met &= _judged(shares(runs))
    for run in (run for run in runs if run.answers):
        print("\n".join((*costliest_table(run), *answer_table(run))))
    return met and all(fast(run, answer) for run in runs for answer in run.answers)


if __name__ == "__main__":
    sys.exit(main())
