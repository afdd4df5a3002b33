"""A first spec, and the entry of a service as its live /metrics page suggests it. Text in, text out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from generator.profiles import PROFILES, Profile
from generator.render import plain_yaml
from generator.units import MAX_DURATION, bound

HEADER = """\
# yaml-language-server: $schema=./spec.schema.json
# The one file that you edit. `make generate` renders everything else from it; docs/spec-reference.md lists every field.
"""
_NUMBER = re.compile(r"[0-9.]+(?:[eE][+-]?[0-9]+)?")
_VALUE = r"(?:[+-]?(?:[0-9.]+(?:[eE][+-]?[0-9]+)?|Inf)|NaN)"
_SAMPLE = re.compile(rf"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{{(.*)\}})? +{_VALUE}(?: |$)")
_TYPE = re.compile(r"# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) ")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')
_STATUS = ("status", "status_code", "code", "http_status", "http_status_code", "status_class")
_ROUTE = ("route", "handler", "path", "endpoint", "view", "http_route", "http_target", "url_rule")
_METHOD = ("method", "http_method", "verb")
_COUNTER = re.compile(r"(requests?|responses?|http).*_total$")
_TIMED = re.compile(r"(duration|latency|request|response)")
_NO_TIME = re.compile(r"(bytes|size|ratio|batch|tokens)(_|$)")
_MILLISECONDS = re.compile(r"_(ms|millis|milliseconds)$")
_SHORTEST = 0.000001  # what a spec can say; shorter bounds are no place for a limit
_NO_COUNTER = (
    "no counter of requests was recognized: name yours in metrics.requests"
    " (many libraries show it only after the first request: send one and look again)"
)
_OLD_NAMES = (
    "these are OpenTelemetry's names from before its HTTP conventions were stable:"
    " with OTEL_SEMCONV_STABILITY_OPT_IN=http the service has the kind opentelemetry"
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """The service entry for a /metrics page, and what could not be told from it."""

    service: dict[str, Any]
    notes: tuple[str, ...]


def first_spec(name: str, service: dict[str, Any]) -> str:
    """A whole spec with one service."""
    spec = {"version": 1, "stack": {"name": name}, "services": [service]}
    return HEADER + plain_yaml(spec)


def entry(service: dict[str, Any]) -> str:
    """The entry alone, as it belongs under `services:`."""
    return plain_yaml({"services": [service]})


def propose(page: str, target: str, name: str, path: str = "/metrics", scheme: str = "http") -> Proposal:
    """What a /metrics page says about the library that made it; raises ValueError when it is no such page."""
    metrics = _metrics(page.splitlines())
    if not any(seen.samples for seen in metrics.values()):
        raise ValueError("the page holds no metrics in Prometheus' text format")
    profile = _profile(metrics)
    found, notes = _known(profile, metrics) if profile else _custom(metrics)
    service: dict[str, Any] = {"name": name, "kind": found.pop("kind"), "targets": [target], **found}
    if scheme != "http":
        service["scheme"] = scheme
    if path != "/metrics":
        service["metrics_path"] = path
    return Proposal(service, notes)


@dataclass(slots=True)
class Seen:
    """What a page shows of one metric; no samples where it is only declared."""

    samples: int = 0
    labels: set[str] = field(default_factory=set)
    bounds: set[float] = field(default_factory=set)

    def add(self, labels: dict[str, str]) -> None:
        """One more sample."""
        self.samples += 1
        self.labels.update(labels)
        if _NUMBER.fullmatch(labels.get("le", "")):
            self.bounds.add(float(labels["le"]))


Metrics = dict[str, Seen]


def _metrics(lines: Iterable[str]) -> Metrics:
    """Every metric of the page by its name."""
    found: Metrics = {}
    for line in lines:
        if declared := _TYPE.match(line):
            found.setdefault(declared[1], Seen())
        elif match := _SAMPLE.match(line):
            found.setdefault(match[1], Seen()).add(dict(_LABEL.findall(match[2] or "")))
    return found


def _profile(metrics: Metrics) -> Profile | None:
    """The library whose names are on the page; the most particular one if several are."""
    present = metrics.keys() | {n.removesuffix(s) for n in metrics for s in ("_bucket", "_count", "_sum")}
    matching = [p for p in PROFILES.values() if present & set(p.signature) and _labelled_as(p, metrics)]
    particular = sorted(matching, key=lambda p: (p.name == "fastapi", p.name))
    return particular[0] if particular else None


def _labelled_as(profile: Profile, metrics: Metrics) -> bool:
    """Whether the counters, as far as they have samples, carry the library's labels: names alone may be another's."""
    wanted = [(c.metric, label) for c in profile.requests for label in (c.method, c.status) if label]
    return all(label in metrics[metric].labels for metric, label in wanted if _sampled(metrics, metric))


def _sampled(metrics: Metrics, metric: str) -> bool:
    return metric in metrics and metrics[metric].samples > 0


def _known(profile: Profile, metrics: Metrics) -> tuple[dict[str, Any], tuple[str, ...]]:
    found: dict[str, Any] = {"kind": profile.name}
    bounds = next((b for d in profile.service_durations if (b := _bounds(metrics, d.metric))), ())
    if bounds and bounds != profile.service_durations[0].bounds:
        found["buckets"] = _written(bounds)
    return found, ()


def _bounds(metrics: Metrics, name: str) -> tuple[float, ...]:
    return tuple(sorted(metrics.get(f"{name}_bucket", Seen()).bounds))


def _written(bounds: Iterable[float]) -> list[str]:
    return [bound(each) for each in bounds if _SHORTEST <= each <= MAX_DURATION]


def _custom(metrics: Metrics) -> tuple[dict[str, Any], tuple[str, ...]]:
    histograms = [n.removesuffix("_bucket") for n in metrics if n.endswith("_bucket")]
    timed = sorted((n for n in histograms if _TIMED.search(n) and not _NO_TIME.search(n)), key=_usefulness(metrics))
    counters = [n for n in metrics if _COUNTER.search(n) and _sampled(metrics, n)]
    counters += [count for n in timed if _pick(metrics, count := f"{n}_count", _STATUS)]
    mapping: dict[str, Any] = {"requests": {"name": "your_requests_total"}}
    found: dict[str, Any] = {"kind": "custom", "metrics": mapping}
    notes = [] if counters else [_NO_COUNTER]
    if counters:
        mapping["requests"] = _labelled(metrics, min(counters, key=_usefulness(metrics)), status=True)
    if timed:
        mapping["duration"], buckets = _timed(metrics, timed[0])
        found |= {"buckets": buckets} if buckets else {}
    else:
        notes.append("no histogram of durations was recognized: latency cannot be measured without one")
    return found, (*notes, *([_OLD_NAMES] if "http_server_duration_milliseconds" in timed else []))


def _timed(metrics: Metrics, name: str) -> tuple[dict[str, str], list[str]]:
    """The mapping of a histogram, and its bounds."""
    mapping = {**_labelled(metrics, f"{name}_bucket", status=False), "name": name}
    if not _MILLISECONDS.search(name):
        return mapping, _written(_bounds(metrics, name))
    return {**mapping, "unit": "milliseconds"}, _written(bound / 1000 for bound in _bounds(metrics, name))


def _usefulness(metrics: Metrics) -> Callable[[str], tuple[bool, bool, int, str]]:
    """Metrics with a status come first, then those with a route, then short names."""

    def key(name: str) -> tuple[bool, bool, int, str]:
        shown = name if name in metrics else f"{name}_bucket"
        return _pick(metrics, shown, _STATUS) is None, _pick(metrics, shown, _ROUTE) is None, len(name), name

    return key


def _labelled(metrics: Metrics, name: str, *, status: bool) -> dict[str, str]:
    wanted = [("route", _ROUTE), ("method", _METHOD), *([("status", _STATUS)] if status else [])]
    found = {part: label for part, choices in wanted if (label := _pick(metrics, name, choices))}
    return {"name": name, **found}


def _pick(metrics: Metrics, name: str, choices: tuple[str, ...]) -> str | None:
    present = metrics.get(name, Seen()).labels
    return next((choice for choice in choices if choice in present), None)
