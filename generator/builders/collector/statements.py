"""What the collector changes in logs, traces and the metrics of spans: names, labels, and no secrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from generator import names
from generator.builders.collector.ottl import all_masked, holds, literal, masked, plain, put, without
from generator.builders.collector.secrets import DIGITS, Pattern, keys, patterns
from generator.model import Stack

LEVELS = ("debug", "info", "warning", "error", "critical")
_NUMBERS = {"debug": 5, "info": 9, "warning": 13, "error": 17, "critical": 21}
_WORDS = {
    "debug": "trace|debug",
    "warning": "warn|warning",
    "error": "err|error",
    "critical": "fatal|panic|crit|critical|alert|emerg",
}
# level=info and "level":"info"; LOG: and [ERROR]; E1121 of klog.
_NAMED_LEVEL = r"(?i)(?:\blevel=\"?|\blvl=\"?|\"level\":\s*\"|\"severity\":\s*\")(?P<level>[a-z]+)"
_WRITTEN_LEVEL = r"(?:^|[\s\[])(?P<level>(?i:debug|warn|warning|error|fatal|panic|critical))(?:\]|:)"
_KLOG_LEVEL = r"^(?P<level>[WEF])[0-9]{4} "
_KLOG = {"W": "warning", "E": "error", "F": "critical"}
TAG = "fluent.tag"
KEPT_OF_SENDERS = ("service.version", "service.instance.id")
LOW, FOUND = 'log.cache["low"]', 'log.cache["level"]'


def logs(stack: Stack, read: tuple[str, ...]) -> dict[str, Any]:
    """The processor of all lines; `read` are the containers whose lines the engine hands over."""
    made: list[dict[str, Any]] = [{"context": "resource", "statements": [*_log_resource(stack)]}]
    if read:
        tagged = f'log.attributes["{TAG}"] != nil'
        made.append({"context": "log", "conditions": [tagged], "statements": [*_container(read)]})
    made.append({"context": "log", "statements": [*_owner()]})
    made.append({"context": "log", "conditions": ["log.severity_number == 0"], "statements": [*_severity()]})
    made.append({"context": "log", "statements": [*_level(), *_log_secrets(stack)]})
    return {"error_mode": "ignore", "log_statements": made}


def _log_resource(stack: Stack) -> Iterator[str]:
    """Labels come from the resource; what else a sender says of itself would be repeated on every line."""
    env, name = (f'resource.attributes["{key}"]' for key in ("deployment.environment.name", "service.name"))
    for label in (names.SERVICE, "app"):
        yield put(f'resource.attributes["{label}"]', name, f"{name} != nil")
    yield put(f'resource.attributes["{names.ENV}"]', literal(stack.environment))
    yield put(f'resource.attributes["{names.ENV}"]', env, f"{env} != nil")
    kept = (names.SERVICE, "app", names.ENV, *KEPT_OF_SENDERS)
    yield f"keep_keys(resource.attributes, [{', '.join(literal(key) for key in kept)}])"
    for pattern in patterns(_own(stack)):
        yield all_masked("resource.attributes", pattern.regex, pattern.mask)


def _container(read: tuple[str, ...]) -> Iterator[str]:
    """A container's line says by its tag whose it is; a tag that the stack did not give becomes no label."""
    tag, service = f'log.attributes["{TAG}"]', f'log.attributes["{names.SERVICE}"]'
    yield put(service, literal("unknown"))
    yield put(service, tag, f"IsMatch({tag}, {literal('^(?:' + '|'.join(read) + ')$')})")
    yield put('log.attributes["app"]', service)
    yield put('log.attributes["log.iostream"]', 'log.attributes["source"]', 'log.attributes["source"] != nil')
    for key in (TAG, "container_id", "container_name", "source"):
        yield f'delete_key(log.attributes, "{key}")'


def _owner() -> Iterator[str]:
    """One owner for each line: the resource's, or else the line's own."""
    owned = f'resource.attributes["{names.SERVICE}"] != nil'
    for label in (names.SERVICE, "app"):
        yield f'delete_key(log.attributes, "{label}") where {owned}'
        attribute = f'log.attributes["{label}"]'
        yield put(
            attribute, literal("unknown"), f'resource.attributes["{names.SERVICE}"] == nil', f"{attribute} == nil"
        )


def _severity() -> Iterator[str]:
    """The severity of a line that only says it in words; without any it is information."""
    yield put(FOUND, "ToLowerCase(log.severity_text)", 'log.severity_text != ""')
    for number, pattern in enumerate((_NAMED_LEVEL, _WRITTEN_LEVEL, _KLOG_LEVEL)):
        cache = f'log.cache["{number}"]'
        extracted = f"ExtractPatterns(log.body.string, {literal(pattern)})"
        yield put(cache, extracted, f"{FOUND} == nil", "IsString(log.body)")
        found = f'{cache}["level"]'
        lower = found if pattern is _KLOG_LEVEL else f"ToLowerCase({found})"
        yield put(FOUND, lower, f"{FOUND} == nil", f"{found} != nil")
    yield put(FOUND, '""', f"{FOUND} == nil")
    for letter, level in _KLOG.items():
        yield put(FOUND, literal(level), f"{FOUND} == {literal(letter)}")
    yield put("log.severity_number", str(_NUMBERS["info"]))
    for level, words in _WORDS.items():
        yield put("log.severity_number", str(_NUMBERS[level]), f'IsMatch({FOUND}, "^(?:{words})$$")')


def _level() -> Iterator[str]:
    """Severities are numbered in fours from 1; 1 to 4 are called trace."""
    yield put("log.severity_text", literal("debug"))
    for level in LEVELS[1:]:
        yield put("log.severity_text", literal(level), f"log.severity_number >= {_NUMBERS[level]}")
    yield put('log.attributes["level"]', "log.severity_text")


def _log_secrets(stack: Stack) -> Iterator[str]:
    """Body and attributes as text, then each secret in both. A line that holds no suspicious word costs little."""
    own = _own(stack)
    yield put("log.body", "String(log.body)", "not IsString(log.body)", "log.body != nil")
    yield "stringify_all(log.attributes)"
    yield put('log.cache["all"]', 'Concat([log.body.string, String(log.attributes)], " ")')
    yield put(LOW, 'ToLowerCase(log.cache["all"])')
    known: dict[tuple[str, ...], str] = {}
    for pattern in patterns(own):
        if pattern.words not in known:
            known[pattern.words] = f'log.cache["secret{len(known)}"]'
            yield put(known[pattern.words], "true", _suspicious(pattern))
        suspicious = f"{known[pattern.words]} == true"
        yield masked("log.body", pattern.regex, pattern.mask, suspicious)
        yield all_masked("log.attributes", pattern.regex, pattern.mask, suspicious)
    named = patterns(own)[0].words
    yield without("log.attributes", keys(own), f"{known[named]} == true")


def _suspicious(pattern: Pattern) -> str:
    return f"({holds(LOW, pattern.words)})" if pattern.words else f'IsMatch(log.cache["all"], {literal(DIGITS)})'


def traces(stack: Stack) -> dict[str, Any]:
    """The processor of all spans: low names, the stack's environment, no secret in what is no attribute."""
    env, older = (f'resource.attributes["deployment.environment{end}"]' for end in (".name", ""))
    resource = [
        put(env, older, f"{env} == nil", f"{older} != nil"),
        put(env, literal(stack.environment), f"{env} == nil"),
        without("resource.attributes", r"^(?:process\.|telemetry\.|os\.|deployment\.environment$)"),
    ]
    status = 'span.status.message != ""'
    texts = (("span.name", _NAME_GATE), ("span.status.message", status))
    http = " or ".join(f'span.attributes["{key}"] != nil' for key in ("http.request.method", "http.method"))
    # By method and route: a path as a name would make a series of each.
    span = [
        f'set_semconv_span_name("1.37.0") where {http}',
        *(each for text, gate in texts for each in _masks(stack, text, gate)),
    ]
    event = [*_masks(stack, "spanevent.name", _EVENT_GATE)]
    return {
        "error_mode": "ignore",
        "trace_statements": [
            {"context": "resource", "statements": resource},
            {"context": "span", "statements": span},
            {"context": "spanevent", "statements": event},
        ],
    }


# What no secret goes without, but names of spans mostly do.
_GATE = r"[=:?&@%]|[0-9]{4}|eyJ|[A-Za-z0-9_-]{20}|(?i:bearer|basic)"
_NAME_GATE, _EVENT_GATE = (f"IsMatch({text}, {literal(_GATE)})" for text in ("span.name", "spanevent.name"))


def _masks(stack: Stack, text: str, gate: str) -> Iterator[str]:
    for pattern in patterns(_own(stack)):
        yield masked(text, pattern.regex, pattern.mask, gate)


def attributes(stack: Stack) -> dict[str, Any]:
    """The processor that masks in attributes of every kind: of resources, scopes, spans and their events."""
    own = _own(stack)
    return {
        "allow_all_keys": True,
        "redact_all_types": True,
        "blocked_key_patterns": [plain(keys(own))],
        "blocked_values": [plain(pattern.regex) for pattern in patterns(own)],
        "summary": "silent",
    }


def _own(stack: Stack) -> tuple[str, ...]:
    return stack.logs.redact if stack.logs else ()


def span_metrics() -> dict[str, Any]:
    """The processor that gives metrics of spans the names which Tempo's own have, for these Grafana looks."""
    renamed: Iterable[tuple[str, str]] = (("traces.spanmetrics.duration", "traces.spanmetrics.latency"),)
    metric = [
        statement
        for old, new in renamed
        for statement in (
            put("metric.unit", literal(""), f"metric.name == {literal(old)}"),
            put("metric.name", literal(new), f"metric.name == {literal(old)}"),
        )
    ]
    service = 'datapoint.attributes["service.name"]'
    point = [
        put(f'datapoint.attributes["{names.SERVICE}"]', service, f"{service} != nil"),
        'delete_key(datapoint.attributes, "service.name")',
    ]
    return {
        "error_mode": "ignore",
        "metric_statements": [
            # From it Prometheus' exporter would make a label `job`, and the scrape one that is called exported_job.
            {"context": "resource", "statements": ["keep_keys(resource.attributes, [])"]},
            {"context": "metric", "statements": metric},
            {"context": "datapoint", "statements": point},
        ],
    }
