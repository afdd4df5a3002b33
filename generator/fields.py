"""The types of single fields of a spec: text in, checked value out, with what would be right in every message."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, ip_network
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from generator import times, units
from generator.addresses import parse_target, parse_url


class Part(BaseModel):
    """Unknown keys are errors everywhere."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def text(pattern: str, meaning: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"{value[:60]!r} is not allowed; write {meaning}")
        return value

    return AfterValidator(check)


def _parsed(parse: Any, pattern: str, example: str) -> tuple[BeforeValidator, WithJsonSchema]:
    return BeforeValidator(parse), WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


def _values(value: Any) -> tuple[str, ...]:
    """One label value, or a list of them."""
    found = value if isinstance(value, list) else [value]
    for each in found:
        if not isinstance(each, str):
            quoted = " (quote it)" if isinstance(each, int | float) else ""
            shown = str(each).lower() if isinstance(each, bool) else str(each)[:60]
            raise ValueError(f"{shown} is not text; write text{quoted}, or a list of texts")
        if not re.fullmatch(_LABEL_VALUE, each):
            raise ValueError(f"{each[:60]!r} is not allowed; write {_LABEL_VALUE_WORDS}")
    if not found:
        raise ValueError("the list is empty; list at least one value")
    return tuple(found)


_LABEL_VALUE = r"[^\x00-\x1f\x7f\x85\u2028\u2029]{1,128}"
_LABEL_VALUE_WORDS = "1 to 128 characters in one line"
_DURATION_PATTERN = r"^([0-9]+(\.[0-9]+)?(ms|[smhdwy]))+$"
Percent = Annotated[float, *_parsed(units.parse_percent, r"^[0-9]+(\.[0-9]+)? ?%$", "1%")]
Share = Annotated[float, *_parsed(units.parse_share, r"^[0-9]+(\.[0-9]+)? ?%$", "5%")]
Objective = Annotated[float, *_parsed(units.parse_objective, r"^[0-9]+(\.[0-9]+)? ?%$", "99.9%")]
Period = Annotated[float, *_parsed(units.parse_period, _DURATION_PATTERN, "30d")]
Duration = Annotated[float, *_parsed(units.parse_duration, _DURATION_PATTERN, "800ms")]
Factor = Annotated[float, Field(gt=1, le=1000)]
Bound = Annotated[float, *_parsed(units.parse_bound, _DURATION_PATTERN, "2.5ms")]
Delay = Annotated[float, *_parsed(units.parse_delay, _DURATION_PATTERN, "5m")]
Clock = Annotated[int, *_parsed(times.parse_clock, r"^[0-9]{1,2}:[0-9]{2}$", "09:00")]
Weekdays = Annotated[tuple[int, ...], *_parsed(times.parse_weekdays, r"^[A-Za-z]+(-[A-Za-z]+)?$", "mon-fri")]
Size = Annotated[str, *_parsed(units.parse_size, r"^[0-9]+(B|KB|MB|GB|TB|PB)$", "20GB")]
Port = Annotated[int, Field(ge=1, le=65535)]
Name = Annotated[str, text(r"[a-z][a-z0-9_-]{0,62}", "lower-case letters, digits, - and _, a letter first, up to 63")]
LabelName = Annotated[str, text(r"[a-zA-Z_][a-zA-Z0-9_]{0,62}", "letters, digits and _, no digit first")]
LabelValue = Annotated[str, text(_LABEL_VALUE, _LABEL_VALUE_WORDS)]
LabelValues = Annotated[
    tuple[str, ...],
    BeforeValidator(_values),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
MetricName = Annotated[
    str, text(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,199}", "a metric name: letters, digits, _ and :, no digit first")
]
Word = Annotated[str, text(r"[\w.-]{1,63}", "letters, digits, _, . and -, up to 63")]
RoutePattern = Annotated[str, text(r"[^\x00-\x1f\x7f\x85\u2028\u2029]{1,200}", "1 to 200 characters in one line")]


def _listen(value: str) -> str:
    octets = value.split(".")
    if len(octets) != 4 or not all(o.isdigit() and len(o) <= 3 and int(o) <= 255 for o in octets):
        raise ValueError(f"{value[:60]!r} is no IPv4 address; write 127.0.0.1, 0.0.0.0 or one of this host's own")
    return value


def _subnet(value: str) -> str:
    try:
        network = ip_network(value)
    except ValueError:
        network = None
    if not isinstance(network, IPv4Network) or not 8 <= network.prefixlen <= 28 or not network.is_private:
        raise ValueError(f"{value[:60]!r} is no private IPv4 network; write one such as 172.30.77.0/24")
    return value


def _timezone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError(f"{value[:60]!r} is no time zone; write one such as Asia/Seoul, Europe/Berlin or UTC")
    return value


Target = Annotated[str, AfterValidator(parse_target)]
HttpUrl = Annotated[str, AfterValidator(parse_url)]
Listen = Annotated[str, AfterValidator(_listen)]
Subnet = Annotated[str, AfterValidator(_subnet)]
Timezone = Annotated[str, AfterValidator(_timezone)]
FilePath = Annotated[
    str,
    text(
        r"(?=.{2,255}\Z)(/(?!\.{1,2}(/|\Z))[A-Za-z0-9_.-]+)+",
        "an absolute path such as /run/secrets/slack_url (letters, digits, _ . - /)",
    ),
]
EnvName = Annotated[str, text(r"[A-Za-z_][A-Za-z0-9_]{0,99}", "the name of an environment variable")]
Team = Annotated[LabelValue | None, Field(description="who is responsible, if not `stack.team`")]
SecretFile = Annotated[
    FilePath | None,
    Field(description="a file that holds the secret; /run/secrets/NAME is the project's secrets/NAME"),
]
SecretEnv = Annotated[EnvName | None, Field(description="or the environment variable that holds it")]
Image = Annotated[
    str,
    text(
        r"[a-z0-9]+([._/:-][a-zA-Z0-9_]+)*:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(@sha256:[0-9a-f]{64})?",
        "an image with its tag, such as prom/prometheus:v3.14.0",
    ),
]
DiscoveryFile = Annotated[
    str,
    text(
        r"(?!.*(^|/)\.\.?/)[A-Za-z0-9_][A-Za-z0-9_./*-]{0,200}\.(json|ya?ml)",
        "a .yml or .json path below prometheus/, such as targets/*.yml",
    ),
]
DockerHost = Annotated[
    str, text(r"(unix:///[A-Za-z0-9_./-]+|tcp://[A-Za-z0-9_.:-]+)", "unix:///path or tcp://host:port")
]
