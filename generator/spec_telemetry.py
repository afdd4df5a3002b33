"""What a person may type of logs and traces. Each section can be `off`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from generator.fields import Duration, HttpUrl, Name, Part, SecretEnv, SecretFile, Share, text


class Switchable(Part):
    """A section that the word `off` can stand for; YAML reads it as false."""

    off: Literal[True] | None = None

    @model_validator(mode="before")
    @classmethod
    def _switch(cls, value: Any) -> Any:
        if value is False or value == "off":
            return {"off": True}
        if isinstance(value, dict) and "off" in value:
            raise ValueError("`off` stands in place of the whole section, as in `logs: off` or `traces: off`")
        if value is True or value == "on":
            raise ValueError("it is on unless it is `off`; write `off`, its settings, or nothing at all")
        return value


class LogThresholds(Part):
    """Limits on what lines say, for the whole stack."""

    repeated_exceptions: Annotated[int, Field(ge=1)] | None = Field(
        None, description="RepeatedException: so many of one kind within 5 minutes"
    )


class LogsSection(Switchable):
    """Lines of the stack's services and containers, kept in Loki."""

    level: Literal["debug", "info", "warning", "error"] | None = Field(
        None, description="the least that the sample's services write"
    )
    redact: (
        list[Annotated[str, text(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", "a field's name such as authorization")]] | None
    ) = Field(None, description="names of fields whose values are masked, besides the usual ones")


class KeepSpec(Part):
    """Which traces are kept; metrics are computed from all of them, before."""

    errors: Share | None = Field(None, description="of the traces with an error")
    slower_than: Duration | None = Field(None, description="every trace that took longer is kept")
    others: Share | None = Field(None, description="of all others")


class TracesSection(Switchable):
    """Traces of the stack's services, kept in Tempo."""

    keep: KeepSpec | None = None


class OtlpExporter(Part):
    """Any server that takes OTLP over HTTP."""

    endpoint: HttpUrl = Field(description="without /v1/traces and /v1/logs, which are added")
    header: Annotated[str, text(r"[A-Za-z][A-Za-z0-9-]{0,63}", "a header such as X-Api-Key")] | None = Field(
        None, description="the header that carries the secret; Authorization if left out"
    )
    secret_file: SecretFile = None
    secret_env: SecretEnv = None


class SentryExporter(Part):
    """Both halves of a project's DSN, https://PUBLIC_KEY@HOST/PROJECT."""

    endpoint: HttpUrl = Field(description="https://HOST/api/PROJECT/integration/otlp")
    public_key_file: SecretFile = None
    public_key_env: SecretEnv = None


class ElasticsearchExporter(Part):
    """Elasticsearch from 9.2 on, or Elastic Cloud's OTLP endpoint."""

    endpoint: HttpUrl = Field(description="such as https://elastic.example.com:9200/_otlp")
    api_key_file: SecretFile = None
    api_key_env: SecretEnv = None


class DatadogExporter(Part):
    site: Annotated[str, text(r"[a-z0-9][a-z0-9.-]{1,100}\.[a-z]{2,10}", "a site such as datadoghq.eu")] | None = Field(
        None, description="datadoghq.com if left out"
    )
    api_key_file: SecretFile = None
    api_key_env: SecretEnv = None


class ExporterSpec(Part):
    """Where kept traces and all lines go besides: one of otlp, sentry, elasticsearch, datadog."""

    name: Name
    otlp: OtlpExporter | None = None
    sentry: SentryExporter | None = None
    elasticsearch: ElasticsearchExporter | None = None
    datadog: DatadogExporter | None = None
    signals: Annotated[list[Literal["logs", "traces"]], Field(min_length=1)] | None = Field(
        None, description="both if left out"
    )
