"""What every container has in common, and the parts that several share."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from generator.model import Component, Stack
from generator.targets.base import INSIDE, bound_to, published

SAMPLE_USER = "10001:10001"
GPU_PROFILE = "gpu"
"""Containers that an engine without NVIDIA's runtime cannot start."""


def container(image: str, health: list[str], *, memory: str, pids: int = 256, **more: Any) -> dict[str, Any]:
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


def sample(stack: Stack, module: str, port: int, **more: Any) -> dict[str, Any]:
    return container(
        f"{stack.name}-sample:local",
        python(port, "/healthz"),
        build={"context": ".", "dockerfile": "sample_app/Dockerfile"},
        user=SAMPLE_USER,
        tmpfs=["/tmp:size=64m,mode=1777"],  # noqa: S108 - a private file system of the container
        **{"command": [module, "--host", "0.0.0.0", "--port", str(port)], **more},  # noqa: S104 - inside the container
    )


def wget(port: int, path: str, host: str = "127.0.0.1") -> list[str]:
    """The images of Prometheus and its kin hold busybox's wget."""
    return ["wget", "-q", "-O", "/dev/null", f"http://{host}:{port}{path}"]


def python(port: int, path: str) -> list[str]:
    code = f"import urllib.request as r; r.urlopen('http://127.0.0.1:{port}{path}', timeout=3)"
    return ["python", "-c", code]


def unasked(container: dict[str, Any]) -> dict[str, Any]:
    return container | {"healthcheck": {"disable": True}}


def with_gpus(*capabilities: str) -> dict[str, Any]:
    device = {"driver": "nvidia", "count": "all", "capabilities": [*capabilities]}
    return {"profiles": [GPU_PROFILE], "deploy": {"resources": {"reservations": {"devices": [device]}}}}


def ports(stack: Stack, component: Component) -> list[str]:
    return [f"{bound_to(component, stack.listen)}:{published(component, stack.ports)}:{INSIDE[component]}"]


def after(stack: Stack, *components: Component) -> dict[str, Any]:
    waited = {c.value: {"condition": "service_healthy"} for c in components if c in stack.components}
    return {"depends_on": waited} if waited else {}


def at(component: Component) -> str:
    return f"{component.value}:{INSIDE[component]}"


def gateway(stack: Stack) -> str:
    """The host's own address in the stack's network: reachable from containers and the host, not from outside."""
    return str(next(ip_network(stack.subnet).hosts()))
