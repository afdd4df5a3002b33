"""One stack for all tests of this folder, in each runtime after the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.platform.stack import PlatformStack

NATIVE = pytest.mark.server(
    "prometheus",
    "alertmanager",
    "node_exporter",
    "blackbox_exporter",
    "postgres",
    "valkey-server",
    "postgres_exporter",
    "redis_exporter",
)


@pytest.fixture(
    scope="package",
    params=[pytest.param("native", marks=NATIVE), pytest.param("docker", marks=pytest.mark.docker)],
)
def stack(request: pytest.FixtureRequest) -> Iterator[PlatformStack]:
    """The stack, up, without traffic."""
    with PlatformStack(request.param) as made:
        yield made
