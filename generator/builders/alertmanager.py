"""alertmanager/alertmanager.yml: who is told, how alerts are grouped, and which silence which."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from generator import names
from generator.builders.inhibition import among
from generator.builders.receivers import receiver
from generator.bundle import Artifact
from generator.model import Stack
from generator.model_alerting import AlertRoute, Span, TimeInterval
from generator.promql import equals, one_of, quote
from generator.render import to_yaml
from generator.times import DAY, clock, runs
from generator.units import duration

# What a service that is down shows too.
SYMPTOMS = (
    "CacheHitRatioLow",
    "CardinalityExplosion",
    "ColdStartSlow",
    "ConsecutiveErrors",
    "ErrorBudgetBurnFast",
    "ErrorBudgetBurnSlow",
    "HighClientErrorRate",
    "HighErrorRate",
    "HighLatencyAverage",
    "HighLatencyP95",
    "HighLatencyP95Critical",
    "InferenceSlow",
    "LatencyAnomaly",
    "LatencyBudgetBurnFast",
    "LatencyBudgetBurnSlow",
    "LlmErrorRate",
    "LlmLatencyHigh",
    "ModelAccuracyLow",
    "QueueBacklog",
    "RepeatedException",
    "TargetFlapping",
    "ThroughputNearCapacity",
    "TrafficDrop",
    "TrafficSurge",
)
DATABASE_SYMPTOMS = "Database.*|Redis.*"
# Which alert makes which other superfluous, for the same values of these labels.
SAME_CONDITION = (
    ("HighErrorRate", "ConsecutiveErrors", (names.SERVICE,)),
    ("ErrorBudgetBurnFast", "ErrorBudgetBurnSlow", (names.SERVICE,)),
    ("LatencyBudgetBurnFast", "LatencyBudgetBurnSlow", (names.SERVICE,)),
    ("HighLatencyP95", "LatencyAnomaly", (names.SERVICE,)),
    ("HighLatencyP95Critical", "LatencyAnomaly", (names.SERVICE,)),
)
# Labels that tell two alerts of one name apart.
SUBJECT = (
    names.SERVICE,
    names.ROUTE,
    names.INSTANCE,
    names.MOUNTPOINT,
    names.DEVICE,
    names.GPU,
    names.DATABASE,
    names.PROBE,
)


def build(stack: Stack) -> Iterable[Artifact]:
    """Receivers read their secrets from files; nothing secret stands here."""
    yield Artifact(names.ALERTMANAGER_CONFIG, to_yaml(configuration(stack), "The configuration of Alertmanager."))


def configuration(stack: Stack) -> dict[str, Any]:
    """alertmanager.yml as a mapping."""
    alerting = stack.alerting
    times = {"time_intervals": [_time(time, stack.timezone) for time in alerting.times]} if alerting.times else {}
    return {
        "global": {"resolve_timeout": "5m"},
        "templates": [names.ALERTMANAGER_TEMPLATES],
        "route": {
            "receiver": alerting.default,
            "group_by": ["alertname", names.SERVICE, names.DATABASE, names.INSTANCE],
            "group_wait": duration(alerting.group_wait),
            "group_interval": duration(alerting.group_interval),
            "repeat_interval": duration(alerting.repeat_interval),
            "routes": [*(_test(each.name) for each in alerting.receivers), *map(_route, alerting.routes)],
        },
        **times,
        "inhibit_rules": [*among(_inhibitions(), (*alerting.disable, *_off(stack)))],
        "receivers": [receiver(each) for each in alerting.receivers],
    }


def _off(stack: Stack) -> tuple[str, ...]:
    """Alerts that a stack without logs, or without traces, cannot have."""
    lines = () if stack.logs else ("LogsNotIngested", "RepeatedException")
    return lines if stack.traces else (*lines, "TracesNotIngested")


def _test(name: str) -> dict[str, Any]:
    """The route of `make alert-test`: to one receiver, at once, each run for itself."""
    return {
        "receiver": name,
        "matchers": [equals("alertname", names.TEST_ALERT), equals(names.RECEIVER, name)],
        "group_by": ["alertname", names.RECEIVER, names.RUN],
        "group_wait": "0s",
        "group_interval": "10s",
    }


def _route(route: AlertRoute) -> dict[str, Any]:
    made: dict[str, Any] = {
        "receiver": route.receiver,
        "matchers": [one_of(label, values) for label, values in route.match],
    }
    if route.group_wait is not None:
        made["group_wait"] = duration(route.group_wait)
    if route.repeat_interval is not None:
        made["repeat_interval"] = duration(route.repeat_interval)
    if route.active:
        made["active_time_intervals"] = [*route.active]
    if route.mute:
        made["mute_time_intervals"] = [*route.mute]
    if route.goes_on:
        made["continue"] = True
    return made


def _time(time: TimeInterval, zone: str) -> dict[str, Any]:
    return {"name": time.name, "time_intervals": [_span(span, zone) for span in time.spans]}


def _span(span: Span, zone: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if (span.begin, span.end) != (0, DAY):
        made["times"] = [{"start_time": clock(span.begin), "end_time": clock(span.end)}]
    if span.days:
        made["weekdays"] = runs(span.days)
    return {**made, "location": zone}


def _inhibitions() -> list[dict[str, Any]]:
    """Warning and critical of one condition never page twice, and a cause silences its symptoms."""
    symptoms, of_database = f"alertname=~{quote('|'.join(SYMPTOMS))}", f'alertname=~"{DATABASE_SYMPTOMS}"'
    slow, slower = 'alertname=~"HighLatencyP95|HighLatencyAverage"', 'alertname="HighLatencyP95Critical"'
    down, host = 'alertname="ServiceDown"', f'job="{names.JOB_NODE}"'
    return [
        _inhibit(['severity="critical"'], ['severity="warning"'], ["alertname", *SUBJECT]),
        # A slow service makes its routes slow, a slow route says nothing of the others.
        _inhibit([slower, 'route=""'], [slow], [names.SERVICE]),
        _inhibit([slower, 'route!=""'], [slow], [names.SERVICE, names.ROUTE]),
        *(_inhibit([equals("alertname", a)], [equals("alertname", b)], [*same]) for a, b, same in SAME_CONDITION),
        _inhibit([down, 'service!=""'], [symptoms], [names.SERVICE]),
        _inhibit([down, 'database!=""'], [of_database], [names.DATABASE]),
        _inhibit(['alertname="DatabaseDown"'], [of_database, 'alertname!="DatabaseDown"'], [names.DATABASE]),
        _inhibit([down, host, 'host!=""'], [down, host.replace("=", "!=")], [names.HOST]),
        _inhibit([down, host], ['alertname=~"Host.*"'], [names.INSTANCE]),
        _inhibit([down, host, 'host!=""'], ['alertname=~"Gpu.*"'], [names.HOST]),
        _inhibit([down, host, 'host!=""'], ['alertname="TargetFlapping"'], [names.HOST]),
        _inhibit([down, f'job="{names.JOB_GPU}"'], ['alertname=~"Gpu.*"'], [names.INSTANCE]),
        _inhibit([down], ['alertname="TargetFlapping"'], [names.JOB, names.INSTANCE]),
        *(
            _inhibit([down, one_of(names.JOB, (server, names.JOB_COLLECTOR))], [equals("alertname", lost)], ["stack"])
            for server, lost in ((names.JOB_LOKI, "LogsNotIngested"), (names.JOB_TEMPO, "TracesNotIngested"))
        ),
        _inhibit(
            ['alertname="HostDiskFull"', 'severity="critical"'],
            ['alertname="HostDiskFillsSoon"'],
            [names.INSTANCE, names.MOUNTPOINT],
        ),
    ]


def _inhibit(source: list[str], target: list[str], equal: list[str]) -> dict[str, Any]:
    return {"source_matchers": source, "target_matchers": target, "equal": equal}
