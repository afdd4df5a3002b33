"""docs/runbooks/*.md: one page an alert, in the stack's language."""

from __future__ import annotations

import re
from collections.abc import Iterable

import jinja2

from generator import names
from generator.bundle import Artifact
from generator.model import Stack
from generator.promql import pretty
from generator.render import comment
from generator.rules import AlertRule, alerts
from generator.texts import TEXTS
from generator.units import duration, number

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
## {{ words["runbook.rule"] }}

{% for rule in rules -%}
```promql
{{ pretty(rule.expr) }}
```

{% if rule.limits -%}
| {{ words["runbook.limit"] }} | | {{ words["runbook.origin"] }} |
|---|---|---|
{% for quantity, limit in rule.limits -%}
| {{ quantity }} | {{ number(limit.value) }} | {{ limit.origin }} |
{% endfor %}
{% endif -%}
{% endfor -%}
""",
    undefined=jinja2.StrictUndefined,
    autoescape=False,
    keep_trailing_newline=True,
)


def build(stack: Stack) -> Iterable[Artifact]:
    """A page for every alert that the stack has."""
    pages: dict[str, list[AlertRule]] = {}
    for alert in alerts(stack):
        pages.setdefault(alert.name, []).append(alert)
    for name, rules in pages.items():
        yield Artifact(names.runbook_file(name), _page(stack, name, rules))


def _page(stack: Stack, name: str, rules: list[AlertRule]) -> str:
    texts = TEXTS[stack.locale]
    text = _PAGE.render(
        note=comment("", "").strip(),
        name=name,
        words=texts.words,
        text=texts.alerts[name],
        severities=", ".join(dict.fromkeys(rule.severity.value for rule in rules)),
        hold=", ".join(dict.fromkeys(duration(rule.hold) for rule in rules)),
        rules=rules,
        number=number,
        pretty=pretty,
    )
    return re.sub(r"\n{3,}", "\n\n", text).rstrip("\n") + "\n"
