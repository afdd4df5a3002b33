"""The servers that store, alert and show."""

from __future__ import annotations

from typing import Any

from generator import names
from generator.builders.commands import alertmanager_flags, alertmanager_zone
from generator.builders.compose.container import after, container, gateway, ports, wget
from generator.model import Component, DockerSd, Stack
from generator.model_alerting import Secret, every_secret
from generator.needs import tag
from generator.targets.base import public_url
from generator.units import duration


def prometheus(stack: Stack) -> dict[str, Any]:
    sockets = sorted({d.host for s in stack.services for d in s.discovery if isinstance(d, DockerSd)})
    sockets = [host.removeprefix("unix://") for host in sockets if host.startswith("unix://")]
    more: dict[str, Any] = {}
    if Component.NODE_EXPORTER in stack.components:
        more["extra_hosts"] = [f"{Component.NODE_EXPORTER.value}:{gateway(stack)}"]
    if sockets:
        more["group_add"] = [f"${{{names.DOCKER_GROUP}:-999}}"]
    flags = [
        "--config.file=/etc/prometheus/prometheus.yml",
        "--storage.tsdb.path=/prometheus",
        f"--storage.tsdb.retention.time={duration(stack.retention.metrics)}",
        f"--storage.tsdb.retention.size={stack.retention.metrics_size}",
        f"--web.external-url={public_url(stack, Component.PROMETHEUS)}",
        "--web.enable-lifecycle",
        "--enable-feature=exemplar-storage",
    ]
    if any(s.push for s in stack.services):
        flags.append("--web.enable-otlp-receiver")
    return container(
        stack.images.prometheus,
        wget(9090, "/-/ready"),
        memory="640m",
        command=flags,
        ports=ports(stack, Component.PROMETHEUS),
        volumes=[
            "./prometheus:/etc/prometheus:ro",
            "prometheus-data:/prometheus",
            *(f"{socket}:{socket}:ro" for socket in sockets),
        ],
        **more,
        **after(stack, Component.ALERTMANAGER),
    )


def alertmanager(stack: Stack) -> dict[str, Any]:
    secrets = every_secret(stack.alerting.receivers)
    mounted = [s.name for s in secrets if managed(s)]
    more: dict[str, Any] = {"secrets": mounted} if mounted else {}
    folders = sorted({s.source.rsplit("/", 1)[0] for s in secrets if not managed(s)})
    return container(
        stack.images.alertmanager,
        wget(9093, "/-/ready"),
        memory="128m",
        command=[
            "--config.file=/etc/alertmanager/alertmanager.yml",
            "--storage.path=/alertmanager",
            f"--web.external-url={public_url(stack, Component.ALERTMANAGER)}",
            "--cluster.listen-address=",
            *alertmanager_flags(tag(stack.images.alertmanager)),
        ],
        environment={name: f"/etc/{value}" for name, value in alertmanager_zone(stack).items()},
        ports=ports(stack, Component.ALERTMANAGER),
        volumes=[
            "./alertmanager:/etc/alertmanager:ro",
            "alertmanager-data:/alertmanager",
            *(f"{folder}:{folder}:ro" for folder in folders),
        ],
        **more,
        **after(stack, Component.ALERT_SINK),
    )


def grafana(stack: Stack) -> dict[str, Any]:
    """The root stays writable: Grafana 13.2 unpacks its bundled data source plugins below it."""
    return container(
        stack.images.grafana,
        wget(3000, "/api/health"),
        memory="512m",
        environment={
            "GF_SECURITY_ADMIN_PASSWORD__FILE": f"/run/secrets/{names.GRAFANA_PASSWORD}",
            "GF_SERVER_ROOT_URL": public_url(stack, Component.GRAFANA),
            "GF_USERS_DEFAULT_LANGUAGE": "ko-KR" if stack.locale == "ko" else "en-US",
            "GF_DATE_FORMATS_DEFAULT_TIMEZONE": stack.timezone,
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
            "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
            "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": f"/etc/{names.dashboard_file(names.DASHBOARD_SERVICES)}",
        },
        ports=ports(stack, Component.GRAFANA),
        volumes=[
            "./grafana/provisioning:/etc/grafana/provisioning:ro",
            "./grafana/dashboards:/etc/grafana/dashboards:ro",
            "grafana-data:/var/lib/grafana",
        ],
        secrets=[names.GRAFANA_PASSWORD],
        **after(stack, Component.PROMETHEUS),
    ) | {"read_only": False}


def managed(secret: Secret) -> bool:
    return secret.mounted.startswith("/run/secrets/")
