"""A first spec, and the entry of a service as its live /metrics page suggests it. Text in, text out."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from generator.profiles import PROFILES, Profile
from generator.render import plain_yaml
from generator.units import duration

HEADER = """\
# yaml-language-server: $schema=./spec.schema.json
# The one file that you edit. `make generate` renders everything else from it; docs/spec-reference.md lists every field.
"""
_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? +[^ ]+")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')
_STATUS = ("status", "status_code", "code", "http_status", "status_class")
_ROUTE = ("route", "handler", "path", "endpoint", "view", "http_route", "url_rule")
_METHOD = ("method", "http_method", "verb")


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


def propose(page: str, target: str, name: str, path: str = "/metrics") -> Proposal:
    """What a /metrics page says about the library that made it; raises ValueError when it is no such page."""
    metrics = _metrics(page.splitlines())
    if not metrics:
        raise ValueError("the page holds no metrics in Prometheus' text format")
    service: dict[str, Any] = {"name": name}
    notes: list[str] = []
    profile = _profile(set(metrics))
    if profile:
        service |= {"kind": profile.name, "targets": [target]}
        bounds = _bounds(metrics, [d.metric for d in profile.service_durations])
        if bounds and bounds != profile.service_durations[0].bounds:
            service["buckets"] = [duration(bound) for bound in bounds]
    else:
        mapping, notes = _custom(metrics)
        service |= {"kind": "custom", "targets": [target], "metrics": mapping}
        if "duration" in mapping and (bounds := _bounds(metrics, [mapping["duration"]["name"]])):
            service["buckets"] = [duration(bound) for bound in bounds]
    if path != "/metrics":
        service["metrics_path"] = path
    return Proposal(service, tuple(notes))


Metrics = dict[str, dict[str, set[str]]]


def _metrics(lines: Iterable[str]) -> Metrics:
    """Metric name -> label -> values."""
    found: Metrics = {}
    for line in lines:
        match = None if line.startswith("#") else _SAMPLE.match(line)
        if match:
            labels = found.setdefault(match[1], defaultdict(set))
            for label, value in _LABEL.findall(match[2] or ""):
                labels[label].add(value)
    return found


def _profile(metrics: set[str]) -> Profile | None:
    """The library whose names are on the page; the most particular one if several are."""
    present = metrics | {name.removesuffix(s) for name in metrics for s in ("_bucket", "_count", "_sum")}
    matching = [
        profile
        for profile in PROFILES.values()
        if any(name in present for name in profile.signature) and _counts(profile, metrics)
    ]
    particular = sorted(matching, key=lambda p: (p.name == "fastapi", p.name))
    return particular[0] if particular else None


def _counts(profile: Profile, metrics: set[str]) -> bool:
    return any(counter.metric in metrics for counter in profile.requests)


def _bounds(metrics: Metrics, names: list[str]) -> tuple[float, ...]:
    for name in names:
        values = metrics.get(f"{name}_bucket", {}).get("le", set())
        if values:
            return tuple(sorted(float(v) for v in values if v not in ("+Inf", "Inf")))
    return ()


def _custom(metrics: Metrics) -> tuple[dict[str, Any], list[str]]:
    counters = [n for n in metrics if re.search(r"(requests?|responses?|http).*_total$", n)]
    counters.sort(key=lambda n: (_pick(metrics[n], _STATUS) is None, len(n)))
    histograms = [n.removesuffix("_bucket") for n in metrics if n.endswith("_bucket")]
    histograms = sorted((n for n in histograms if re.search(r"(duration|latency|request)", n)), key=len)
    notes: list[str] = []
    mapping: dict[str, Any] = {}
    if counters:
        mapping["requests"] = _labelled(counters[0], metrics[counters[0]], status=True)
    else:
        mapping["requests"] = {"name": "your_requests_total"}
        notes.append("no counter of requests was recognized: name yours in metrics.requests")
    if histograms:
        mapping["duration"] = _labelled(histograms[0], metrics[f"{histograms[0]}_bucket"], status=False)
    else:
        notes.append("no histogram of durations was recognized: latency cannot be measured without one")
    return mapping, notes


def _labelled(name: str, labels: dict[str, set[str]], *, status: bool) -> dict[str, str]:
    wanted = [("route", _ROUTE), ("method", _METHOD), *([("status", _STATUS)] if status else [])]
    found = {part: label for part, choices in wanted if (label := _pick(labels, choices))}
    return {"name": name, **found}


def _pick(labels: dict[str, set[str]], choices: tuple[str, ...]) -> str | None:
    return next((choice for choice in choices if choice in labels), None)
