"""What commands and environments of the sample platform and its exporters say in every runtime."""

from __future__ import annotations

from urllib.parse import quote

from generator import names
from generator.model import Component, Stack
from generator.needs import older
from generator.targets import TARGETS
from generator.targets.base import public_url

POSTGRES_SETTINGS: tuple[tuple[str, str], ...] = (
    ("shared_preload_libraries", "pg_stat_statements"),
    ("track_io_timing", "on"),
    ("max_connections", "100"),
    ("shared_buffers", "64MB"),
)
VALKEY_SETTINGS: tuple[tuple[str, str], ...] = (
    ("save", ""),
    ("maxmemory", "64mb"),
    ("maxmemory-policy", "allkeys-lru"),
    ("protected-mode", "no"),  # only the stack's own network, or the listen address, leads here
)
POSTGRES_COLLECTORS: tuple[str, ...] = (
    "--collector.stat_statements",
    "--collector.stat_statements.limit=50",
    f"--collector.stat_statements.exclude_users={names.MONITOR_ROLE}",
    "--collector.long_running_transactions",
)
"""Texts of statements are left out: they are long, many, and may hold what nobody should see. So are the exporter's own
statements, which would make a quiet database look fast."""

# Neither every thread by name, nor maps of memory that only root may read.
PROCESS_FLAGS: tuple[str, ...] = ("--threads=false", "--gather-smaps=false")

_SHOWN = (Component.GRAFANA, Component.PROMETHEUS, Component.ALERTMANAGER, Component.ALERT_SINK)


def reach(stack: Stack, component: Component) -> str:
    """host:port of a component as the stack's other servers reach it."""
    return TARGETS[stack.target].address(component, stack.ports, stack.listen)


def alertmanager_flags(version: str) -> tuple[str, ...]:
    """What Alertmanager is started with besides: counters by receiver, which `alert-test` reads, where it has them."""
    return () if older(version, (0, 27)) else ("--enable-feature=receiver-name-in-metrics",)


def alertmanager_zone(stack: Stack) -> dict[str, str]:
    """Where Alertmanager finds the stack's time zone, below the folder of all configuration: the runtime puts it there,
    for few images and small machines have any. Its templates tell the time in the zone of TZ."""
    return {"TZ": f"{names.ALERTMANAGER_ZONES}/{stack.timezone}", "ZONEINFO": names.ALERTMANAGER_ZONES}


def ml_api_settings(stack: Stack) -> dict[str, str]:
    """The environment of the sample API: its cache, and what its demo page shows."""
    links = {f"DEMO_{c.name}_URL": public_url(stack, c) for c in _SHOWN if c in stack.components}
    more = {"DEMO_LOCALE": stack.locale.value}
    if Component.ALERT_SINK in stack.components:
        more["DEMO_ALERTS"] = f"http://{reach(stack, Component.ALERT_SINK)}/alerts"
    if stack.gpus.exporter == "simulated":
        more["DEMO_GPUS"] = f"http://{reach(stack, Component.GPU_EXPORTER)}"
    return _cache(stack) | links | more | telemetry(stack, Component.ML_API)


def shop_settings(stack: Stack) -> dict[str, str]:
    """The environment of the sample shop, but for the place of its password."""
    database = f"{names.SHOP_ROLE}@{reach(stack, Component.POSTGRES)}/{names.SHOP_DATABASE}"
    api = f"http://{reach(stack, Component.ML_API)}"
    made = {"DATABASE_URL": f"postgresql://{database}", "ML_API_URL": api, **_cache(stack)}
    return made | telemetry(stack, Component.SHOP)


def _cache(stack: Stack) -> dict[str, str]:
    here = Component.VALKEY in stack.components
    return {"CACHE_URL": f"redis://{reach(stack, Component.VALKEY)}/0"} if here else {}


def telemetry(stack: Stack, component: Component) -> dict[str, str]:
    """What tells a service of the sample platform where its spans and lines go, in the variables of OpenTelemetry's
    SDKs. It is called as the spec calls the service that is scraped there, so that all signals have one name."""
    if Component.COLLECTOR not in stack.components:
        return {}
    at = reach(stack, component)
    service = next((s.name for s in stack.services if at in s.targets), component.value)
    off = {"OTEL_TRACES_EXPORTER": stack.traces, "OTEL_LOGS_EXPORTER": stack.logs}
    return {
        "OTEL_SERVICE_NAME": service,
        "OTEL_RESOURCE_ATTRIBUTES": f"deployment.environment.name={quote(stack.environment)}",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{TARGETS[stack.target].more('otlp_http', stack.ports, stack.listen)}",
        **{name: "none" for name, section in off.items() if not section},
        **({"LOG_LEVEL": stack.logs.level} if stack.logs else {}),
    }


# What the collector may hold, in MiB: of its container; where Go begins to clear up in earnest; where data is refused,
# for the sender to try again, and how much less it is while memory grows fast.
COLLECTOR_MEMORY, COLLECTOR_GO, COLLECTOR_LIMIT, COLLECTOR_SPIKE = 256, 176, 208, 40


def collector_settings() -> dict[str, str]:
    return {"GOMEMLIMIT": f"{COLLECTOR_GO}MiB"}
