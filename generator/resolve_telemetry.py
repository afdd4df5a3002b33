"""Logs and traces with every default filled in. Pure."""

from __future__ import annotations

from generator import defaults
from generator.fields import Part
from generator.model import Limit, Logs, Traces
from generator.model_alerting import Exporter, Secret
from generator.spec_telemetry import ExporterSpec, KeepSpec, LogsSection, LogThresholds, TracesSection

SECRETS = "/run/secrets/"


def logs(typed: LogsSection | None, limits: LogThresholds | None) -> Logs | None:
    """None where they are off."""
    if typed and typed.off:
        return None
    typed = typed or LogsSection()
    repeated = limits.repeated_exceptions if limits else None
    return Logs(
        level=typed.level or defaults.LOG_LEVEL,
        redact=tuple(sorted(set(typed.redact or ()))),
        repeated_exceptions=Limit(repeated, "thresholds.repeated_exceptions") if repeated else defaults.REPEATED,
        key="logs",
    )


def traces(typed: TracesSection | None) -> Traces | None:
    """None where they are off."""
    if typed and typed.off:
        return None
    keep = (typed and typed.keep) or KeepSpec()
    return Traces(
        errors=defaults.KEEP_ERRORS if keep.errors is None else keep.errors,
        slower_than=keep.slower_than or defaults.KEEP_SLOWER_THAN,
        others=defaults.KEEP_OTHERS if keep.others is None else keep.others,
        key="traces",
    )


def exporters(typed: list[ExporterSpec] | None) -> tuple[Exporter, ...]:
    """By name; of each kind, which header says in which words who sends."""
    return tuple(sorted((_exporter(e, f"exporters[{i}]") for i, e in enumerate(typed or ())), key=lambda e: e.name))


def _exporter(typed: ExporterSpec, key: str) -> Exporter:
    signals = tuple(sorted(set(typed.signals or ("logs", "traces"))))
    if (to := typed.otlp) is not None:
        secret = _secret(to, "secret", typed.name, f"{key}.otlp")
        return Exporter(typed.name, "otlp", to.endpoint, to.header or "Authorization", secret, signals)
    if (sentry := typed.sentry) is not None:
        secret = _secret(sentry, "public_key", typed.name, f"{key}.sentry")
        return Exporter(typed.name, "sentry", sentry.endpoint, "X-Sentry-Auth", secret, signals)
    if (elastic := typed.elasticsearch) is not None:
        secret = _secret(elastic, "api_key", typed.name, f"{key}.elasticsearch")
        return Exporter(typed.name, "elasticsearch", elastic.endpoint, "Authorization", secret, signals)
    if (datadog := typed.datadog) is not None:
        secret = _secret(datadog, "api_key", typed.name, f"{key}.datadog")
        return Exporter(typed.name, "datadog", datadog.site or defaults.DATADOG_SITE, "", secret, signals)
    raise ValueError(f"{key} without a kind passed the loader")


def _secret(part: Part, field: str, owner: str, key: str) -> Secret | None:
    """From a variable, from a file of the project below /run/secrets, or from any other file."""
    path, env = getattr(part, f"{field}_file"), getattr(part, f"{field}_env")
    if not (path or env):
        return None
    name = f"exporter_{owner}_{field}"
    source = f"secrets/{path.removeprefix(SECRETS)}" if path and path.startswith(SECRETS) else path or ""
    return Secret(name, f"{SECRETS}{name}", source, env, f"{key}.{field}_{'env' if env else 'file'}", copied=True)
