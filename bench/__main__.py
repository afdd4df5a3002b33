"""All benchmarks, one after the other: `python -m bench [--quick]`. A missed aim is printed, and fails nothing."""

from __future__ import annotations

import subprocess
import sys

from bench import NOT_MEASURED

BENCHES = ("bench.generate", "bench.telemetry", "bench.latency", "bench.rules", "bench.collector")


def main(arguments: list[str]) -> int:
    """Runs each in a process of its own, so that none measures what another left behind."""
    missed, skipped = [], []
    for name in BENCHES:
        print(f"== {name}", flush=True)
        status = subprocess.run([sys.executable, "-m", name, *arguments], check=False).returncode
        if status not in (0, 1, NOT_MEASURED):
            return status
        missed += [name] if status == 1 else []
        skipped += [name] if status == NOT_MEASURED else []
        print()
    print(f"aims missed in {', '.join(missed)}" if missed else "all aims met")
    if skipped:
        print(f"not measured: {', '.join(skipped)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
