"""What receivers, times and routes of a spec must agree on. Part of `references.py`, and like it on plain data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from generator.plain import Found, Path, at, listed, near
from generator.times import clock, parse_clock

SECRETS = {
    "slack": "webhook_url",
    "pagerduty": "routing_key",
    "telegram": "bot_token",
    "teams": "webhook_url",
    "discord": "webhook_url",
    "opsgenie": "api_key",
    "webhook": "url",
}
EXPORTERS = {"otlp": "secret", "sentry": "public_key", "elasticsearch": "api_key", "datadog": "api_key"}
KINDS = ("slack", "email", "pagerduty", "telegram", "teams", "discord", "opsgenie", "webhook")


def receivers(data: Any) -> Iterator[Found]:
    """Each receiver that is named exists."""
    typed = listed(data, "alerting", "receivers")
    known = [n for r in typed if isinstance(n := at(r, "name"), str)] if typed else ["sink"]
    used: list[tuple[Path, Any]] = [(("alerting", "default"), at(data, "alerting", "default"))]
    for index, route in enumerate(listed(data, "alerting", "routes")):
        used.append((("alerting", "routes", index, "receiver"), at(route, "receiver")))
    for path, name in used:
        if isinstance(name, str) and name not in known:
            yield Found("unknown-receiver", path, f"no receiver is named {name[:60]!r}", near(name, known))


def receiver_kinds(data: Any) -> Iterator[Found]:
    """Each receiver goes somewhere, and each of its secrets has one source."""
    for index, receiver in enumerate(listed(data, "alerting", "receivers")):
        if not isinstance(receiver, dict):
            continue
        path: Path = ("alerting", "receivers", index)
        if not any(isinstance(receiver.get(kind), dict) for kind in KINDS):
            yield Found("empty-receiver", path, "the receiver goes nowhere", f"write one of {', '.join(KINDS)}")
        for kind, name in SECRETS.items():
            yield from _one_source((*path, kind), receiver.get(kind), name, plain=kind == "webhook")


def exporter_kinds(data: Any) -> Iterator[Found]:
    """Each exporter goes to one place, and its secret has one source; a server that takes OTLP may need none."""
    off = {signal for signal in ("logs", "traces") if at(data, signal) in (False, "off")}
    for index, exporter in enumerate(listed(data, "exporters")):
        path: Path = ("exporters", index)
        if off >= set(map(str, listed(exporter, "signals") or ("logs", "traces"))):
            hint = "remove the exporter, or switch on what it is for"
            yield Found("exporter-off", path, f"nothing is there to export: {' and '.join(sorted(off))} are off", hint)
        kinds = [kind for kind in EXPORTERS if isinstance(exporter, dict) and isinstance(exporter.get(kind), dict)]
        if isinstance(exporter, dict) and len(kinds) != 1:
            wrong = "goes nowhere" if not kinds else f"goes to {len(kinds)} places"
            yield Found("exporter-kind", path, f"the exporter {wrong}", f"write one of {', '.join(EXPORTERS)}")
        for kind in kinds:
            name, part = EXPORTERS[kind], exporter[kind]
            if kind != "otlp" or any(part.get(f"{name}_{end}") is not None for end in ("file", "env")):
                yield from _one_source((*path, kind), part, name, plain=False)


def _one_source(path: Path, part: Any, name: str, *, plain: bool) -> Iterator[Found]:
    if not isinstance(part, dict):
        return
    choices = [*([name] if plain else []), f"{name}_file", f"{name}_env"]
    given = [choice for choice in choices if part.get(choice) is not None]
    if len(given) != 1:
        wrong = "is missing" if not given else f"is given {len(given)} times"
        yield Found("secret-source", path, f"{name} {wrong}", f"write one of {', '.join(choices)}")


def times(data: Any) -> Iterator[Found]:
    """Each time says something, and begins and ends at different minutes."""
    for index, time in enumerate(listed(data, "alerting", "times")):
        if not isinstance(time, dict):
            continue
        path: Path = ("alerting", "times", index)
        begin, end = time.get("from"), time.get("to")
        if begin is None and end is None and time.get("weekdays") is None:
            yield Found("empty-time", path, "is every minute of the week", "write weekdays, or from and to, or all")
        elif (begin is None) != (end is None):
            missing = "from" if begin is None else "to"
            yield Found("half-a-time", path, f"`{missing}` is missing", f"write `{missing}:`, or remove the other")
        elif begin is not None:
            yield from _ends(path, begin, end)


def _ends(path: Path, begin: Any, end: Any) -> Iterator[Found]:
    try:
        first, last = parse_clock(begin), parse_clock(end)
    except ValueError:
        return
    if first % (24 * 60) == last % (24 * 60) and (first, last) != (0, 24 * 60):
        yield Found(
            "empty-time",
            (*path, "to"),
            f"{clock(last)} is also where it begins",
            "leave out from and to for the whole day; a range over midnight is written from: 22:00, to: 07:00",
        )


def named_times(data: Any) -> Iterator[Found]:
    """Each time that a route names exists."""
    known = [n for t in listed(data, "alerting", "times") if isinstance(n := at(t, "name"), str)]
    for index, route in enumerate(listed(data, "alerting", "routes")):
        for field in ("active", "mute"):
            for number, name in enumerate(listed(route, field)):
                if isinstance(name, str) and name not in known:
                    path: Path = ("alerting", "routes", index, field, number)
                    hint = near(name, known) if known else "write it at alerting.times: {name: …, weekdays: [mon-fri]}"
                    yield Found("unknown-time", path, f"no time is named {name[:60]!r}", hint)


def secret_files(data: Any) -> Iterator[Found]:
    """Servers find every secret by its file name in one folder."""
    seen: dict[str, str] = {}
    for place, path in _secret_files(data):
        name = path.rsplit("/", 1)[-1]
        if seen.setdefault(name, path) != path:
            yield Found(
                "secret-name",
                place,
                f"{seen[name][:60]} has the same file name, and secrets share one folder",
                "rename one of the two files",
            )


def _secret_files(data: Any) -> Iterator[tuple[Path, str]]:
    lists: tuple[Path, ...] = (("alerting", "receivers"), ("exporters",))
    for place in lists:
        for index, item in enumerate(listed(data, *place)):
            for kind, part in item.items() if isinstance(item, dict) else ():
                for field, path in part.items() if isinstance(part, dict) else ():
                    if field.endswith("_file") and isinstance(path, str):
                        yield (*place, index, kind, field), path
