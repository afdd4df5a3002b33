"""Models, calls of language models and caches, on input series that would trip a careless rule."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.rules.promtool import SCRAPED, SPEC, Rules

pytestmark = pytest.mark.server("promtool")
DECLARED = {"inference": {"accuracy_floor": 0.9}, "llm": {"daily_budget": 50}}
MODELS: dict[str, Any] = {**SPEC, "services": [{**SPEC["services"][0], **DECLARED}]}
OF_MODEL = f'{SCRAPED},model="scorer"'
COLD_START = f"inference_cold_start_seconds{{{OF_MODEL}}}"
QUEUE = f"inference_queue_length{{{OF_MODEL}}}"
COST = f"llm_cost_usd_total{{{OF_MODEL}}}"


def up(steps: int = 480) -> dict[str, str]:
    """The service answers."""
    return {f"up{{{SCRAPED}}}": f"1x{steps}"}


@pytest.fixture
def rules(tmp_path: Path) -> Rules:
    """The rules of one service that declares models and calls."""
    return of(tmp_path, MODELS)


def of(folder: Path, spec: dict[str, Any], step: str = "15s") -> Rules:
    """The rules of a spec that these tests need, and no others: each run of promtool evaluates them all."""
    made = Rules(folder, spec, step)
    for path in folder.glob("prometheus/rules/*.yml"):
        if path.stem not in ("services", "inference", "llm", "caches"):
            path.unlink()
    return made


def span(rules: Rules, series: dict[str, str], alert: str, until: str, labels: str = "") -> list[float]:
    """The minutes at which an alert first and last fired; empty where it never did."""
    firing = f'timestamp(ALERTS{{alertname="{alert}",alertstate="firing"{labels}}})[3h:15s]'
    edges = (f'label_replace({edge}_over_time({firing}), "edge", "{edge}", "", "")' for edge in ("min", "max"))
    found = rules.values(series, f"min by (edge) ({' or '.join(edges)})", until)
    return [found['edge="min"'] / 60, found['edge="max"'] / 60] if found else []


def calls(outcome: str, per_step: float, values: str = "") -> dict[str, str]:
    """A counter of LLM calls of one outcome."""
    return {f'llm_requests_total{{{OF_MODEL},outcome="{outcome}"}}': values or f"0+{per_step}x480"}


def inferences(shares: dict[str, str]) -> dict[str, str]:
    """The histogram of inferences, values by bound."""
    name = "inference_duration_seconds"
    buckets = {f'{name}_bucket{{{OF_MODEL},le="{le}"}}': values for le, values in shares.items()}
    return {**buckets, f"{name}_count{{{OF_MODEL}}}": shares["+Inf"]}


def test_a_reload_is_told_and_then_forgotten(rules: Rules) -> None:
    """3 s at the start; a reload after 30 minutes took 12 s and is told for ten minutes; one of 4 s is not told."""
    series = {**up(), COLD_START: "3x120 12x120 4x240"}

    assert span(rules, series, "ColdStartSlow", "75m") == pytest.approx([30.25, 40], abs=0.5)


def test_a_restart_is_told(rules: Rules) -> None:
    """The process is away for two minutes, and its models need 12 s to come back."""
    series = {f"up{{{SCRAPED}}}": "1x120 0x8 1x240", COLD_START: "3x120 stale _x7 12x240"}

    told = span(rules, series, "ColdStartSlow", "75m", ',instance="api:8000"')
    assert told == pytest.approx([32.25, 42], abs=0.5)


def test_a_network_that_was_away_is_no_cold_start(rules: Rules) -> None:
    """The same process with the same old gauge, not scraped for half an hour."""
    series = {f"up{{{SCRAPED}}}": "1x80 0x120 1x240", COLD_START: "12x80 stale _x119 12x240"}

    assert span(rules, series, "ColdStartSlow", "90m") == []


def test_a_queue_that_only_grows_is_a_backlog(rules: Rules) -> None:
    """After ten minutes of growth and five more; not while it falls now and then, nor while it stays."""
    growing = {**up(), QUEUE: "0x40 0+1x440"}
    sawtooth = {**up(), QUEUE: " ".join("0+3x20" for _ in range(20))}
    stuck = {**up(), QUEUE: "0x40 7x440"}

    labels = ',service="api",model="scorer",reason="growth",team="ml"'
    found = span(rules, growing, "QueueBacklog", "40m", labels)
    assert found == pytest.approx([16, 40], abs=0.6)
    assert span(rules, sawtooth, "QueueBacklog", "60m") == []
    assert span(rules, stuck, "QueueBacklog", "60m") == []


def test_a_short_spike_of_inference_is_silent(rules: Rules) -> None:
    """Half a minute in which all inferences take longer than the limit."""
    fast = "0+30x80 2400x1 2430+30x240"
    series = {**up(), **inferences({"0.5": fast, "1.0": fast, "2.5": "0+30x480", "+Inf": "0+30x480"})}

    assert rules.values(series, "service_model:inference_slower_than_limit:ratio_rate5m > 0.05", "22m30s") != {}
    assert span(rules, series, "InferenceSlow", "40m") == []


def test_a_limit_of_models_that_is_a_bound_is_judged_by_count(rules: Rules) -> None:
    """All inferences take 0.6 s: between 0.5 and 1 the quantile guesses 0.975 s, and of 1 s none is slower."""
    all_below = inferences({"0.5": "0x480", "1.0": "0+30x480", "2.5": "0+30x480", "+Inf": "0+30x480"})
    share = rules.values({**up(), **all_below}, "service_model:inference_slower_than_limit:ratio_rate5m", "20m")

    assert share == {'model="scorer", service="api"': 0}


def test_a_service_that_declares_no_models_gets_none_of_their_alerts(tmp_path: Path) -> None:
    """Its metrics are there, its entry in the spec is not: but caches are judged for everybody."""
    other = {"name": "other", "kind": "fastapi", "targets": ["other:8000"], **DECLARED}
    rules = of(tmp_path, {**SPEC, "services": [*SPEC["services"], other]})
    slow = inferences({"0.5": "0x480", "1.0": "0x480", "2.5": "0+30x480", "+Inf": "0+30x480"})
    lookups = {f'cache_lookups_total{{{SCRAPED},cache="prompt",result="{r}"}}': "0+9x480" for r in ("miss", "error")}
    series = {**up(), **slow, **calls("error", 30), COST: "0+1x480", **lookups}
    series |= {f"model_accuracy_ratio{{{OF_MODEL}}}": "0.1x480"}

    firing = rules.values(series, 'ALERTS{alertstate="firing"}', "40m")
    assert {re.search('alertname="(.+?)"', labels)[1] for labels in firing} == {"CacheHitRatioLow"}  # type: ignore[index]
    assert [labels for labels in firing if 'cache="prompt"' in labels and 'team="ml"' in labels] == [*firing]


def test_what_was_no_call_dilutes_nothing(rules: Rules) -> None:
    """Answers from the cache and refusals of the budget neither fail nor succeed."""
    series = {**up(), **calls("ok", 9), **calls("error", 1), **calls("cached", 900), **calls("rejected", 90)}

    ratio = rules.values(series, "service_model:llm_errors:ratio_rate5m", "20m")
    assert ratio == {'model="scorer", service="api"': pytest.approx(0.1)}
    assert rules.fires(series, "LlmErrorRate", "20m", service="api", severity="critical")


def test_few_calls_are_judged_by_the_hour(rules: Rules) -> None:
    """Two calls in five minutes, half of them failing."""
    series = {**up(), **calls("ok", 0.05), **calls("error", 0.05)}

    assert not rules.fires(series, "LlmErrorRate", "30m")
    assert rules.fires(series, "LlmErrorRate", "100m", service="api", model="scorer")


def test_a_restart_of_the_gateway_raises_nothing(rules: Rules) -> None:
    """Counters that begin again at 0 are no failed calls and no cost."""
    series = {**up(), **calls("ok", 30), **calls("error", 0, "1000x100 0x380"), COST: "900x100 0x380"}

    assert span(rules, series, "LlmErrorRate", "45m") == []
    assert span(rules, series, "LlmCostBudget", "45m") == []


def test_without_calls_there_is_no_ratio(rules: Rules) -> None:
    """Counters that stand still leave no ratio, no quantile and no NaN behind."""
    still = {**calls("ok", 0, "7x480"), **calls("error", 0, "3x480"), **inferences({"1.0": "9x480", "+Inf": "9x480"})}
    series = {**up(), **still, f'cache_lookups_total{{{SCRAPED},cache="prompt",result="hit"}}': "5x480"}
    ratios = '{__name__=~"service_(model|cache):.*(ratio|p95).*"}'

    assert rules.values(series, ratios, "20m") == {}


DAY = 24 * 60
PER_MINUTE = 20 / DAY


def test_the_cost_of_a_day_ends_at_midnight(tmp_path: Path) -> None:
    """20 USD a day, steadily: what is counted follows the clock, on even days and on odd ones."""
    rules = of(tmp_path, MODELS, "5m")
    series = {**up(3 * DAY), COST: f"500+{5 * PER_MINUTE}x{DAY}"}
    cost = "service:llm_cost_usd:increase_day"

    ago = " or ".join(f'label_replace({cost} offset {54 - h}h, "h", "{h}", "", "")' for h in (12, 23, 25, 36, 54))
    found = rules.values(series, ago.replace(" offset 0h", ""), "54h")

    assert {labels.split('"')[1]: pytest.approx(usd, rel=0.02, abs=0.1) for labels, usd in found.items()} == {
        "12": 10,
        "23": 115 / 6,
        "25": 5 / 6,
        "36": 10,
        "54": 5,
    }


def test_the_cost_of_a_day_survives_restarts_and_gaps(tmp_path: Path) -> None:
    """30 USD, a restart, an hour in which nobody looked, and 15 USD more: 45 of 50 are a warning and not critical."""
    rules = of(tmp_path, MODELS, "4m")
    labels = f"up{{{SCRAPED}}}"
    series = {labels: "1x30 _x15 1x75", COST: "0+1x30 _x14 3+0.5x24 15x51"}
    cost = rules.values(series, "service:llm_cost_usd:increase_day", "320m")

    assert cost == {'service="api"': pytest.approx(45, rel=0.03)}
    fired = rules.values(series, 'ALERTS{alertname="LlmCostBudget"}', "320m")
    assert [labels for labels in fired if 'severity="warning"' in labels] == [*fired] != []


def test_vllm_is_read_by_its_own_names(tmp_path: Path) -> None:
    """Two engines of one model are one model; aborted requests are no calls; its prefix cache is judged if declared."""
    labels = SCRAPED.replace("fastapi", "vllm")
    gpt = {"name": "api", "kind": "vllm", "targets": ["gpt:8000"], "team": "ml", "inference": {}, "llm": {}}
    rules = of(tmp_path, {**SPEC, "services": [gpt]})
    series = {f"up{{{labels}}}": "1x480"}
    for engine in ("0", "1"):
        engine_of = f'{labels},engine="{engine}",model_name="org/gpt"'
        for reason, values in (("stop", "0+9x480"), ("error", "0+1x480"), ("abort", "0+90x480")):
            series[f'vllm:request_success_total{{{engine_of},finished_reason="{reason}"}}'] = values
        for name in ("vllm:e2e_request_latency_seconds", "vllm:request_queue_time_seconds"):
            for le, values in (("5.0", "0+8x480"), ("10.0", "0+10x480"), ("+Inf", "0+10x480")):
                series[f'{name}_bucket{{{engine_of},le="{le}"}}'] = values
            series[f"{name}_count{{{engine_of}}}"] = "0+10x480"
        series[f"vllm:num_requests_waiting{{{engine_of}}}"] = "4x480"
        series[f"vllm:prefix_cache_queries_total{{{engine_of}}}"] = "0+1000x480"
        series[f"vllm:prefix_cache_hits_total{{{engine_of}}}"] = "0+100x480"
    of_model = 'model="org/gpt", service="api"'

    assert rules.values(series, "service_model:queue_length:sum", "20m") == {of_model: 8}
    ratio = rules.values(series, "service_model:llm_errors:ratio_rate5m", "20m")
    assert ratio == {of_model: pytest.approx(0.1)}
    fired = rules.values(series, 'count by (alertname, model, cache, team) (ALERTS{alertstate="firing"})', "40m")
    of_calls = {f'alertname="{name}", model="org/gpt", team="ml"' for name in ("LlmErrorRate", "LlmLatencyHigh")}
    backlog = 'alertname="QueueBacklog", model="org/gpt", team="ml"'
    assert {*fired} == {*of_calls, backlog, 'alertname="CacheHitRatioLow", cache="prefix", team="ml"'}


def test_triton_is_judged_by_its_means(tmp_path: Path) -> None:
    """Queue time is added up there: two seconds a request are a backlog, half a second is none."""
    labels = SCRAPED.replace("fastapi", "triton")
    vision = {"name": "api", "kind": "triton", "targets": ["vision:8002"], "team": "ml", "inference": {}}
    rules = of(tmp_path, {**SPEC, "services": [vision]})
    series_of = f'{labels},model="resnet",version="1"'
    for mean, fires in ((2, True), (0.5, False)):
        series = {
            f"up{{{labels}}}": "1x480",
            f"nv_inference_request_success{{{series_of}}}": "0+30x480",
            f"nv_inference_queue_duration_us{{{series_of}}}": f"0+{30 * mean * 1e6:.0f}x480",
            f"nv_inference_compute_infer_duration_us{{{series_of}}}": "0+3000000x480",
        }
        fired = rules.values(series, 'count by (alertname, model) (ALERTS{alertstate="firing"})', "20m")
        assert [*fired] == (['alertname="QueueBacklog", model="resnet"'] if fires else [])
