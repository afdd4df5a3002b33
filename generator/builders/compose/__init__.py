"""docker-compose.yml: the containers, each with only what it needs.

Everything here holds for every container unless a line says why not: no capabilities, no new privileges, a read-only
root, limits on memory and processes, rotated logs. Configuration is mounted by folder: a replaced file in a folder is
seen by a reload, a file mounted by itself keeps its old inode.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network
from typing import Any

from generator import names
from generator.bundle import Artifact
from generator.model import Component, DockerSd, Secret, Stack
from generator.render import to_yaml
from generator.targets.base import INSIDE, published
from generator.units import duration

SAMPLE_USER = "10001:10001"
GRAFANA_PASSWORD = "grafana_admin_password"  # noqa: S105 - the name of a file


def build(stack: Stack) -> Iterable[Artifact]:
    """One service for each component of the stack; nothing for other targets."""
    if stack.target != "compose":
        return
    makers = {
        Component.PROMETHEUS: _prometheus,
        Component.ALERTMANAGER: _alertmanager,
        Component.GRAFANA: _grafana,
        Component.NODE_EXPORTER: _node_exporter,
        Component.BLACKBOX: _blackbox,
        Component.ML_API: _ml_api,
        Component.ALERT_SINK: _alert_sink,
    }
    secrets = [s for s in stack.secrets() if _managed(s)]
    config: dict[str, Any] = {
        "name": stack.name,
        "services": {component.value: makers[component](stack) for component in stack.components},
        "networks": {"default": {"ipam": {"config": [{"subnet": stack.subnet, "gateway": gateway(stack)}]}}},
        "volumes": {"prometheus-data": {}, "alertmanager-data": {}, "grafana-data": {}},
        "secrets": {
            GRAFANA_PASSWORD: {"file": f"./secrets/{GRAFANA_PASSWORD}"},
            **{s.name: {"file": f"./{s.source}"} for s in secrets},
        },
    }
    yield Artifact(names.COMPOSE_FILE, to_yaml(config, "Your own additions belong in docker-compose.override.yml."))


def gateway(stack: Stack) -> str:
    """The host's own address in the stack's network: reachable from containers and the host, not from outside."""
    return str(next(ip_network(stack.subnet).hosts()))


def _managed(secret: Secret) -> bool:
    return secret.mounted.startswith("/run/secrets/")


def _container(image: str, health: list[str], *, memory: str, pids: int = 256, **more: Any) -> dict[str, Any]:
    return {
        "image": image,
        "restart": "unless-stopped",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "mem_limit": memory,
        "pids_limit": pids,
        "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}},
        "healthcheck": {
            "test": ["CMD", *health],
            "interval": "10s",
            "timeout": "5s",
            "retries": 6,
            "start_period": "30s",
        },
        **more,
    }


def _wget(port: int, path: str, host: str = "127.0.0.1") -> list[str]:
    """The images of Prometheus and its kin hold busybox's wget."""
    return ["wget", "-q", "-O", "/dev/null", f"http://{host}:{port}{path}"]


def _python(port: int, path: str) -> list[str]:
    code = f"import urllib.request as r; r.urlopen('http://127.0.0.1:{port}{path}', timeout=3)"
    return ["python", "-c", code]


def _ports(stack: Stack, component: Component) -> list[str]:
    return [f"{stack.listen}:{published(component, stack.ports)}:{INSIDE[component]}"]


def _after(stack: Stack, *components: Component) -> dict[str, Any]:
    waited = {c.value: {"condition": "service_healthy"} for c in components if c in stack.components}
    return {"depends_on": waited} if waited else {}


def _url(stack: Stack, component: Component) -> str:
    return f"http://{stack.public_host}:{published(component, stack.ports)}"


def _prometheus(stack: Stack) -> dict[str, Any]:
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
        f"--web.external-url={_url(stack, Component.PROMETHEUS)}",
        "--web.enable-lifecycle",
        "--enable-feature=exemplar-storage",
    ]
    if any(s.push for s in stack.services):
        flags.append("--web.enable-otlp-receiver")
    return _container(
        stack.images.prometheus,
        _wget(9090, "/-/ready"),
        memory="768m",
        command=flags,
        ports=_ports(stack, Component.PROMETHEUS),
        volumes=[
            "./prometheus:/etc/prometheus:ro",
            "prometheus-data:/prometheus",
            *(f"{socket}:{socket}:ro" for socket in sockets),
        ],
        **more,
        **_after(stack, Component.ALERTMANAGER),
    )


def _alertmanager(stack: Stack) -> dict[str, Any]:
    secrets = stack.secrets()
    managed: dict[str, Any] = (
        {"secrets": [s.name for s in secrets if _managed(s)]} if any(map(_managed, secrets)) else {}
    )
    folders = sorted({s.source.rsplit("/", 1)[0] for s in secrets if not _managed(s)})
    return _container(
        stack.images.alertmanager,
        _wget(9093, "/-/ready"),
        memory="128m",
        command=[
            "--config.file=/etc/alertmanager/alertmanager.yml",
            "--storage.path=/alertmanager",
            f"--web.external-url={_url(stack, Component.ALERTMANAGER)}",
            "--cluster.listen-address=",
        ],
        ports=_ports(stack, Component.ALERTMANAGER),
        volumes=[
            "./alertmanager:/etc/alertmanager:ro",
            "alertmanager-data:/alertmanager",
            *(f"{folder}:{folder}:ro" for folder in folders),
        ],
        **managed,
        **_after(stack, Component.ALERT_SINK),
    )


def _grafana(stack: Stack) -> dict[str, Any]:
    """The root stays writable: Grafana 13.2 unpacks its bundled data source plugins below it."""
    return _container(
        stack.images.grafana,
        _wget(3000, "/api/health"),
        memory="512m",
        environment={
            "GF_SECURITY_ADMIN_PASSWORD__FILE": f"/run/secrets/{GRAFANA_PASSWORD}",
            "GF_SERVER_ROOT_URL": _url(stack, Component.GRAFANA),
            "GF_USERS_DEFAULT_LANGUAGE": "ko-KR" if stack.locale == "ko" else "en-US",
            "GF_DATE_FORMATS_DEFAULT_TIMEZONE": stack.timezone,
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
            "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
            "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": f"/etc/{names.dashboard_file(names.DASHBOARD_SERVICES)}",
        },
        ports=_ports(stack, Component.GRAFANA),
        volumes=[
            "./grafana/provisioning:/etc/grafana/provisioning:ro",
            "./grafana/dashboards:/etc/grafana/dashboards:ro",
            "grafana-data:/var/lib/grafana",
        ],
        secrets=[GRAFANA_PASSWORD],
        **_after(stack, Component.PROMETHEUS),
    ) | {"read_only": False}


def _node_exporter(stack: Stack) -> dict[str, Any]:
    """In the host's own network and process space, or it would measure its container. It listens on the stack's
    gateway address alone: Prometheus reaches it there, the outside does not. The host's root names no propagation: the
    engine then takes rslave, which follows later mounts, and falls back where the host's root is private (WSL 2)."""
    port, host = stack.ports.node_exporter, gateway(stack)
    return _container(
        stack.images.node_exporter,
        _wget(port, "/metrics", host),
        memory="64m",
        pids=64,
        network_mode="host",
        pid="host",
        command=[
            "--path.rootfs=/host",
            f"--web.listen-address={host}:{port}",
            "--collector.filesystem.mount-points-exclude=^/(dev|proc|run|sys|var/lib/docker/.+|var/lib/containers/.+)($$|/)",
        ],
        volumes=["/:/host:ro"],
    )


def _blackbox(stack: Stack) -> dict[str, Any]:
    return _container(
        stack.images.blackbox,
        _wget(9115, "/-/healthy"),
        memory="64m",
        pids=64,
        command=["--config.file=/etc/blackbox/blackbox.yml"],
        volumes=["./blackbox:/etc/blackbox:ro"],
    )


def _sample(stack: Stack, module: str, port: int, **more: Any) -> dict[str, Any]:
    return _container(
        f"{stack.name}-sample:local",
        _python(port, "/healthz"),
        build={"context": ".", "dockerfile": "sample_app/Dockerfile"},
        user=SAMPLE_USER,
        tmpfs=["/tmp:size=64m,mode=1777"],  # noqa: S108 - a private file system of the container
        **{"command": [module, "--host", "0.0.0.0", "--port", str(port)], **more},  # noqa: S104 - inside the container
    )


def _ml_api(stack: Stack) -> dict[str, Any]:
    return _sample(
        stack, "sample_app.api", INSIDE[Component.ML_API], memory="256m", ports=_ports(stack, Component.ML_API)
    )


def _alert_sink(stack: Stack) -> dict[str, Any]:
    port = INSIDE[Component.ALERT_SINK]
    command = ["sample_app.alert_sink", "--host", "0.0.0.0", "--port", str(port), "--runbooks", "/runbooks"]  # noqa: S104
    return _sample(
        stack,
        "sample_app.alert_sink",
        port,
        memory="128m",
        command=command,
        ports=_ports(stack, Component.ALERT_SINK),
        volumes=["./docs/runbooks:/runbooks:ro"],
    )
