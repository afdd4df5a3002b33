"""What the rules of models share: where their series are found, durations by model, limits of who declares them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from generator import defaults, names
from generator.model import Limit, Service, Stack
from generator.profiles import Duration, Mean
from generator.profiles.inference import ModelMetrics, measured_by
from generator.promql import WINDOW, differs, equals, none_of, one_of, rename, select
from generator.rules.base import RecordingRule
from generator.rules.notation import Notation, limit_of
from generator.rules.slow import slow, slower
from generator.rules.vocabulary import pushed_job, window_count
from generator.units import number

BY = (names.SERVICE, names.MODEL)
PER_MODEL = ", ".join(BY)
SUBJECT = "{{ $labels.service }}{{ with $labels.model }} {{ . }}{{ end }}"
MODEL_QUANTITIES = (*defaults.MODEL_LIMITS, "inference.accuracy_floor", "llm.daily_budget")
EXISTS = differs(names.SERVICE, "")


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where a duration of models is recorded: how many, their buckets, p95, mean, and the share beyond the limit."""

    count: str
    buckets: str
    p95: str
    mean: str
    slow_share: str
    quantity: str


INFERENCE = Recorded(
    names.INFERENCES,
    names.INFERENCE_BUCKETS,
    names.INFERENCE_P95,
    names.INFERENCE_MEAN,
    names.INFERENCE_SLOW_SHARE,
    "inference.latency_p95",
)
WAIT = Recorded(
    names.WAITS,
    names.WAIT_BUCKETS,
    names.WAIT_P95,
    names.WAIT_MEAN,
    names.WAIT_SLOW_SHARE,
    "inference.queue_wait",
)
CALL = Recorded(
    names.LLM_TIMED,
    names.LLM_BUCKETS,
    names.LLM_P95,
    "",
    names.LLM_SLOW_SHARE,
    "llm.latency_p95",
)


class Models:
    """The services that are meant, and how series of their servers are read."""

    def __init__(self, services: Iterable[Service]) -> None:
        self.services = tuple(services)

    @cached_property
    def servers(self) -> tuple[ModelMetrics, ...]:
        """What measures them, once each, by name."""
        found = {each.name: each for s in self.services for each in (measured_by(s.profile.name),)}
        return tuple(found[name] for name in sorted(found))

    def rate(self, server: ModelMetrics, metric: str, *matchers: str, by: tuple[str, ...] = ()) -> str:
        """The rate per second of a counter by service, model and `by`."""
        found = self.total(server, metric, (names.SERVICE, server.model, *by), *matchers)
        return self._by_model(server, found, "sum", by)

    def total(self, server: ModelMetrics, metric: str, by: Iterable[str], *matchers: str) -> str:
        """The rate per second of a counter, summed by labels of its own."""
        return self._found(server, "sum", by, lambda *mine: f"rate({select(metric, *mine, *matchers)}[{WINDOW}])")

    def value(self, server: ModelMetrics, metric: str, how: str, by: tuple[str, ...] = ()) -> str:
        """A metric as it stands, aggregated by service, model and `by`."""
        found = self._found(server, how, (names.SERVICE, server.model, *by), lambda *mine: select(metric, *mine))
        return self._by_model(server, found, how, by)

    def _found(self, server: ModelMetrics, how: str, by: Iterable[str], read: Callable[..., str]) -> str:
        return f"{how} by ({', '.join(by)}) ({self.each(server, read)})"

    def each(self, server: ModelMetrics, read: Callable[..., str]) -> str:
        """All series: what is scraped carries its service; what is pushed has it in the name of its job."""
        pushed = [s.name for s in self.services if s.push and measured_by(s.profile.name) is server]
        if not pushed:
            return read(EXISTS)
        mine = read(pushed_job(pushed), equals(names.KIND, ""))
        return f'({read(EXISTS)} or label_replace({mine}, "service", "$1", "job", "(?:.+/)?([^/]+)"))'

    def _by_model(self, server: ModelMetrics, found: str, how: str, by: tuple[str, ...]) -> str:
        """From the server's own label to `model`, after aggregation, when few series are left."""
        if server.model == names.MODEL:
            return found
        return f"{how} by ({', '.join((*BY, *by))}) ({rename(found, names.MODEL, server.model)})"


Pick = Callable[[ModelMetrics], Duration | Mean | None]


def durations(models: Models, recorded: Recorded, pick: Pick) -> Iterator[RecordingRule]:
    """How many per second, their p95 (of a server without a histogram the mean), and the share beyond the limit."""
    for server in models.servers:
        match pick(server):
            case Duration(metric=metric):
                yield RecordingRule(recorded.count, models.rate(server, f"{metric}_count"))
                yield RecordingRule(recorded.buckets, models.rate(server, f"{metric}_bucket", by=("le",)))
            case Mean(total=total, counts=(count, *_), unit=unit):
                yield RecordingRule(recorded.count, models.rate(server, count))
                mean = f"{models.rate(server, total)} / ({models.rate(server, count)} > 0) * {number(unit)}"
                yield RecordingRule(recorded.mean, mean)
    timed = [s for s in models.services if isinstance(pick(measured_by(s.profile.name)), Duration)]
    if timed:
        yield RecordingRule(recorded.p95, f"histogram_quantile(0.95, {recorded.buckets}) >= 0")
    for value in sorted({limit.value for s in timed if (limit := limit_on(s, recorded.quantity))}):
        share = slower(recorded.buckets, BY, value, names.limit(recorded.quantity))
        yield RecordingRule(recorded.slow_share, share)


def too_slow(models: Models, recorded: Recorded, pick: Pick) -> str:
    """What lies above its limit, as p95 or, where there is no histogram, as the mean; with enough traffic."""
    known = {type(pick(server)) for server in models.servers}
    limit, found = names.limit(recorded.quantity), []
    if Duration in known:
        found.append(slow(recorded.p95, recorded.slow_share, limit, PER_MODEL, names.SERVICE))
    if Mean in known:
        found.append(above(recorded.mean, limit))
    both = found[0] if len(found) == 1 else f"({' or '.join(found)})"
    return f"{both} {enough(recorded.count)}"


def above(series: str, limit: str) -> str:
    """The series of any model above its service's limit, with the team."""
    return f"({series} > on (service) group_left (team) {limit})"


def enough(rate: str, least: str = "min_requests", by: str = PER_MODEL) -> str:
    """Enough of them in the window for a statistic to mean something."""
    return f"and on ({by}) ({window_count(rate)} >= on (service) group_left () {names.limit(least)})"


def limit_on(service: Service, quantity: str) -> Limit | None:
    """The service's own limit on a quantity such as `llm.error_ratio`; None where it declares no such thing."""
    return dict(service.model_limits).get(quantity)


def declaring(stack: Stack, section: str) -> Models:
    """The services whose spec has this section, `inference` or `llm`."""
    return Models(s for s in stack.services if any(q.startswith(f"{section}.") for q, _ in s.model_limits))


def limit_series(stack: Stack, quantity: str) -> Iterator[RecordingRule]:
    """`service:<quantity>:limit` for each service that has one, with its team: one rule for each value."""
    values: defaultdict[float, list[str]] = defaultdict(list)
    free = []
    for service in stack.services:
        limit = limit_on(service, quantity)
        if limit is None:
            free.append(service.name)
        else:
            values[limit.value].append(service.name)
    common = defaults.MODEL_LIMITS.get(quantity)
    for value, members in sorted(values.items()):
        if common is not None and value == common.value and len(members) > len(stack.services) / 2:
            others = [s.name for s in stack.services if s.name not in members]
            matcher = none_of(names.SERVICE, others)
        else:
            matcher = one_of(names.SERVICE, members)
        expr = f"group by (service, team) ({select(names.SERVICE_INFO, matcher)}) * {number(value)}"
        yield RecordingRule(names.limit(quantity), expr)


def in_force(stack: Stack, *quantities: str) -> Iterator[tuple[str, Limit]]:
    """The limits of a rule, each value once; which service it is that wrote it, `explain` says."""
    for quantity in quantities:
        found = {limit.value: limit for s in reversed(stack.services) if (limit := limit_on(s, quantity))}
        for value, limit in sorted(found.items()):
            yield quantity, Limit(value, re.sub(r"^services\[\d+\]", "services[]", limit.origin))


def limit_in_force(notation: Notation, quantity: str) -> str:
    """A template for the limit of the alert's own service."""
    return limit_of(notation, select(names.limit(quantity)), None)
