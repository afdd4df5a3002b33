"""What telemetry is told from outside: OpenTelemetry's own environment variables, and LOG_LEVEL."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from .names import LOGS, TRACES

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}
UNKNOWN = "unknown_service"
NO_LINES = frozenset({"/metrics", "/healthz", "/readyz"})


@dataclass(frozen=True, slots=True)
class TelemetrySettings:
    """What is sent, and where.

    service: its name, the `service` of every line. attributes: of the resource, beside service.name.
    traces, logs: the URLs that take them (OTLP over HTTP, protobuf); "" sends none.
    headers: sent with each request to the collector. ca_file: certificates to trust; "" for the system's.
    level: the lowest level of `logging` that is written. Requests of the paths in `exclude` make no line and no span.
    """

    service: str = UNKNOWN
    attributes: Mapping[str, str] = field(default_factory=dict)
    traces: str = ""
    logs: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca_file: str = ""
    compress: bool = False
    level: int = logging.INFO
    exclude: frozenset[str] = NO_LINES

    @property
    def resource(self) -> dict[str, str]:
        """The attributes of everything that is sent. An instance is one process, unless its name is set."""
        instance = {"service.instance.id": f"{socket.gethostname()}:{os.getpid()}"}
        return {"service.name": self.service, **instance, **self.attributes, "telemetry.sdk.language": "python"}

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> TelemetrySettings:
        """From the environment; without OTEL_EXPORTER_OTLP_ENDPOINT nothing is sent.

        OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_EXPORTER_OTLP_ENDPOINT (…_TRACES_ENDPOINT, …_LOGS_ENDPOINT),
        OTEL_EXPORTER_OTLP_HEADERS, …_CERTIFICATE, …_COMPRESSION (gzip), OTEL_TRACES_EXPORTER and OTEL_LOGS_EXPORTER
        (none), OTEL_SDK_DISABLED (true), LOG_LEVEL. Raises ValueError that names the variable which is wrong.
        """
        attributes = _pairs(environment, "OTEL_RESOURCE_ATTRIBUTES")
        named = attributes.pop("service.name", "")
        _one_of(environment, "OTEL_EXPORTER_OTLP_PROTOCOL", ("http/protobuf",))
        return cls(
            service=environment.get("OTEL_SERVICE_NAME") or named or UNKNOWN,
            attributes=attributes,
            traces=_url(environment, TRACES),
            logs=_url(environment, LOGS),
            headers=_pairs(environment, "OTEL_EXPORTER_OTLP_HEADERS"),
            ca_file=environment.get("OTEL_EXPORTER_OTLP_CERTIFICATE", ""),
            compress=_one_of(environment, "OTEL_EXPORTER_OTLP_COMPRESSION", ("none", "gzip")) == "gzip",
            level=LEVELS[_one_of(environment, "LOG_LEVEL", tuple(LEVELS)) or "info"],
        )


def _url(environment: Mapping[str, str], signal: str) -> str:
    exporter = _one_of(environment, f"OTEL_{signal.upper()}_EXPORTER", ("otlp", "none"))
    if exporter == "none" or environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return ""
    if own := environment.get(f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT", "").strip():
        return own
    base = environment.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()
    return f"{base.rstrip('/')}/v1/{signal}" if base else ""


def _pairs(environment: Mapping[str, str], variable: str) -> dict[str, str]:
    """`a=b,c=d` with values as in a URL."""
    found = {}
    for pair in filter(None, (part.strip() for part in environment.get(variable, "").split(","))):
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise ValueError(f"{variable} must be like name=value,name=value")
        found[name.strip()] = unquote(value.strip())
    return found


def _one_of(environment: Mapping[str, str], variable: str, known: tuple[str, ...]) -> str:
    value = environment.get(variable, "").strip().lower()
    if value and value not in known:
        raise ValueError(f"{variable} must be {' or '.join(known)}, not {value!r}")
    return value
