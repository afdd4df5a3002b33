"""The count of a backtest against the real server's own: `for`, gaps and ends, evaluation by evaluation."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.episodes import Counting
from tests.rules.promtool import run

pytestmark = pytest.mark.server("promtool")
STEP = 30
# How long it holds and how long it does not, in evaluations.
HELD = ((3, 2), (10, 1), (11, 1), (12, 3), (1, 1), (40, 2), (10, 5), (30, 1), (11, 4))


@pytest.mark.parametrize("hold", [0, 1, 30, 45, 60, 300])
def test_it_fires_when_the_server_does(tmp_path: Path, hold: int) -> None:
    """promtool evaluates the alert itself, and asks at every evaluation whether it fires."""
    values = "".join(f"{'1 ' * yes}{'0 ' * no}" for yes, no in HELD)
    states = [part == "1" for part in values.split()]
    counting = Counting(STEP, hold)
    episodes = [*counting.add({}, [n * STEP for n, holds in enumerate(states) if holds])]
    episodes += counting.finish(len(states) * STEP)
    expected = [any(e.start <= n * STEP < e.end for e in episodes) for n in range(len(states))]
    rule = {"alert": "A", "expr": "x == 1", **({"for": f"{hold}s"} if hold else {})}
    (tmp_path / "rules.yml").write_text(str({"groups": [{"name": "g", "rules": [rule]}]}))
    asked = [
        {
            "expr": "count(ALERTS{alertstate='firing'}) or vector(0)",
            "eval_time": f"{n * STEP}s",
            "exp_samples": [{"labels": "{}", "value": int(fires)}],
        }
        for n, fires in enumerate(expected)
    ]
    series = [{"series": "x", "values": values.strip()}]
    test = {"interval": f"{STEP}s", "input_series": series, "promql_expr_test": asked}

    assert 0 < sum(expected) < len(expected)
    assert run(tmp_path, {"rule_files": ["rules.yml"], "evaluation_interval": f"{STEP}s", "tests": [test]}) == ""
