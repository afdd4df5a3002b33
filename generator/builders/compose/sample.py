"""The sample platform: two services, their database and cache, and the page of received alerts."""

from __future__ import annotations

from typing import Any

from generator import names
from generator.builders.commands import POSTGRES_SETTINGS, VALKEY_SETTINGS, ml_api_settings, shop_settings
from generator.builders.compose.container import after, container, ports, sample
from generator.model import Component, Stack
from generator.targets.base import INSIDE


def ml_api(stack: Stack) -> dict[str, Any]:
    return sample(
        stack,
        "sample_app.api",
        INSIDE[Component.ML_API],
        memory="384m",
        environment=ml_api_settings(stack),
        ports=ports(stack, Component.ML_API),
        **after(stack, Component.VALKEY),
    )


def shop(stack: Stack) -> dict[str, Any]:
    return sample(
        stack,
        "sample_app.shop",
        INSIDE[Component.SHOP],
        memory="256m",
        environment=shop_settings(stack) | {"DATABASE_PASSWORD_FILE": f"/run/secrets/{names.SHOP_PASSWORD}"},
        secrets=[names.SHOP_PASSWORD],
        ports=ports(stack, Component.SHOP),
        **after(stack, Component.POSTGRES, Component.VALKEY),
    )


def alert_sink(stack: Stack) -> dict[str, Any]:
    port = INSIDE[Component.ALERT_SINK]
    command = ["sample_app.alert_sink", "--host", "0.0.0.0", "--port", str(port), "--runbooks", "/runbooks"]  # noqa: S104
    return sample(
        stack,
        "sample_app.alert_sink",
        port,
        memory="128m",
        command=command,
        ports=ports(stack, Component.ALERT_SINK),
        volumes=["./docs/runbooks:/runbooks:ro"],
    )


def postgres(stack: Stack) -> dict[str, Any]:
    """Starts as root to hand its folder to the user postgres, which it then becomes; that takes these capabilities."""
    return container(
        stack.images.postgres,
        ["pg_isready", "--host", "127.0.0.1", "--username", "postgres"],
        memory="256m",
        cap_add=["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"],
        command=["postgres", *(f"--{key}={value}" for key, value in POSTGRES_SETTINGS)],
        environment={
            "PGDATA": "/var/lib/postgresql/pgdata",  # its default has changed between versions
            "POSTGRES_PASSWORD_FILE": f"/run/secrets/{names.POSTGRES_PASSWORD}",
        },
        volumes=["postgres-data:/var/lib/postgresql", "./postgres/init:/docker-entrypoint-initdb.d:ro"],
        tmpfs=["/run/postgresql", "/tmp:size=64m,mode=1777"],  # noqa: S108 - private file systems of the container
        secrets=[names.POSTGRES_PASSWORD, names.SHOP_PASSWORD, names.MONITOR_PASSWORD],
        ports=ports(stack, Component.POSTGRES),
        stop_grace_period="30s",
    )


def valkey(stack: Stack) -> dict[str, Any]:
    """A cache: nothing of it is kept."""
    return container(
        stack.images.valkey,
        ["valkey-cli", "ping"],
        memory="96m",
        pids=64,
        user="999:999",
        command=["valkey-server", *(word for key, value in VALKEY_SETTINGS for word in (f"--{key}", value))],
        ports=ports(stack, Component.VALKEY),
        tmpfs=["/data:mode=1777"],
    )
