"""SLOs on series that would trip a careless rule: quiet nights, gaps, blips; and beside a published generator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.rules.promtool import SAMPLE, SCRAPED, SPEC, Rules, run

pytestmark = pytest.mark.server("promtool")
SLO = {"availability": "99.9%", "latency": {"objective": "95%", "below": "800ms"}, "window": "30d"}
SERVICE: dict[str, Any] = {**SPEC["services"][0], "slo": SLO}
FAST, SLOW = "ErrorBudgetBurnFast", "ErrorBudgetBurnSlow"
RATIO = 'service:slo_errors:ratio_rate%s{slo="availability"}'
LATENCY_RATIO = 'service:slo_errors:ratio_rate1h{slo="latency"}'
REMAINING = "service:slo_error_budget:remaining_ratio"
EXHAUSTION = "service:slo_error_budget:exhaustion_seconds"
AVAILABILITY, LATENCY = (f'service="api", slo="{slo}"' for slo in ("availability", "latency"))

# What Sloth generates for this SLO, see github.com/slok/sloth, examples/_gen/getting-started.yml: windows of raw
# counters, the whole window as the mean of the ratios of five minutes, and one alert of two pairs of windows.
ERRORS, ALL = (f"sum(rate(http_requests_total{{{which}}}[%s]))" for which in ('status="5xx"', ""))
SLOTH_RATIO = f"{ERRORS} / {ALL}"
SLOTH_PERIOD = "sum_over_time(sloth:ratio5m[%s]) / count_over_time(sloth:ratio5m[%s])"
SLOTH_ALERT = (
    "(sloth:ratio5m > (14.4 * 0.001) and sloth:ratio1h > (14.4 * 0.001))"
    " or (sloth:ratio30m > (6 * 0.001) and sloth:ratio6h > (6 * 0.001))"
)
SLOTH_TICKET = (
    "(sloth:ratio2h > (3 * 0.001) and sloth:ratio1d > (3 * 0.001))"
    " or (sloth:ratio6h > (1 * 0.001) and sloth:ratio3d > (1 * 0.001))"
)
SLOTH = [
    *({"record": f"sloth:ratio{w}", "expr": SLOTH_RATIO % (w, w)} for w in ("5m", "30m", "1h", "2h", "6h", "1d", "3d")),
    {"alert": "SlothPage", "expr": SLOTH_ALERT},
    {"alert": "SlothTicket", "expr": SLOTH_TICKET},
]
STEP = 150
Answer = dict[str, float]


class Slos:
    """The rules of one service with an SLO, scraped and evaluated every 150 seconds: its windows are long."""

    def __init__(self, folder: Path, **service: Any) -> None:
        rules = Rules(folder, {**SPEC, "services": [{**SERVICE, **service}]})
        self.folder, places = rules.folder, rules.folder / "prometheus/rules"
        content = {"groups": [{"name": "sloth", "rules": SLOTH}]}
        (places / "sloth.yml").write_text(yaml.safe_dump(content))
        self.files = [str(places / f"{name}.yml") for name in ("services", "slo", "slo-budget", "sloth")]

    def ask(self, series: dict[str, str], *questions: tuple[str, str]) -> list[Answer]:
        """The samples of each expression at each moment, by their labels, of one run of promtool."""
        wrong = [{"labels": "no_such_series", "value": 0}]
        asked = [{"expr": expr, "eval_time": at, "exp_samples": wrong} for expr, at in questions]
        inputs = [{"series": name, "values": values} for name, values in series.items()]
        test = {"interval": f"{STEP}s", "input_series": inputs, "promql_expr_test": asked}
        order = ["services", "slo", "slo-budget", "sloth"]
        content = {"rule_files": self.files, "evaluation_interval": f"{STEP}s", "group_eval_order": order}
        got = run(self.folder, {**content, "tests": [test]}).split("got:")[1:]
        assert len(got) == len(questions), "promtool refuses the test itself"
        answers = (each.partition("expr:")[0] for each in got)
        return [{labels: float(value) for labels, value in SAMPLE.findall(answer)} for answer in answers]

    def firing(self, series: dict[str, str], *questions: tuple[str, str]) -> list[bool]:
        """Whether each alert fires at each moment, for the service and its team."""
        who = 'alertstate="firing",service=~"api|"'
        asked = [(f'count(ALERTS{{alertname="{alert}",{who}}}) or vector(0)', at) for alert, at in questions]
        return [answer[""] > 0 for answer in self.ask(series, *asked)]


@pytest.fixture
def slos(tmp_path: Path) -> Slos:
    """99.9 % available and 95 % below 0.8 s over 30 days."""
    return Slos(tmp_path)


def phases(*parts: tuple[int, float]) -> str:
    """A counter that grows by so much a minute for so many minutes (in fives), one phase after the other."""
    value, written = 0.0, ["0"]
    for minutes, a_minute in parts:
        step, samples = a_minute * STEP / 60, minutes * 60 // STEP
        written.append(f"{value + step:.10g}+{step:.10g}x{samples - 1}")
        value += samples * step
    return " ".join(written)


def traffic(*parts: tuple[int, float, float]) -> dict[str, str]:
    """Counters of a service: minutes, requests a minute, and how many of them fail."""
    name = f'http_requests_total{{{SCRAPED},handler="/a",method="GET",status="%s"}}'
    good = phases(*((minutes, all_ - bad) for minutes, all_, bad in parts))
    bad = phases(*((minutes, bad) for minutes, _, bad in parts))
    up = f"1x{sum(minutes for minutes, *_ in parts) * 60 // STEP}"
    return {f"up{{{SCRAPED}}}": up, name % "2xx": good, name % "5xx": bad}


def test_a_fast_burn_pages_and_its_end_ends_it(slos: Slos) -> None:
    """Six clean hours, then 5 % errors for half an hour: it fires, and is over when the short window is clean."""
    series = traffic((360, 6000, 0), (30, 6000, 300), (60, 6000, 0))
    moments = ("6h10m", "6h25m", "6h30m", "6h40m")

    assert slos.firing(series, *((FAST, at) for at in moments)) == [False, True, True, False]
    assert slos.ask(series, (f"{RATIO % '1h'} > 0.0144", "6h40m")) != [{}]


def test_a_slow_burn_warns_and_does_not_page(slos: Slos) -> None:
    """0.4 % errors: four times the pace that the budget allows. A tenth of it has gone after 18 hours."""
    series = traffic((1200, 6000, 24))

    assert slos.firing(series, (SLOW, "17h"), (SLOW, "19h"), (FAST, "19h")) == [False, True, False]


def test_just_below_the_burn_rates_nothing_fires(slos: Slos) -> None:
    """0.14 % errors for a day and a half of a service's life: half of the pace that would be told of by then."""
    series = traffic((2160, 6000, 8.4))

    assert slos.firing(series, (SLOW, "36h"), (FAST, "36h")) == [False, False]


def test_no_data_says_nothing(slos: Slos) -> None:
    """A service that is up and never asked: no ratio, no budget, no forecast, no alarm."""
    series = traffic((180, 0, 0))
    wanted = (*(RATIO % window for window in ("5m", "1h", "3d", "30d")), REMAINING, EXHAUSTION)

    assert slos.ask(series, *((name, "3h") for name in wanted)) == [{}] * len(wanted)
    assert slos.firing(series, (FAST, "3h"), (SLOW, "3h")) == [False, False]


def test_little_traffic_raises_nothing(slos: Slos) -> None:
    """Half an error an hour in four requests: an eighth of them, no alarm, and no forecast."""
    series = traffic((420, 0.07, 0.01))

    assert slos.firing(series, (FAST, "7h"), (SLOW, "7h")) == [False, False]
    assert slos.ask(series, (EXHAUSTION, "7h")) == [{}]


def test_a_restart_is_no_error(slos: Slos) -> None:
    """Counters that begin again at 0 burn nothing."""
    series = traffic((120, 6000, 0))
    series = {name: f"{values} {values}" for name, values in series.items()}
    series = {name: values.replace("0+0", "5000+0", 1) if "5xx" in name else values for name, values in series.items()}
    ratio, left = slos.ask(series, (RATIO % "1h", "2h10m"), (REMAINING, "2h10m"))

    assert ratio == {AVAILABILITY: 0}
    assert left == {AVAILABILITY: 1}
    assert slos.firing(series, (FAST, "2h10m"), (FAST, "2h20m")) == [False, False]


def test_a_gap_is_neither_good_nor_bad(slos: Slos) -> None:
    """An hour of 1 % errors, two without a scrape, an hour of none: half of the requests that were seen had 1 %."""
    before, after = traffic((60, 6000, 60)), traffic((60, 6000, 0))
    series = {name: f"{before[name]} _x47 {after[name]}" for name in before}
    (ratio,) = slos.ask(series, (RATIO % "6h", "4h"))

    assert ratio == {AVAILABILITY: pytest.approx(0.005, rel=0.1)}
    assert slos.firing(series, (FAST, "3h10m"), (FAST, "4h")) == [False, False]


def test_a_quiet_night_weighs_what_it_was(slos: Slos) -> None:
    """Half of the few requests of a night fail: of all that is next to nothing, in the mean of ratios a quarter."""
    series = traffic((720, 6000, 0), (720, 6, 3))
    ours, theirs = slos.ask(series, (RATIO % "1d", "24h"), (SLOTH_PERIOD % ("1d", "1d"), "24h"))

    assert ours == {AVAILABILITY: pytest.approx(720 * 3 / (720 * 6000 + 720 * 6), rel=0.03)}
    assert theirs == {"": pytest.approx(0.25, rel=0.05)}


def test_the_budget_left_and_its_end(slos: Slos) -> None:
    """Twice the allowed pace for a day: a fifteenth is gone, the rest lasts fourteen days."""
    left, end = slos.ask(traffic((1450, 6000, 12)), (REMAINING, "24h5m"), (EXHAUSTION, "24h5m"))

    assert left == {AVAILABILITY: pytest.approx(1 - 2 / 30, rel=0.01)}
    assert end == {AVAILABILITY: pytest.approx(14 * 86400, rel=0.01)}


@pytest.mark.parametrize("bad", [0, 5])
def test_a_budget_that_outlasts_the_window_has_no_end(slos: Slos, bad: float) -> None:
    """No errors, or fewer than the objective allows."""
    assert slos.ask(traffic((400, 6000, bad)), (EXHAUSTION, "6h30m")) == [{}]


def timed(fast: float) -> dict[str, str]:
    """80 minutes of requests of which a share takes at most 0.8 s, none less than 0.5 s and none more than 1 s."""
    labels = f'{SCRAPED},handler="/a",method="GET"'
    rates = {"0.5": 0.0, "0.8": fast * 6000, "1.0": 6000.0, "+Inf": 6000.0}
    buckets = {
        f'http_request_duration_seconds_bucket{{{labels},le="{le}"}}': phases((80, rate)) for le, rate in rates.items()
    }
    return {**traffic((80, 6000, 0)), **buckets}


def test_latency_is_counted_at_a_bound(slos: Slos) -> None:
    """A fifth takes longer than 0.8 s: exactly a fifth."""
    assert slos.ask(timed(0.8), (LATENCY_RATIO, "80m")) == [{LATENCY: pytest.approx(0.2)}]


@pytest.mark.parametrize(("fast", "fires"), [(0.2, True), (0.3, False)])
def test_slow_requests_burn_the_latency_budget(slos: Slos, fast: float, fires: bool) -> None:
    """14.4 times 5 % is 72 %: 80 % slow ones page, 70 % do not, and no error budget is touched."""
    assert slos.firing(timed(fast), ("LatencyBudgetBurnFast", "70m"), (FAST, "70m")) == [fires, False]


def test_between_two_bounds_latency_is_guessed_on_the_line(tmp_path: Path) -> None:
    """0.8 s lies three fifths of the way from 0.5 to 1: of requests between them, two fifths count as slow."""
    series = {name: values for name, values in timed(0.8).items() if 'le="0.8"' not in name}
    found = Slos(tmp_path, buckets=["500ms", "1s"]).ask(series, (LATENCY_RATIO, "80m"))

    assert found == [{LATENCY: pytest.approx(0.4)}]


@pytest.mark.parametrize(("bad", "fires"), [(24, True), (18, False)])
def test_another_window_has_other_burn_rates(tmp_path: Path, bad: float, fires: bool) -> None:
    """7 days: 2 % of the budget in an hour are 3.36 times its pace. 0.4 % errors page, 0.3 % do not."""
    slos = Slos(tmp_path, slo={"availability": "99.9%", "window": "7d"})
    series = traffic((80, 6000, bad))

    assert slos.firing(series, (FAST, "75m")) == [fires]
    assert slos.ask(series, ("service:slo_errors:ratio_rate7d", "75m")) == [{AVAILABILITY: pytest.approx(bad / 6000)}]


WAVE = ((240, 6000, 3), (60, 3000, 60), (30, 9000, 450), (240, 1500, 0), (180, 6000, 12), (60, 12000, 240))
"""Two incidents in changing traffic."""


def test_the_numbers_are_those_of_a_published_generator(slos: Slos) -> None:
    """Every window of burn rates agrees with Sloth's, which reads the raw counters, in traffic that changes."""
    moments, windows = ("4h50m", "5h20m", "8h", "13h", "13h25m"), ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
    places = [(window, at) for at in moments for window in windows]
    series = traffic(*WAVE)
    ours = slos.ask(series, *((RATIO % window, at) for window, at in places))
    theirs = slos.ask(series, *((f"sloth:ratio{window}", at) for window, at in places))

    for place, mine, other in zip(places, ours, theirs, strict=True):
        assert mine == {AVAILABILITY: pytest.approx(other[""], rel=0.1, abs=0.0003)}, place


def test_its_alert_and_ours_fire_together_once_there_is_history(slos: Slos) -> None:
    """After six hours of history both page within the same minutes, and both are over within the same minutes."""
    series = traffic((360, 6000, 0), (60, 6000, 300), (90, 6000, 0))
    moments = ("6h10m", "6h25m", "6h55m", "7h15m", "7h45m")
    both = [slos.firing(series, *((alert, at) for at in moments)) for alert in ("SlothPage", FAST)]

    assert both == [[False, True, True, True, False]] * 2


def test_a_blip_of_a_new_service_is_no_slow_burn(slos: Slos) -> None:
    """Five minutes of 20 % errors in the first hour of a service: 2 % of its budget. Sloth's ticket stays for hours."""
    series = traffic((20, 6000, 0), (5, 6000, 1200), (150, 6000, 0))

    assert slos.firing(series, ("SlothTicket", "2h30m"), (SLOW, "2h30m")) == [True, False]
