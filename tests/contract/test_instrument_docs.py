"""Every example of `docs/instrument.md` does what the document says: it runs, and Prometheus finds its numbers.

vLLM and Triton need a GPU: their entries are tried with the pages of `synthetic.py`. Whether the real servers write
such pages is asked of them where they are installed; elsewhere that test is skipped, and the skip names the server.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from generator import init, names
from generator.cli import OK, main
from generator.pipeline import read
from generator.runtime.metrics_page import fetch
from generator.units import parse_duration
from tests.contract.docs_examples import (
    DOCUMENTS,
    EXAMPLES,
    PAGES,
    PUSHED,
    SENT,
    STACK,
    STARTED,
    WARM_UP,
    Documented,
    Receiver,
    Run,
    blocks,
    send,
    total,
)
from tests.contract.synthetic import CHAT_FAILED, CHAT_REFUSED, CHAT_SECONDS, MODELS, VLLM_BOUNDS
from tests.integration.client import free_ports, wait

SCRAPED = [name for name in STARTED if name != PUSHED]
RUNS = [*SCRAPED, "orders-workers", "orders-summary"]
ALL = [*RUNS, PUSHED, *PAGES]
FAILED = sum(count for model in MODELS for _, count in model.failed)
EXPECTED = {
    "chat": {"2xx": len(CHAT_SECONDS), "4xx": CHAT_REFUSED, "5xx": CHAT_FAILED},
    "vision": {"2xx": sum(model.success for model in MODELS), "5xx": FAILED},
}
WINDOW = 300
MEASURED = ("p95_response_time", "requests_per_second")
SERVER = pytest.mark.server("prometheus")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Documented]:
    """Everything runs and has had its load."""
    with Documented(tmp_path_factory.mktemp("docs")) as running:
        yield running


@pytest.fixture
def service(documented: Documented, request: pytest.FixtureRequest) -> str:
    """The service of a test, where this machine's Prometheus can take it."""
    name = str(request.param)
    if name not in documented.entries:
        pytest.skip("not on this machine: a Prometheus with an OTLP receiver")
    return name


def each(chosen: list[str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("service", chosen, indirect=True)


@SERVER
@each(ALL)
def test_the_service_is_known(documented: Documented, service: str) -> None:
    """With the kind of its entry, and the stack's team."""
    kind = documented.entries[service]["kind"]

    assert documented.prometheus.number(f'service:info{{service="{service}",kind="{kind}",team="ops"}}') == 1


@SERVER
@each([*RUNS, PUSHED])
def test_every_request_is_counted_once(documented: Documented, service: str) -> None:
    """With several workers too: the raw counters add up to what was sent, scrapes left out."""
    count = documented.prometheus.number(total(documented.entries[service]))

    assert count == sum(WARM_UP.values()) + sum(SENT.values())


@SERVER
@each(ALL)
def test_the_rates_are_the_load_s(documented: Documented, service: str) -> None:
    """All requests, and those of each class of status."""
    expected = EXPECTED.get(service, SENT)
    found = documented.prometheus.query(
        f'sum by (code) (service_route_method_code:http_requests:rate5m{{service="{service}"}}) > 0'
    )
    rate = documented.prometheus.number(f'service:http_requests:rate5m{{service="{service}"}}')

    assert {s["metric"]["code"]: float(s["value"][1]) * WINDOW for s in found} == pytest.approx(expected, rel=0.06)
    assert rate * WINDOW == pytest.approx(sum(expected.values()), rel=0.06)


@SERVER
@each(ALL)
def test_the_error_ratio_is_the_load_s(documented: Documented, service: str) -> None:
    """5xx by all requests."""
    expected = EXPECTED.get(service, SENT)
    ratio = documented.prometheus.number(f'{names.ERROR_RATIO}{{service="{service}"}}')

    assert ratio == pytest.approx(expected["5xx"] / sum(expected.values()), rel=0.06)


@SERVER
@each([name for name in ALL if name != "vision"])
def test_there_is_a_p95(documented: Documented, service: str) -> None:
    """Of programs that answer at once, it is below their limit; vLLM's is that of its page."""
    p95 = documented.prometheus.number(f'{names.latency("p95")}{{service="{service}"}}')

    assert p95 == pytest.approx(4.375, rel=0.06) if service == "chat" else 0 < p95 < 0.8


@SERVER
@each(ALL)
def test_the_routes_are_named_as_the_document_has_them(documented: Documented, service: str) -> None:
    """The entry's own route is there with traffic; the metrics page is not."""
    found = documented.prometheus.query(f'service_route:http_requests:rate5m{{service="{service}"}} > 0')
    routes = {series["metric"].get("route", "") for series in found}

    assert {each["route"] for each in documented.entries[service].get("routes", ())} <= routes
    assert not [route for route in routes if "metrics" in route]


@SERVER
@each([name for name in ALL if name not in ("invoices", "vision")])
def test_latency_is_judged_by_counts(documented: Documented, service: str) -> None:
    """Where limits are bucket bounds of what really runs, in seconds: the share of requests that are slower."""
    share = documented.prometheus.number(f'{names.slow_share("latency_p95")}{{service="{service}"}}')

    assert 0 <= share < 0.8
    if routes := documented.entries[service].get("routes"):
        slow = names.slow_share("latency_p95", by_route=True)
        assert documented.prometheus.number(f'{slow}{{service="{service}",route="{routes[0]["route"]}"}}') < 0.8


@SERVER
@each([name for name in RUNS if name != "invoices"])
def test_what_is_timed_is_what_was_asked(documented: Documented, service: str) -> None:
    """Scrapes are in no histogram; django-prometheus times a view that raises twice, and Http404 is raised."""
    twice = SENT["4xx"] + SENT["5xx"] if service == "products" else 0
    timed = documented.prometheus.number(f'{names.LATENCY_BUCKETS}{{service="{service}",le="+Inf"}}') * WINDOW

    assert timed == pytest.approx(sum(SENT.values()) + twice, rel=0.06)


@SERVER
def test_triton_has_a_mean_and_no_percentile(documented: Documented) -> None:
    mean = documented.prometheus.number(
        'service_route:http_latency_seconds:mean_rate5m{service="vision",route="detector"}'
    )

    assert mean == pytest.approx(0.04, rel=0.06)
    assert documented.prometheus.query('service:http_latency_seconds:p95_rate5m{service="vision"}') == []


@SERVER
@each(["orders-workers", "orders-summary", "catalog", "products", "posts"])
def test_workers_share_their_counts(documented: Documented, service: str) -> None:
    """More than one process has counted requests in the folder that the command gave them."""
    assert documented.runs[service].workers_that_counted() >= 2


@SERVER
@each([*SCRAPED, *PAGES])
def test_init_proposes_the_entry(documented: Documented, service: str) -> None:
    """The kind and the bounds that the document writes are those of the live page."""
    entry = documented.entries[service]
    at = documented.pages[service].url if service in PAGES else documented.runs[service].url
    page = fetch(f"{at}/metrics")
    proposed = init.propose(page.text, page.target, service, page.path).service

    assert (proposed["kind"], proposed["targets"]) == (entry["kind"], entry["targets"])
    assert proposed.get("metrics_path") == entry.get("metrics_path")
    if entry["kind"] != "custom":
        assert _seconds(proposed) == _seconds(entry)


def _seconds(entry: dict[str, Any]) -> list[float]:
    return [parse_duration(bound) for bound in entry.get("buckets", ())]


@SERVER
def test_init_prints_what_the_document_shows(
    documented: Documented, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The document's command, run beside a spec that is there."""
    run = documented.runs["orders"]
    command = run.placed(EXAMPLES["orders"].parts["init"]).split()
    (tmp_path / "spec.yaml").write_text("version: 1\n")

    assert command[:3] == ["python", "-m", "generator"]
    assert main([*command[3:], "--spec", str(tmp_path / "spec.yaml")]) == OK
    assert yaml.safe_load(capsys.readouterr().out) == yaml.safe_load(run.placed(EXAMPLES["orders"].parts["proposed"]))


@SERVER
def test_a_number_of_one_s_own_is_there_with_its_rule(documented: Documented) -> None:
    """The counter of the program carries the service; the rule is loaded and healthy."""
    asked = 'sum(orders_viewed_total{service="orders",channel="web"})'
    (rule,) = yaml.safe_load(EXAMPLES["orders"].parts["rules"])["alerting"]["rules"]

    assert documented.prometheus.number(asked) == WARM_UP["2xx"] + WARM_UP["5xx"] + SENT["2xx"] + SENT["5xx"]
    assert (rule["alert"], "") in documented.prometheus.rules()


@SERVER
def test_the_summary_is_what_the_document_shows(documented: Documented) -> None:
    """The document's command gets its counts, whichever worker answers; a reset is refused."""
    run, parts = documented.runs["orders-summary"], EXAMPLES["orders"].parts
    expected = json.loads(parts["answered"])["data"] | dict.fromkeys(MEASURED, True)
    for _ in range(8):
        printed = subprocess.run(["bash", "-ec", run.placed(parts["asked"])], capture_output=True, check=True).stdout
        data = json.loads(printed)["data"]

        assert {name: data[name] > 0 if name in MEASURED else data[name] for name in expected} == expected
        assert len(data["recent_errors"]) == 50
    assert httpx.post(f"{run.url}/api/metrics/reset", timeout=30).status_code == 403


@SERVER
def test_every_rule_is_healthy(documented: Documented) -> None:
    """With all kinds in one stack."""
    assert {name: error for name, error in documented.prometheus.rules() if error} == {}


@SERVER
def test_exemplars_come_from_one_process_alone(documented: Documented) -> None:
    """A sampled trace is on the page of the telemetry core, and not where several workers share files."""
    pages = {}
    for name in ("orders", "orders-workers"):
        run = documented.runs[name]
        httpx.get(f"{run.url}/orders/7", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}, timeout=30)
        pages[name] = httpx.get(run.page, headers={"Accept": "application/openmetrics-text"}, timeout=30).text

    assert f'trace_id="{TRACE}"' in pages["orders"]
    assert TRACE not in pages["orders-workers"]
    assert "process_cpu_seconds_total" in pages["orders"]
    assert "process_cpu_seconds_total" not in pages["orders-workers"]


@SERVER
@each(RUNS)
def test_distinct_paths_make_no_series(documented: Documented, service: str) -> None:
    """Forty numbers and forty paths that nobody serves: no series for each, and all of them counted."""
    run, query = documented.runs[service], total(documented.entries[service])
    httpx.get(f"{run.url}/nowhere-at-all", timeout=30)
    before, counted = _series(run), documented.prometheus.number(query, time.time())
    for number in range(40):
        httpx.get(f"{run.url}/{run.example.name}/{number + 100}", timeout=30)
        httpx.get(f"{run.url}/nowhere-{number}", timeout=30)

    assert _series(run) - before <= 2
    wait("all counts", lambda: documented.prometheus.number(query, time.time()) >= counted + 80 or None, 60)


def _series(run: Run) -> int:
    return sum(not line.startswith("#") for line in httpx.get(run.page, timeout=30).text.splitlines())


def test_the_pushed_example_pushes(tmp_path: Path) -> None:
    """Without a Prometheus: what its processes send to an OTLP receiver adds up to what they were asked."""
    with Receiver() as receiver:
        run = Run(EXAMPLES[PUSHED], free_ports(1)[0], push_to=receiver.url)
        try:
            run.start(tmp_path)
            run.listening()
            asyncio.run(send(run, SENT))
            wait("all requests", lambda: _pushed(receiver) == sum(SENT.values()) or None, 60)
        finally:
            run.stop()

        assert receiver.paths == {"/api/v1/otlp/v1/metrics"}
        assert len(receiver.last) == 2, "each worker is an instance"
        (point, *_) = receiver.points("http.server.request.duration")
        assert [*point.explicit_bounds] == _seconds(EXAMPLES[PUSHED].entry)


def _pushed(receiver: Receiver) -> int:
    return sum(point.count for point in receiver.points("http.server.request.duration"))


@pytest.mark.parametrize("name", PAGES)
def test_the_real_server_is_as_its_page(name: str, tmp_path: Path) -> None:
    """The document's command, where its program is: `init` knows the live page as what the document writes."""
    run = Run(EXAMPLES[name], free_ports(1)[0], "start")
    program = EXAMPLES[name].parts["start"].split()[0]
    if shutil.which(program) is None:
        pytest.skip(f"not on this machine: {program} (its metrics are NOT proven against the real server)")
    try:
        run.start(tmp_path)
        run.listening(600)
        httpx.get(f"{run.url}/v1/models", timeout=30)
        page = fetch(run.page)
    finally:
        run.stop()
    proposed = init.propose(page.text, page.target, name, page.path).service

    assert proposed["kind"] == run.example.entry["kind"]
    assert run.example.lacking(page.text) == set()


@pytest.mark.parametrize("name", PAGES)
def test_the_synthetic_page_has_what_is_asked_of_the_real_one(name: str) -> None:
    """So that the stack's own profile cannot ask for a metric that the page leaves out."""
    assert EXAMPLES[name].lacking(PAGES[name](1)) == set()


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_entry_is_one_that_the_loader_takes(name: str) -> None:
    """Without a warning: limits are bounds. Only Triton has no histogram, as its section says."""
    spec = {"version": 1, "stack": STACK, "services": [EXAMPLES[name].entry]}
    warnings = read(yaml.safe_dump(spec).encode(), "compose").warnings

    assert {warning.code for warning in warnings} == ({"no-histogram"} if name == "vision" else set())


def test_both_languages_have_the_same_examples() -> None:
    """Block for block, so what is tested in one is tested in the other."""
    english, korean = (blocks(document) for document in DOCUMENTS)

    assert english == korean


def test_both_languages_have_the_same_sections() -> None:
    """As many headings of each level, as many points, and the same links but for the language."""
    english, korean = (_outline(document.read_text(encoding="utf-8")) for document in DOCUMENTS)

    assert english == korean


def _outline(text: str) -> list[str]:
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"^(#+|- |\|)", prose, flags=re.MULTILINE)
    links = [link.replace(".ko.md", ".md") for link in re.findall(r"\]\(([^)#]+)", prose)]
    return found + links


def test_every_block_has_its_use() -> None:
    """No part that no test reads, so nothing in the document is only said."""
    used = {"install", "run", "workers", "summary", "asked", "answered", "spec", "rules", "init", "proposed", "start"}
    used |= {"traced-install", "traced", "line"}  # of test_instrument_traces.py
    unused = {f"{e.name}/{part}" for e in EXAMPLES.values() for part in e.parts if part[-3:] != ".py"} - {
        f"{e.name}/{part}" for e in EXAMPLES.values() for part in used
    }

    assert unused == set()
    assert {name for name, example in EXAMPLES.items() if "start" in example.parts} == set(PAGES)
    assert {name for name, e in EXAMPLES.items() if "rules" in e.parts or "workers" in e.parts} == {"orders"}


@pytest.mark.parametrize("name", STARTED)
def test_what_is_to_be_installed_exists(name: str) -> None:
    """Each package is one that this environment has under that name."""
    packages = EXAMPLES[name].packages()

    assert packages
    assert [package for package in packages if not importlib.metadata.version(package)] == []


def test_what_the_text_names_exists() -> None:
    """Alerts, the modules of django-prometheus, and the first of vLLM's bounds."""
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        alerts = set(re.findall(r"\b(?:High|Service)[A-Z][A-Za-z0-9]+", text))
        modules = set(re.findall(r"`(django_prometheus(?:\.[a-z]+)+)", text))

        assert {"HighErrorRate", "ServiceDown"} <= alerts <= set(names.CATALOGUE)
        assert len(modules) == 2
        assert [module for module in modules if importlib.util.find_spec(module) is None] == []
        (bounds,) = re.findall(r"\(((?:[0-9.]+,\s+)+[0-9.]+) … ", text)
        assert [float(bound) for bound in bounds.split(",")] == list(VLLM_BOUNDS[: bounds.count(",") + 1])
