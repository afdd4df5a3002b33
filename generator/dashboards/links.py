"""Where the page leads: to itself for one service, to runbooks, to Prometheus and Alertmanager."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from generator import names
from generator.dashboards.tables import cell, link
from generator.model import Component, Stack
from generator.targets.base import published

Cells = tuple[dict[str, Any], ...]
OPEN, CLOSE, EQUALS, QUOTE = quote("{"), quote("}"), quote('="'), quote('"')


class Links:
    """The links of one stack, with their words."""

    def __init__(self, stack: Stack, words: dict[str, str]) -> None:
        self._words = words
        self._runbooks = stack.alerting.runbook_url
        self._programs = {
            component: f"http://{stack.public_host}:{published(component, stack.ports)}"
            for component in (Component.PROMETHEUS, Component.ALERTMANAGER)
        }

    def programs(self) -> tuple[tuple[str, str], ...]:
        """Title and URL of the links at the top of the page."""
        prometheus, alertmanager = self._programs[Component.PROMETHEUS], self._programs[Component.ALERTMANAGER]
        return (
            ("Prometheus", f"{prometheus}/alerts"),
            ("Prometheus: targets", f"{prometheus}/targets"),
            ("Alertmanager", f"{alertmanager}/#/alerts"),
        )

    def of_service(self) -> Cells:
        """From a service's name: this page for it alone, and its traffic in Prometheus."""
        here = f"/d/{names.DASHBOARD_SERVICES}?var-service={cell(names.SERVICE)}&${{__url_time_range}}"
        return (
            link(self._words["panel.only_service"], here, new_tab=False),
            self._graph(names.REQUESTS, names.SERVICE),
        )

    def of_route(self, statistic: str | None) -> Cells:
        """From a route: its latency, or its traffic where nothing is timed, in Prometheus."""
        series = names.latency(statistic, by_route=True) if statistic else names.REQUESTS_ROUTE
        return (self._graph(series, names.SERVICE, names.ROUTE),)

    def of_alert(self) -> Cells:
        """From an alert's name: its runbook, where runbooks are served."""
        if not self._served():
            return ()
        return (link(self._words["panel.runbook"], f"{self._runbooks}/{cell('alertname')}"),)

    def runbook_html(self) -> str:
        """The same for an annotation's text, which Grafana fills with labels and shows as HTML."""
        if not self._served():
            return ""
        return f'<a href="{self._runbooks}/{{{{alertname}}}}" target="_blank">{self._words["panel.runbook"]}</a>'

    def _served(self) -> bool:
        """Without a server for them runbooks are files of the project, which no browser opens."""
        return self._runbooks.startswith(("http://", "https://"))

    def _graph(self, series: str, *labels: str) -> dict[str, Any]:
        """An expression in Prometheus' own page, for the labels of the line."""
        matchers = quote(", ").join(f"{label}{EQUALS}{cell(label)}{QUOTE}" for label in labels)
        expr = f"{quote(series)}{OPEN}{matchers}{CLOSE}"
        url = f"{self._programs[Component.PROMETHEUS]}/query?g0.expr={expr}&g0.tab=graph&g0.range_input=1h"
        return link(self._words["panel.in_prometheus"], url)
