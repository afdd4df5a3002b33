"""grafana/provisioning/datasources/: where Grafana asks, and how one signal leads to the next.

    exemplar of a panel -> trace -> its lines -> trace        trace -> the service's metrics, the map of services

Grafana fills in `$NAME` from its environment while it reads the file, so a `$` that is meant is written twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from generator import names
from generator.model import Component, Stack
from generator.promql import sum_by
from generator.targets import TARGETS
from generator.texts import texts_of
from generator.units import duration

TAGS = "$__tags"
LINES_OF_TRACE = '{${__tags}} | trace_id="${__trace.traceId}"'
"""Of a span's service and environment, which are labels; the trace's id is structured metadata, and needs no parser."""
CALLS, LATENCY = "traces_spanmetrics_calls_total", "traces_spanmetrics_latency_bucket"
SERVICE_NAME, ENVIRONMENT = "service.name", "deployment.environment.name"


def datasources(stack: Stack) -> dict[str, Any]:
    """The file as a mapping."""
    sources = [_prometheus(stack), _alertmanager(stack), *_loki(stack), *_tempo(stack)]
    return {"apiVersion": 1, "datasources": [_literal(source) for source in sources]}


def _source(stack: Stack, name: str, component: Component, more: dict[str, Any], **settings: Any) -> dict[str, Any]:
    address = TARGETS[stack.target].address(component, stack.ports, stack.listen)
    return {
        "name": name,
        "uid": component.value,
        "type": component.value,
        "access": "proxy",
        "url": f"http://{address}",
        **settings,
        "editable": False,
        "jsonData": more,
    }


def _prometheus(stack: Stack) -> dict[str, Any]:
    more: dict[str, Any] = {"httpMethod": "POST", "timeInterval": duration(stack.scrape_interval)}
    if stack.traces:
        label = texts_of(stack).words["link.trace"]
        destination = {
            "name": "trace_id",
            "datasourceUid": names.DATASOURCE_TEMPO,
            "urlDisplayLabel": label,
        }
        more["exemplarTraceIdDestinations"] = [destination]
    return _source(stack, "Prometheus", Component.PROMETHEUS, more, isDefault=True)


def _alertmanager(stack: Stack) -> dict[str, Any]:
    more = {"implementation": "prometheus", "handleGrafanaManagedAlerts": False}
    return _source(stack, "Alertmanager", Component.ALERTMANAGER, more)


def _loki(stack: Stack) -> Iterator[dict[str, Any]]:
    if not stack.logs:
        return
    more: dict[str, Any] = {"maxLines": "1000"}
    if stack.traces:
        field = {
            "name": "trace_id",
            "matcherType": "label",
            "matcherRegex": "trace_id",
            "url": "${__value.raw}",
            "datasourceUid": names.DATASOURCE_TEMPO,
            "urlDisplayLabel": texts_of(stack).words["link.trace"],
        }
        more["derivedFields"] = [field]
    yield _source(stack, "Loki", Component.LOKI, more)


def _tempo(stack: Stack) -> Iterator[dict[str, Any]]:
    if not stack.traces:
        return
    more: dict[str, Any] = {
        "tracesToMetrics": {
            "datasourceUid": names.DATASOURCE_PROMETHEUS,
            "spanStartTimeShift": "-30m",
            "spanEndTimeShift": "30m",
            "tags": [{"key": SERVICE_NAME, "value": names.SERVICE}],
            "queries": [*_metrics(texts_of(stack).words)],
        },
        "serviceMap": {"datasourceUid": names.DATASOURCE_PROMETHEUS},
        "nodeGraph": {"enabled": True},
        "search": {"hide": False},
        # A link knows when the trace was, so blocks of other days need not be read.
        "traceQuery": {"timeShiftEnabled": True, "spanStartTimeShift": "-1h", "spanEndTimeShift": "1h"},
        "streamingEnabled": {"search": True, "metrics": True},
    }
    if stack.logs:
        more["tracesToLogsV2"] = {
            "datasourceUid": names.DATASOURCE_LOKI,
            "spanStartTimeShift": "-5m",
            "spanEndTimeShift": "5m",
            "tags": [{"key": SERVICE_NAME, "value": names.SERVICE}, {"key": ENVIRONMENT, "value": names.ENV}],
            "filterByTraceID": False,
            "filterBySpanID": False,
            "customQuery": True,
            "query": LINES_OF_TRACE,
        }
    yield _source(stack, "Tempo", Component.TEMPO, more)


def _metrics(words: dict[str, str]) -> Iterator[dict[str, str]]:
    """Of the span's service: what it counts itself, then what the collector counts of its spans."""
    calls, latency = f"{CALLS}{{{TAGS}}}", f"{LATENCY}{{{TAGS}}}"
    for key, query in (
        ("requests", f"{names.REQUESTS}{{{TAGS}}}"),
        ("errors", f"{names.ERROR_RATIO}{{{TAGS}}}"),
        ("p95", f"{names.latency('p95')}{{{TAGS}}}"),
        ("spans", sum_by(("span_name",), f"rate({calls}[$__rate_interval])")),
        ("span_p95", f"histogram_quantile(0.95, {sum_by(('le', 'span_name'), f'rate({latency}[$__rate_interval])')})"),
    ):
        yield {"name": words[f"link.{key}"], "query": query}


def _literal(part: Any) -> Any:
    """With every `$` that Grafana shall not fill in while it reads the file."""
    if isinstance(part, dict):
        return {key: _literal(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_literal(value) for value in part]
    return part.replace("$", "$$") if isinstance(part, str) else part
