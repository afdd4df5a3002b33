"""The rules of a spec in a folder, and `promtool test rules` on input series that a test writes down."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from generator.pipeline import generate
from tests.proof import find

SPEC: dict[str, Any] = {
    "version": 1,
    "stack": {"name": "test", "scrape_interval": "15s"},
    "services": [
        {"name": "api", "kind": "fastapi", "targets": ["api:8000"], "team": "ml", "buckets": ["500ms", "800ms", "1s"]},
    ],
}
SAMPLE = re.compile(r'\{(?:__name__="[^"]*",? ?)?([^{}]*)\} (\S+?)(?:,|$)', re.MULTILINE)
SCRAPED = 'job="api",service="api",kind="fastapi",team="ml",env="production",instance="api:8000"'


@dataclass
class Rules:
    """A rendered tree's rules. `step` is the interval of the input series and of evaluation.

    `only` names the families to evaluate, in order, if not all."""

    folder: Path
    spec: dict[str, Any] = field(default_factory=lambda: SPEC)
    step: str = "15s"
    only: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for path, text in generate(yaml.safe_dump(self.spec)).files().items():
            if path.startswith("prometheus/"):
                (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / path).write_text(text)

    def values(self, series: dict[str, str], expression: str, at: str) -> dict[str, float]:
        """The expression's samples at a moment, by their labels; asks promtool with an answer that cannot be right."""
        wrong = [{"labels": "no_such_series", "value": 0}]
        got = self.judge(series, expression, at, wrong).partition("got:")[2]
        assert got, "promtool refuses the test itself"
        return {labels: float(value) for labels, value in SAMPLE.findall(got)}

    def judge(self, series: dict[str, str], expression: str, at: str, expected: list[dict[str, Any]]) -> str:
        """What promtool says of an expectation; empty when it holds."""
        test = {
            "interval": self.step,
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "promql_expr_test": [{"expr": expression, "eval_time": at, "exp_samples": expected}],
        }
        order = {"group_eval_order": list(self.only)} if self.only else {}
        found = self.folder.glob("prometheus/rules/*.yml")
        rules = sorted(str(path) for path in found if not self.only or path.stem in self.only)
        return run(self.folder, {"rule_files": rules, "evaluation_interval": self.step, **order, "tests": [test]})

    def judge_alert(self, series: dict[str, str], alert: str, at: str) -> str:
        """What promtool shows of an alert with its annotations, when it was told that there is none."""
        test = {
            "interval": self.step,
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "alert_rule_test": [{"alertname": alert, "eval_time": at, "exp_alerts": []}],
        }
        rules = sorted(str(path) for path in self.folder.glob("prometheus/rules/*.yml"))
        return run(self.folder, {"rule_files": rules, "evaluation_interval": self.step, "tests": [test]})

    def fires(self, series: dict[str, str], alert: str, at: str, **labels: str) -> bool:
        """Whether an alert fires at a moment, with these labels."""
        matchers = "".join(f',{name}="{value}"' for name, value in labels.items())
        firing = f'count(ALERTS{{alertname="{alert}",alertstate="firing"{matchers}}}) > bool 0 or vector(0)'
        yes = self.judge(series, firing, at, [{"labels": "{}", "value": 1}])
        no = self.judge(series, firing, at, [{"labels": "{}", "value": 0}])
        assert bool(yes) != bool(no), f"promtool refuses the test itself: {yes}"
        return not yes


def run(folder: Path, tests: dict[str, Any]) -> str:
    """`promtool test rules` on one file; empty when all hold, else what it printed."""
    tool = find("promtool")
    assert tool
    path = folder / "asked.yml"
    path.write_text(yaml.safe_dump(tests, sort_keys=False, allow_unicode=True))
    ran = subprocess.run([tool.where, "test", "rules", str(path)], capture_output=True, text=True, check=False)
    return "" if ran.returncode == 0 else ran.stdout + ran.stderr
