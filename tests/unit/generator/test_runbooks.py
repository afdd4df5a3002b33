"""Every alert's page has every part, in both languages, and its links lead where the spec says."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import promql_parser
import pytest
import yaml

from generator import names
from generator.limits_of import limits_of
from generator.model import Locale, Stack
from generator.pipeline import generate, read
from generator.rules import every_alert
from generator.texts import TEXTS
from sample_app.alert_sink.markdown import to_html
from tests.proof import ROOT

FULL = ROOT / "tests/golden/cases/every-section-in-korean-with-hostile-text/spec.yaml"
PARTS = ("meaning", "steps", "look", "rule", "limits", "try")
LINK = re.compile(r"^- \[([^\]]+)\]\((\S+)\)", re.MULTILINE)
OF_LINES = {"RepeatedException"}
"""Loki asks for these, not Prometheus."""
HOST, GRAFANA, PROMETHEUS = "monitor.example.com", 13000, 19090


def full(locale: str) -> dict[str, Any]:
    """A spec with every section, on a host and ports of its own."""
    spec: dict[str, Any] = yaml.safe_load(FULL.read_text())
    ports = {**spec["stack"].get("ports", {}), "grafana": GRAFANA, "prometheus": PROMETHEUS}
    spec["stack"] |= {"locale": locale, "public_host": HOST, "ports": ports}
    spec["alerting"].pop("disable", None)
    return spec


def stack_of(spec: dict[str, Any]) -> Stack:
    """The stack, as the runbooks know it."""
    return read(yaml.safe_dump(spec, allow_unicode=True).encode(), "compose").stack


def pages(spec: dict[str, Any]) -> dict[str, str]:
    """Every runbook by the alert's name."""
    files = generate(yaml.safe_dump(spec, allow_unicode=True)).files()
    return {path[14:-3]: text for path, text in files.items() if path.startswith("docs/runbooks/")}


def parts_of(page: str) -> dict[str, str]:
    """The text below each heading."""
    _, *found = re.split(r"^## (.+)$", page, flags=re.MULTILINE)
    return {title: text.strip() for title, text in zip(found[::2], found[1::2], strict=True)}


@pytest.fixture(params=["en", "ko"])
def spec(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The same in both languages."""
    return full(request.param)


def test_every_alert_has_every_part(spec: dict[str, Any]) -> None:
    """In their order, none of them empty, with as many steps as the texts have."""
    stack = stack_of(spec)
    texts, found = TEXTS[Locale(spec["stack"]["locale"])], pages(spec)

    assert found.keys() == {alert.name for alert in every_alert(stack)}
    assert len(found) > 15
    for name, page in found.items():
        parts = parts_of(page)
        assert [*parts] == [texts.words[f"runbook.{part}"] for part in PARTS], name
        assert all(parts.values()), name
        steps = [line for line in parts[texts.words["runbook.steps"]].splitlines() if re.match(r"\d+\. \S", line)]
        assert len(steps) == len(texts.alerts[name].steps) > 0, name
        assert parts[texts.words["runbook.try"]].count(f"{name}`: ") == (1 if name in OF_LINES else 3)


def test_links_lead_to_the_stack_s_own_addresses(spec: dict[str, Any]) -> None:
    """Prometheus with the query filled in, which parses, and the dashboard."""
    stack = stack_of(spec)
    known = {alert.expr for alert in every_alert(stack)}
    for name, page in pages(spec).items():
        if name in OF_LINES:
            continue
        links = [urlsplit(url) for _, url in LINK.findall(page)]
        asked = [parse_qs(link.query)["g0.expr"][0] for link in links if link.port == PROMETHEUS]
        assert {link.hostname for link in links} == {HOST}, name
        assert {link.path for link in links} == {"/graph", f"/d/{names.DASHBOARD_SERVICES}"}, name
        assert links[-1].port == GRAFANA
        assert len(known & set(asked)) >= 1 or name == "Watchdog"
        assert [promql_parser.parse(expr) for expr in asked]


def test_an_alert_on_lines_leads_to_the_lines(spec: dict[str, Any]) -> None:
    """Grafana's page Explore with the query filled in, of every team's services; and the dashboard."""
    stack = stack_of(spec)
    lines, dashboard = (urlsplit(url) for _, url in LINK.findall(pages(spec)["RepeatedException"]))
    pane = json.loads(parse_qs(lines.query)["panes"][0])["a"]
    rules = [alert for alert in every_alert(stack) if alert.name == "RepeatedException"]

    assert (lines.hostname, lines.port, lines.path) == (HOST, GRAFANA, "/explore")
    assert pane["datasource"] == pane["queries"][0]["datasource"]["uid"] == "loki"
    assert {rule.measure for rule in rules} == {pane["queries"][0]["expr"]}
    assert len(rules) > 2
    assert dashboard.path == f"/d/{names.DASHBOARD_SERVICES}"


def test_what_is_measured_compares_nothing(spec: dict[str, Any]) -> None:
    """A graph of the value shows it before it is beyond the limit, too."""
    for name, page in pages(spec).items():
        if name in OF_LINES:
            continue
        first = parse_qs(urlsplit(LINK.findall(page)[0][1]).query)["g0.expr"][0]
        assert not re.search(r"[<>]=? |[=!]= ", re.sub(r'"[^"]*"', "", first)), name


def test_every_limit_in_force_is_told(spec: dict[str, Any]) -> None:
    """Also what services and routes override, each with the key that it came from, one row each."""
    stack, found = stack_of(spec), pages(spec)
    title = TEXTS[Locale(spec["stack"]["locale"])].words["runbook.limits"]
    for alert in every_alert(stack):
        rows = [line for line in parts_of(found[alert.name])[title].splitlines() if line.startswith("|")][2:]
        cells = [re.split(r"(?<!\\)\|", row)[1:-1] for row in rows]
        assert all(len(each) == 4 for each in cells)
        told = [(cell[1].strip(), cell[3].strip()) for cell in cells]
        assert [quantity for _, quantity, _ in limits_of(stack, alert) if quantity not in dict(told)] == [], alert.name
        assert len(rows) == len(
            {
                (where, q, limit)
                for r in every_alert(stack)
                if r.name == alert.name
                for where, q, limit in limits_of(stack, r)
            }
        )
    overridden = parts_of(found["HighErrorRate"])[title]
    assert "services[shop].thresholds.error_ratio" in overridden
    assert r'services[shop].routes[/p/\<str:"x"\>/{id}$].latency_p95' in parts_of(found["HighLatencyP95"])[title]


def test_the_sink_shows_the_links(spec: dict[str, Any]) -> None:
    """Its small Markdown knows what the pages use."""
    page = pages(spec)["HighErrorRate"]
    html = to_html(page)

    assert html.count(f'<a href="http://{HOST}:') == len(LINK.findall(page)) == 4
    assert "](" not in html


def test_text_of_the_spec_is_no_markup() -> None:
    """A route with columns, code and a link of its own stays one cell."""
    spec = full("en")
    spec["services"][0]["routes"] = [{"route": "/a|b`c`<i>*[x](http://y)", "latency_p95": "1s"}]
    [row] = [line for line in pages(spec)["HighLatencyP95"].splitlines() if "/a" in line and line.startswith("|")]

    assert r"/a\|b\`c\`\<i\>\*[x]\(http://y)" in row
    assert len(re.split(r"(?<!\\)\|", row)) == 6


def test_a_query_too_long_for_a_link_is_left_out() -> None:
    """A hundred services with a `for` of their own: the expression is below, and no browser refuses a link."""
    service = {"kind": "fastapi", "targets": ["a:1"], "for": {"HighErrorRate": "9m"}}
    services = [{**service, "name": f"service-{n}", "targets": [f"a-{n}:1"]} for n in range(300)]
    page = pages({"version": 1, "stack": {"name": "demo"}, "services": services})["HighErrorRate"]

    assert len(LINK.findall(page)) == 2
    assert max(len(url) for _, url in LINK.findall(page)) < 4000
