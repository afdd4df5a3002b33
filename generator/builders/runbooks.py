"""docs/runbooks/*.md: one page an alert, in the stack's language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

import jinja2

from generator import names
from generator.bundle import Artifact
from generator.limits_of import EVERY, STACK, limits_of, origins, shown
from generator.model import Component, Stack
from generator.promql import pretty
from generator.render import comment
from generator.rules import AlertRule, every_alert
from generator.selectors import compared
from generator.targets.base import public_url
from generator.texts import texts_of
from generator.units import duration

LONGEST_LINK = 4000
"""Characters of an address that every browser and proxy takes."""
_MARKUP = re.compile(r"([\\`*<>|&~]|(?<=\])\()")
_PAGE = jinja2.Template(
    """\
<!-- {{ note }} -->
# {{ name }}

{{ words["runbook.severity"] }}: {{ severities }} · {{ words["runbook.for"] }}: {{ hold }}

## {{ words["runbook.meaning"] }}

{{ text.meaning }}

## {{ words["runbook.steps"] }}

{% for step in text.steps -%}
{{ loop.index }}. {{ step }}
{% endfor %}
## {{ words["runbook.look"] }}

{% for title, url, code in links -%}
- {{ "[%s](%s)" % (title, url) if url else title }}{{ ": `%s`" % code if code }}
{% endfor %}
## {{ words["runbook.rule"] }}

{% for rule in rules -%}
```{{ rule.language }}
{{ pretty(rule.expr) if rule.language == "promql" else rule.expr }}
```

{% endfor -%}
## {{ words["runbook.limits"] }}

{% if limits -%}
| {{ heads | join(" | ") }} |
|---|---|---|---|
{% for row in limits -%}
| {{ row | join(" | ") }} |
{% endfor %}
{% else -%}
{{ words["runbook.no_limit"] }}
{% endif %}
## {{ words["runbook.try"] }}

{% for option, word in hints -%}
- `python -m generator explain {{ option }}{{ name }}`: {{ word }}
{% endfor %}
""",
    undefined=jinja2.StrictUndefined,
    autoescape=False,
    keep_trailing_newline=True,
)


def build(stack: Stack) -> Iterable[Artifact]:
    """A page for every alert that the stack has."""
    pages: dict[str, list[AlertRule]] = {}
    for alert in every_alert(stack):
        pages.setdefault(alert.name, []).append(alert)
    for name, rules in pages.items():
        yield Artifact(names.runbook_file(name), _page(stack, name, rules))


def _page(stack: Stack, name: str, rules: list[AlertRule]) -> str:
    texts = texts_of(stack)
    words = texts.words
    text = _PAGE.render(
        note=comment("", "").strip(),
        name=name,
        words=words,
        text=texts.alerts[name],
        severities=", ".join(dict.fromkeys(rule.severity.value for rule in rules)),
        hold=", ".join(dict.fromkeys(duration(rule.hold) for rule in rules)),
        links=[*_links(stack, rules, words)],
        rules=rules,
        limits=[*dict.fromkeys(row for rule in rules for row in _limits(stack, rule, words))],
        heads=[words[f"runbook.{part}"] for part in ("where", "what", "limit", "origin")],
        hints=[(f"--{way} " if way != "explain" else "", words[f"runbook.{way}"]) for way in _ways(rules)],
        pretty=pretty,
    )
    return re.sub(r"\n{3,}", "\n\n", text).rstrip("\n") + "\n"


def _ways(rules: list[AlertRule]) -> tuple[str, ...]:
    """What `explain` can tell; of lines there are no series to show, and no history to ask."""
    return ("explain", "fire", "backtest") if rules[0].language == "promql" else ("explain",)


def _links(stack: Stack, rules: list[AlertRule], words: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Title, address and query of what to open first."""
    if rules[0].language == "logql":
        for measured in dict.fromkeys(rule.measure for rule in rules):
            yield words["runbook.lines"], explore(stack, measured), ""
        yield words["runbook.dashboard"], f"{public_url(stack, Component.GRAFANA)}/d/{names.DASHBOARD_SERVICES}", ""
        return
    for measured in dict.fromkeys(rule.measure or compared(rule.expr) for rule in rules):
        yield words["runbook.measured"], _graph(stack, measured, "graph"), measured
    for rule in rules:
        if url := _graph(stack, rule.expr, "table"):
            yield f"{words['runbook.beyond']}{_apart(rule, rules)}", url, ""
    yield words["runbook.dashboard"], f"{public_url(stack, Component.GRAFANA)}/d/{names.DASHBOARD_SERVICES}", ""


def explore(stack: Stack, query: str) -> str:
    """A LogQL query in Grafana's page Explore."""
    asked = {"refId": "A", "expr": query, "datasource": {"type": "loki", "uid": names.DATASOURCE_LOKI}}
    pane = {"datasource": names.DATASOURCE_LOKI, "queries": [asked], "range": {"from": "now-1h", "to": "now"}}
    panes = quote(json.dumps({"a": pane}, separators=(",", ":"), ensure_ascii=False), safe="")
    return f"{public_url(stack, Component.GRAFANA)}/explore?schemaVersion=1&orgId=1&panes={panes}"


def _apart(rule: AlertRule, rules: list[AlertRule]) -> str:
    """What tells one rule of an alert from the others."""
    told = [(other.severity.value, duration(other.hold)) for other in rules]
    differing = [own for own, *others in zip(told[rules.index(rule)], *told, strict=True) if len({*others}) > 1]
    return f" ({', '.join(differing)})" if differing else ""


def _graph(stack: Stack, expr: str, tab: str) -> str:
    """An expression in Prometheus' own page; both of its major versions know this address. Empty when too long."""
    number = {"graph": 0, "table": 1}[tab]
    query = f"g0.expr={quote(expr, safe='')}&g0.tab={number}&g0.range_input=1h"
    url = f"{public_url(stack, Component.PROMETHEUS)}/graph?{query}"
    return url if len(url) <= LONGEST_LINK else ""


def _limits(stack: Stack, rule: AlertRule, words: dict[str, str]) -> Iterator[tuple[str, ...]]:
    """Where, what, how much, and by which key of the spec; first what holds everywhere."""
    places = {EVERY: words["runbook.all"], STACK: words["runbook.stack"]}
    origin = origins(stack)
    for where, quantity, limit in limits_of(stack, rule):
        place = places.get(where, where)
        yield tuple(map(_plain, (place, quantity, shown(rule, quantity, limit.value), origin(limit))))


def _plain(text: str) -> str:
    """Text of the spec in a table: no markup, no column of its own."""
    return _MARKUP.sub(r"\\\1", text)
