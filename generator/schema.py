"""The JSON Schema of the spec, for editors and for the reference, with every default in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, fields
from functools import cache
from typing import Any

from generator import defaults
from generator.model import GpuLimits, HostLimits, Levels, Limit, Limits
from generator.spec import StackSpec
from generator.units import duration, number, percent

SWITCHABLE = {"logs": "LogsSection", "traces": "TracesSection"}
"""Sections that can be `off`."""


@cache
def schema() -> dict[str, Any]:
    """Draft 2020-12. Where a part's field has a default, it is in the schema as a person would write it."""
    found = _tidy(StackSpec.model_json_schema(by_alias=True))
    for name, part in SWITCHABLE.items():
        del found["$defs"][part]["properties"]["off"]
        reference = {"$ref": found["properties"][name].pop("$ref")}
        found["properties"][name]["anyOf"] = [reference, {"enum": [False, "off"]}]
    for part, values in _defaults().items():
        properties = found["$defs"][part]["properties"]
        for name, value in values.items():
            properties[name]["default"] = _written(value, properties[name])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "spec.yaml", **found}


def _tidy(part: Any) -> Any:
    """Without the titles that repeat a field's name, and without the null that means `left out`."""
    if isinstance(part, list):
        return [_tidy(item) for item in part]
    if not isinstance(part, dict):
        return part
    made = {k: _tidy(v) for k, v in part.items() if not (k == "title" and isinstance(v, str))}
    if made.get("default", ...) is None:
        del made["default"]
    choices = made.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        rest = [c for c in choices if c != {"type": "null"}]
        del made["anyOf"]
        made = {**(rest[0] if len(rest) == 1 else {"anyOf": rest}), **made}
    return made


def _defaults() -> dict[str, dict[str, Any]]:
    return {
        "StackSection": {
            "environment": defaults.ENVIRONMENT,
            "team": defaults.TEAM,
            "locale": defaults.LOCALE,
            "timezone": defaults.TIMEZONE,
            "scrape_interval": defaults.SCRAPE_INTERVAL,
            "scrape_timeout": defaults.SCRAPE_TIMEOUT,
            "listen": defaults.LISTEN,
            "subnet": defaults.SUBNET,
        },
        "PortsSpec": asdict(defaults.PORTS),
        "RetentionSpec": asdict(defaults.RETENTION),
        "ImagesSpec": asdict(defaults.IMAGES),
        "ThresholdsSection": {
            **dict(_limits(defaults.LIMITS)),
            **dict(_limits(defaults.HOST_LIMITS)),
            **dict(_limits(defaults.GPU_LIMITS)),
            "database_connections": defaults.DATABASE_CONNECTIONS.value,
            **{quantity: limit.value for quantity, limit in defaults.DATABASE_LIMITS.items()},
            "certificate_days": defaults.CERTIFICATE_DAYS.value,
            "repeated_exceptions": defaults.REPEATED.value,
        },
        "InferenceSpec": _of_models("inference.", "cache_hit_ratio"),
        "LlmSpec": _of_models("llm."),
        "AlertingSection": {
            "group_wait": defaults.GROUP_WAIT,
            "group_interval": defaults.GROUP_INTERVAL,
            "repeat_interval": defaults.REPEAT_INTERVAL,
        },
        "LogsSection": {"level": defaults.LOG_LEVEL},
        "KeepSpec": {
            "errors": defaults.KEEP_ERRORS,
            "slower_than": defaults.KEEP_SLOWER_THAN,
            "others": defaults.KEEP_OTHERS,
        },
        "SloSpec": {"window": defaults.SLO_WINDOW},
        "FileDiscovery": {"refresh_interval": defaults.DISCOVERY_REFRESH},
        "DnsDiscovery": {"refresh_interval": defaults.DISCOVERY_REFRESH},
        "DockerDiscovery": {"refresh_interval": defaults.DISCOVERY_REFRESH, "host": defaults.DOCKER_HOST},
    }


def _of_models(*prefixes: str) -> dict[str, Any]:
    return {q.rpartition(".")[2]: limit.value for q, limit in defaults.MODEL_LIMITS.items() if q.startswith(prefixes)}


def _limits(limits: Limits | HostLimits | GpuLimits) -> Iterator[tuple[str, Any]]:
    for field in fields(limits):
        value: Limit | Levels = getattr(limits, field.name)
        if isinstance(value, Levels):
            shown = _plain if field.name == "gpu_temperature" else percent
            yield field.name, {"warning": shown(value.warning.value), "critical": shown(value.critical.value)}
        else:
            yield field.name, value.value


def _plain(value: float) -> float:
    return value


def _written(value: Any, field: dict[str, Any]) -> Any:
    """A default as it would stand in a spec: the field's own example tells its unit."""
    if not isinstance(value, float | int) or isinstance(value, bool):
        return value
    example = str(field.get("examples", [""])[0])
    if example.endswith("%"):
        return percent(value)
    if example:
        return duration(value)
    return float(number(value)) if field.get("type") == "number" else int(value)
