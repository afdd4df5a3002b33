"""What two fields of a spec must agree on: unique names, receivers that exist, ports that differ.

Works on plain data of any shape, before or despite schema errors, so that one run reports everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from generator import names, references_routing
from generator.addresses import parse_host, parse_target, parse_url
from generator.plain import Found, Path
from generator.plain import at as _at
from generator.plain import listed as _list
from generator.plain import mapped as _mapping
from generator.plain import near as _near
from generator.units import parse_duration, parse_percent

EMPTY = "empty-value"


def check(data: Any) -> Iterator[Found]:
    """Every disagreement in `data`, a spec as plain dicts and lists."""
    for each in _CHECKS:
        yield from each(data)


def _unique(data: Any) -> Iterator[Found]:
    lists: tuple[tuple[Path, str], ...] = (
        (("services",), "name"),
        (("databases",), "name"),
        (("probes",), "name"),
        (("alerting", "receivers"), "name"),
        (("alerting", "times"), "name"),
        (("exporters",), "name"),
        *(((("services", i, "routes"), "route")) for i in range(len(_list(data, "services")))),
    )
    for path, field in lists:
        seen: dict[str, int] = {}
        for index, item in enumerate(_list(data, *path)):
            name = _at(item, field)
            if not isinstance(name, str):
                continue
            if name in seen:
                yield Found(
                    "duplicate-name",
                    (*path, index, field),
                    f"{name[:60]!r} stands twice",
                    f"the first is number {seen[name] + 1} of the list; choose another name",
                )
            seen.setdefault(name, index)


def _disabled(data: Any) -> Iterator[Found]:
    for index, name in enumerate(_list(data, "alerting", "disable")):
        if isinstance(name, str) and name not in names.CATALOGUE:
            path: Path = ("alerting", "disable", index)
            yield Found("unknown-alert", path, f"no alert is named {name[:60]!r}", _near(name, names.CATALOGUE))


def _held(data: Any) -> Iterator[Found]:
    places: list[Path] = [("alerting", "for")]
    places += [("services", i, "for") for i in range(len(_list(data, "services")))]
    for path in places:
        for name in _mapping(data, *path):
            if name not in names.CATALOGUE:
                yield Found(
                    "unknown-alert", (*path, name), f"no alert is named {name[:60]!r}", _near(name, names.CATALOGUE)
                )


def _reserved(data: Any) -> Iterator[Found]:
    places: list[Path] = [("hosts", "labels")]
    places += [("services", i, "labels") for i in range(len(_list(data, "services")))]
    for path in places:
        for label in _mapping(data, *path):
            if label in names.RESERVED_LABELS or label.startswith("__"):
                yield Found(
                    "reserved-label",
                    (*path, label),
                    f"the label {label[:60]!r} is set by the stack",
                    "choose another name",
                )
    for index, service in enumerate(_list(data, "services")):
        name = _at(service, "name")
        if isinstance(name, str) and name in names.RESERVED_JOBS:
            yield Found(
                "reserved-name",
                ("services", index, "name"),
                f"{name!r} names a job of the stack itself",
                "choose another name",
            )


def _ports(data: Any) -> Iterator[Found]:
    seen: dict[int, str] = {}
    for name, port in _mapping(data, "stack", "ports").items():
        if not isinstance(port, int) or isinstance(port, bool):
            continue
        if port in seen:
            yield Found(
                "port-conflict",
                ("stack", "ports", name),
                f"port {port} is already that of {seen[port]!r}",
                "give each its own port",
            )
        seen.setdefault(port, name)


def _sources(data: Any) -> Iterator[Found]:
    for index, service in enumerate(_list(data, "services")):
        if not isinstance(service, dict):
            continue
        path: Path = ("services", index)
        given = [k for k in ("targets", "file_sd", "dns", "docker") if service.get(k) not in (None, [])]
        if service.get("push") is True:
            if service.get("kind") not in ("opentelemetry", None):
                yield Found(
                    "push",
                    (*path, "push"),
                    "only a service of kind opentelemetry can push",
                    "remove `push`, or set kind: opentelemetry",
                )
            if given:
                yield Found("push", (*path, "push"), f"a service that pushes has no {given[0]}", "keep one of the two")
        elif not given:
            yield Found(
                "no-targets",
                path,
                "the service has no targets",
                "write `targets: [host:port]`, or one of file_sd, dns, docker",
            )


def _custom(data: Any) -> Iterator[Found]:
    for index, service in enumerate(_list(data, "services")):
        path: Path = ("services", index)
        kind, metrics = _at(service, "kind"), _at(service, "metrics")
        if kind == "custom" and metrics is None:
            yield Found(
                "custom",
                path,
                "kind custom needs to know your metrics",
                "write `metrics: {requests: {name: …, status: …}, duration: {name: …}}`",
            )
        elif kind != "custom" and isinstance(kind, str) and metrics is not None:
            yield Found(
                "custom",
                (*path, "metrics"),
                f"kind {kind[:40]!r} has its own metrics",
                "remove `metrics`, or set kind: custom",
            )


def _levels(data: Any) -> Iterator[Found]:
    for name, levels in _mapping(data, "thresholds").items():
        if isinstance(levels, dict) and {"warning", "critical"} <= levels.keys():
            try:
                low, high = (_level(name, levels[severity]) for severity in ("warning", "critical"))
            except ValueError:
                continue
            if low >= high:
                yield Found(
                    "levels",
                    ("thresholds", name, "critical"),
                    f"critical {levels['critical']} is not above warning {levels['warning']}",
                    "raise critical or lower warning",
                )


def _level(name: str, value: Any) -> float:
    if name != "gpu_temperature":
        return parse_percent(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(value)
    return float(value)


def _intervals(data: Any) -> Iterator[Found]:
    stack = _mapping(data, "stack")
    places: list[tuple[Path, Any, Any]] = [
        (("stack",), stack.get("scrape_interval", "15s"), stack.get("scrape_timeout"))
    ]
    for index, service in enumerate(_list(data, "services")):
        if isinstance(service, dict):
            interval = service.get("scrape_interval", stack.get("scrape_interval", "15s"))
            places.append((("services", index), interval, service.get("scrape_timeout")))
    for path, interval, timeout in places:
        try:
            late = timeout is not None and parse_duration(timeout) > parse_duration(interval)
        except ValueError:
            continue
        if late:
            yield Found(
                "scrape-timeout",
                (*path, "scrape_timeout"),
                f"{timeout} is longer than the interval {interval}",
                "lower the time-out or raise the interval",
            )


def _targets_once(data: Any) -> Iterator[Found]:
    seen: dict[str, str] = {}
    for index, service in enumerate(_list(data, "services")):
        for number, target in enumerate(_list(service, "targets")):
            path = f"{target}{_at(service, 'metrics_path') or ''}"
            if not isinstance(target, str):
                continue
            if path in seen:
                yield Found(
                    "target-twice",
                    ("services", index, "targets", number),
                    f"{target[:60]} is already scraped as {seen[path]!r}",
                    "scrape a target once, or its requests count twice",
                )
            seen.setdefault(path, str(_at(service, "name")))


def _dns(data: Any) -> Iterator[Found]:
    for index, service in enumerate(_list(data, "services")):
        dns = _mapping(service, "dns")
        if dns.get("type") in ("A", "AAAA", "MX", "NS") and dns.get("port") is None:
            yield Found(
                "dns-port",
                ("services", index, "dns", "type"),
                f"{dns['type']} records tell no port",
                "write `port: 8000` beside it, or use SRV records",
            )


_PROBED = {"http": parse_url, "tcp": parse_target, "icmp": parse_host}


def _probes(data: Any) -> Iterator[Found]:
    for index, probe in enumerate(_list(data, "probes")):
        kind, target = _at(probe, "kind"), _at(probe, "target")
        if not isinstance(kind, str) or kind not in _PROBED or not isinstance(target, str):
            continue
        try:
            _PROBED[kind](target)
        except ValueError as error:
            wrong, _, right = str(error).partition("; ")
            yield Found("probe-target", ("probes", index, "target"), f"for kind {kind}, {wrong}", right)


def _database_limits(data: Any) -> Iterator[Found]:
    """A limit of what another kind of database does would never be asked."""
    for index, database in enumerate(_list(data, "databases")):
        kind = _at(database, "kind")
        if not isinstance(kind, str) or kind not in names.DATABASE_QUANTITIES:
            continue
        own = names.DATABASE_QUANTITIES[kind]
        others = {q for quantities in names.DATABASE_QUANTITIES.values() for q in quantities} - {*own}
        for quantity in _mapping(database, "thresholds"):
            if quantity in others:
                yield Found(
                    "database-limit",
                    ("databases", index, "thresholds", quantity),
                    f"a database of kind {kind} has no {quantity}",
                    f"remove it; it has {', '.join(own)}",
                )


def _empty(data: Any, path: Path = ()) -> Iterator[Found]:
    """A key without a value: whoever left it so meant something, and it is not the default."""
    if isinstance(data, dict | list):
        for step, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from _empty(value, (*path, step))
    elif data is None and path:
        yield Found(EMPTY, path, "is empty", "write a value, or remove the key for the default")


_CHECKS: tuple[Callable[[Any], Iterator[Found]], ...] = (
    _unique,
    references_routing.receivers,
    references_routing.receiver_kinds,
    references_routing.times,
    references_routing.named_times,
    _disabled,
    _held,
    _reserved,
    _ports,
    _sources,
    _custom,
    _levels,
    _intervals,
    _targets_once,
    _dns,
    _probes,
    _database_limits,
    references_routing.exporter_kinds,
    references_routing.secret_files,
    _empty,
)
