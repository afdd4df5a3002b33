"""prometheus/prometheus.yml: what is scraped, how often, with which labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from generator import names
from generator.bundle import Artifact
from generator.model import Component, Database, Discovery, DnsSd, DockerSd, FileSd, Service, Stack
from generator.render import to_yaml
from generator.targets import TARGETS
from generator.units import duration

MAX_EXEMPLARS = 100_000


def build(stack: Stack) -> Iterable[Artifact]:
    """The server's configuration. Retention is a flag, which every version from 2.42 on understands."""
    config: dict[str, Any] = {
        "global": {
            "scrape_interval": duration(stack.scrape_interval),
            "scrape_timeout": duration(stack.scrape_timeout),
            "evaluation_interval": duration(stack.evaluation_interval),
            "external_labels": {"env": stack.environment, "stack": stack.name},
        },
        "storage": {"exemplars": {"max_exemplars": MAX_EXEMPLARS}},
        "rule_files": ["rules/*.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [_own(stack, Component.ALERTMANAGER)]}]}]},
        "scrape_configs": [
            *_itself(stack),
            *_hosts(stack),
            *_gpus(stack),
            *(_service(stack, s) for s in stack.services if not s.push),
            *(_database(stack, d) for d in stack.databases),
            *_probes(stack),
        ],
    }
    yield Artifact(names.PROMETHEUS_CONFIG, to_yaml(config, "The configuration of Prometheus."))


def _own(stack: Stack, component: Component) -> str:
    return TARGETS[stack.target].address(component, stack.ports, stack.listen)


def _itself(stack: Stack) -> Iterator[dict[str, Any]]:
    jobs = [
        (names.JOB_PROMETHEUS, Component.PROMETHEUS),
        (names.JOB_ALERTMANAGER, Component.ALERTMANAGER),
    ]
    if Component.BLACKBOX in stack.components:
        jobs.append((names.JOB_BLACKBOX, Component.BLACKBOX))
    if Component.LOKI in stack.components:
        jobs.append((names.JOB_LOKI, Component.LOKI))
    if Component.TEMPO in stack.components:
        jobs.append((names.JOB_TEMPO, Component.TEMPO))
    labels = {names.ENV: stack.environment, names.TEAM: stack.team}
    for job, component in jobs:
        yield {"job_name": job, "static_configs": [{"targets": [_own(stack, component)], "labels": labels}]}
    if Component.COLLECTOR in stack.components:
        fields = ("collector_metrics", "span_metrics") if stack.traces else ("collector_metrics",)
        targets = [TARGETS[stack.target].more(field, stack.ports, stack.listen) for field in fields]
        yield {"job_name": names.JOB_COLLECTOR, "static_configs": [{"targets": targets, "labels": labels}]}


def _hosts(stack: Stack) -> Iterator[dict[str, Any]]:
    labels = {**dict(stack.hosts.labels), names.ENV: stack.environment, names.TEAM: stack.hosts.team}
    for job, targets in (
        (names.JOB_NODE, stack.hosts.targets),
        (names.JOB_PROCESS, stack.hosts.processes),
    ):
        if targets:
            yield {"job_name": job, "static_configs": [{"targets": [*targets], "labels": labels}]}
    if stack.hosts.containers:
        yield {
            "job_name": names.JOB_CONTAINER,
            "static_configs": [{"targets": [*stack.hosts.containers], "labels": labels}],
            "metric_relabel_configs": _named_containers(stack),
        }


def _named_containers(stack: Stack) -> list[dict[str, Any]]:
    """`container`: cAdvisor's own name, which it has where it may ask an engine; else the component of the stack by its
    control group; else the id as `docker ps` shows it. Control groups of anything else are left out."""
    ours = re.escape(names.control_group(stack.name, "COMPONENT")).replace("COMPONENT", "([a-z-]+)")
    rules: list[dict[str, Any]] = [
        {"source_labels": [label], "regex": regex, "target_label": "container"}
        for label, regex in (
            ("id", r".*/docker[/-]([0-9a-f]{12})[0-9a-f]{52}(?:\.scope)?"),
            ("id", rf".*/{ours}/(?:docker-)?[0-9a-f]{{64}}(?:\.scope)?"),
            ("name", "(.+)"),
        )
    ]
    return [*rules, {"source_labels": ["__name__", "container"], "regex": "container_.+;", "action": "drop"}]


def _gpus(stack: Stack) -> Iterator[dict[str, Any]]:
    if stack.gpus.targets:
        labels = {**dict(stack.gpus.labels), names.ENV: stack.environment, names.TEAM: stack.gpus.team}
        yield {
            "job_name": names.JOB_GPU,
            "static_configs": [{"targets": [*stack.gpus.targets], "labels": labels}],
        }


def _service(stack: Stack, service: Service) -> dict[str, Any]:
    labels = {
        **dict(service.labels),
        names.ENV: stack.environment,
        names.KIND: service.profile.name,
        names.SERVICE: service.name,
        names.TEAM: service.team,
    }
    job: dict[str, Any] = {"job_name": service.name}
    if service.metrics_path != "/metrics":
        job["metrics_path"] = service.metrics_path
    if service.scheme != "http":
        job["scheme"] = service.scheme
    interval, timeout = service.scrape_interval, service.scrape_timeout
    if interval is not None:
        job["scrape_interval"] = duration(interval)
        timeout = timeout if timeout is not None else min(stack.scrape_timeout, interval)
    if timeout is not None:
        job["scrape_timeout"] = duration(timeout)
    if service.profile.aliases:
        job["metric_relabel_configs"] = [
            {"source_labels": [label], "regex": "(.+)", "target_label": expected}
            for label, expected in service.profile.aliases
        ]
    if service.targets:
        job["static_configs"] = [{"targets": [*service.targets], "labels": labels}]
    relabel: list[dict[str, Any]] = []
    for discovery in service.discovery:
        key, part, rules = _discovered(discovery)
        job[key] = [part]
        relabel += rules
    if service.discovery:
        relabel += [{"target_label": name, "replacement": _literal(value)} for name, value in labels.items()]
        job["relabel_configs"] = relabel
    return job


def _literal(value: str) -> str:
    """Relabelling expands `$`, so one that is meant is written twice."""
    return value.replace("$", "$$")


def _discovered(discovery: Discovery) -> tuple[str, dict[str, Any], list[dict[str, Any]]]:
    refresh = {"refresh_interval": duration(discovery.refresh_interval)}
    match discovery:
        case FileSd():
            return "file_sd_configs", {"files": [*discovery.files], **refresh}, []
        case DnsSd():
            port = {"port": discovery.port} if discovery.port else {}
            return "dns_sd_configs", {"names": [*discovery.names], "type": discovery.type, **port, **refresh}, []
        case DockerSd():
            filters = {"filters": [{"name": "label", "values": [discovery.label]}]} if discovery.label else {}
            rules: list[dict[str, Any]] = [
                {"source_labels": ["__meta_docker_port_private"], "regex": str(discovery.port), "action": "keep"},
                {"source_labels": ["__meta_docker_container_name"], "regex": "/(.+)", "target_label": "container"},
            ]
            return "docker_sd_configs", {"host": discovery.host, **filters, **refresh}, rules


def _database(stack: Stack, database: Database) -> dict[str, Any]:
    labels = {names.DATABASE: database.name, names.ENV: stack.environment, names.TEAM: database.team}
    return {
        "job_name": names.database_job(database.name),
        "static_configs": [{"targets": [*database.targets], "labels": labels}],
    }


def _probes(stack: Stack) -> Iterator[dict[str, Any]]:
    if not stack.probes:
        return
    modules = {"http": "http_2xx", "tcp": "tcp_connect", "icmp": "icmp"}
    yield {
        "job_name": names.JOB_PROBE,
        "metrics_path": "/probe",
        "static_configs": [
            {
                "targets": [probe.target],
                "labels": {
                    "__param_module": modules[probe.kind],
                    names.ENV: stack.environment,
                    names.PROBE: probe.name,
                    names.TEAM: probe.team,
                },
            }
            for probe in stack.probes
        ],
        "relabel_configs": [
            {"source_labels": ["__address__"], "target_label": "__param_target"},
            {"source_labels": ["__param_target"], "target_label": names.INSTANCE},
            {"target_label": "__address__", "replacement": _own(stack, Component.BLACKBOX)},
        ],
    }
