"""Where logs and traces come from: services by OTLP, containers by the engine, programs by the files they write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from generator.builders.collector.places import STORAGE, listen
from generator.model import Component, Stack

SPEAKS_OTLP = frozenset({Component.ML_API, Component.SHOP})
"""They send their lines themselves."""
_TIME = (
    r"(?:^|[ ,{\"])(?:ts|t|time|timestamp)\"?[=:] ?\"?"
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))"
)
"""The time in a line of logfmt or JSON."""


def read(stack: Stack) -> tuple[Component, ...]:
    """The components whose lines are fetched. Never the collector's own: each would be the cause of the next."""
    if not stack.logs:
        return ()
    return tuple(c for c in stack.components if c not in SPEAKS_OTLP and c is not Component.COLLECTOR)


def receivers(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    protocols: dict[str, dict[str, Any]] = {
        protocol: {"endpoint": listen(stack, f"otlp_{protocol}")} for protocol in ("grpc", "http")
    }
    protocols["grpc"]["max_recv_msg_size_mib"] = 16
    yield "otlp", {"protocols": protocols}
    if not read(stack):
        return
    if stack.target == "compose":
        yield "fluent_forward", {"endpoint": listen(stack, "fluent_forward")}
    else:
        yield from ((f"file_log/{component.value}", _file(component)) for component in read(stack))


def _file(component: Component) -> dict[str, Any]:
    """What a program prints, from where it was read last; after a rotation the older file is read to its end."""
    log = f"${{env:STACK_STATE}}/log/{component.value}.log"
    return {
        "include": [log, f"{log}.1"],
        "start_at": "beginning",
        "storage": STORAGE,
        "include_file_name": False,
        "max_log_size": "256KiB",
        "resource": {"service.name": component.value},
        "retry_on_failure": {"enabled": True, "max_elapsed_time": "0s"},
        "operators": [
            {
                "type": "regex_parser",
                "regex": _TIME.replace("$", "$$"),
                "on_error": "send_quiet",
                "timestamp": {
                    "parse_from": "attributes.time",
                    "layout_type": "gotime",
                    "layout": "2006-01-02T15:04:05.999999999Z07:00",
                },
            },
            {"type": "remove", "field": "attributes.time", "if": "attributes.time != nil"},
        ],
    }
