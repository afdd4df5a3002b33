"""The exporters: hosts, probes, processes, containers, GPUs, databases."""

from __future__ import annotations

from typing import Any

from generator import names
from generator.builders.commands import POSTGRES_COLLECTORS, PROCESS_FLAGS
from generator.builders.compose.container import after, at, container, gateway, ports, sample, unasked, wget, with_gpus
from generator.model import Component, Stack
from generator.targets.base import INSIDE


def node_exporter(stack: Stack) -> dict[str, Any]:
    """In the host's own network and process space, or it would measure its container. It listens on the stack's
    gateway address alone: Prometheus reaches it there, the outside does not. The host's root names no propagation: the
    engine then takes rslave, which follows later mounts, and falls back where the host's root is private (WSL 2)."""
    port, host = stack.ports.node_exporter, gateway(stack)
    return container(
        stack.images.node_exporter,
        wget(port, "/metrics", host),
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


def blackbox(stack: Stack) -> dict[str, Any]:
    return container(
        stack.images.blackbox,
        wget(9115, "/-/healthy"),
        memory="64m",
        pids=64,
        command=["--config.file=/etc/blackbox/blackbox.yml"],
        volumes=["./blackbox:/etc/blackbox:ro"],
    )


def process_exporter(stack: Stack) -> dict[str, Any]:
    """Sees the host's processes through /proc, read-only, as an ordinary user: CPU, memory and states of all, file
    descriptors and I/O of none but its own."""
    return unasked(
        container(
            stack.images.process_exporter,
            [],
            memory="64m",
            pids=64,
            pid="host",
            user="65534:65534",
            command=["--procfs=/host/proc", "--config.path=/etc/process-exporter/config.yml", *PROCESS_FLAGS],
            volumes=["/proc:/host/proc:ro", "./process-exporter:/etc/process-exporter:ro"],
        )
    )


def cadvisor(stack: Stack) -> dict[str, Any]:
    """Reads control groups alone: not privileged, no capability, no socket of the engine. So it learns no names; those
    of the stack's own containers are in the names of their control groups."""
    return container(
        stack.images.cadvisor,
        wget(8080, "/healthz"),
        memory="192m",
        command=["--enable_metrics=cpu,memory,diskIO", "--housekeeping_interval=10s"],
        volumes=["/sys:/sys:ro"],
    )


def gpu_exporter(stack: Stack) -> dict[str, Any]:
    mode = stack.gpus.exporter
    port = INSIDE[Component.GPU_EXPORTER]
    command = ["sample_app.gpu", "--mode", mode, "--host", "0.0.0.0", "--port", str(port)]  # noqa: S104 - inside
    if mode == "simulated":
        command += ["--load-url", f"http://{at(Component.ML_API)}/metrics"]
    gpus = with_gpus("utility") if mode == "nvml" else {}
    return sample(
        stack,
        "sample_app.gpu",
        port,
        memory="96m",
        command=command,
        ports=ports(stack, Component.GPU_EXPORTER),
        **gpus,
    )


def dcgm_exporter(stack: Stack) -> dict[str, Any]:
    """SYS_ADMIN is what NVIDIA asks for to read profiling fields; ours need none."""
    return unasked(
        container(
            stack.images.dcgm_exporter,
            [],
            memory="512m",
            command=["-f", "/etc/dcgm/counters.csv"],
            volumes=["./dcgm:/etc/dcgm:ro"],
            tmpfs=["/tmp:size=16m,mode=1777"],  # noqa: S108 - a private file system of the container
            **with_gpus("utility", "compute"),
        )
    )


def postgres_exporter(stack: Stack) -> dict[str, Any]:
    return container(
        stack.images.postgres_exporter,
        wget(9187, "/"),
        memory="64m",
        pids=64,
        command=[*POSTGRES_COLLECTORS],
        environment={
            "DATA_SOURCE_URI": f"{at(Component.POSTGRES)}/{names.SHOP_DATABASE}?sslmode=disable",
            "DATA_SOURCE_USER": names.MONITOR_ROLE,
            "DATA_SOURCE_PASS_FILE": f"/run/secrets/{names.MONITOR_PASSWORD}",
        },
        secrets=[names.MONITOR_PASSWORD],
        **after(stack, Component.POSTGRES),
    )


def redis_exporter(stack: Stack) -> dict[str, Any]:
    """Its image holds nothing but itself, so nothing in there can ask for its health: Prometheus does."""
    return unasked(
        container(
            stack.images.redis_exporter,
            [],
            memory="64m",
            pids=64,
            command=[f"--redis.addr=redis://{at(Component.VALKEY)}"],
            **after(stack, Component.VALKEY),
        )
    )
