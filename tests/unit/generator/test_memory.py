"""What the containers may take in all: the stack without the sample platform fits into a small machine."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from generator.pipeline import generate
from tests.proof import ROOT

SAMPLE = {"ml-api", "shop", "alert-sink", "postgres", "valkey", "gpu-exporter"}
MOST_MIB = 2560
SPEC: dict[str, Any] = yaml.safe_load((ROOT / "spec.yaml").read_text())


def limits(spec: dict[str, Any]) -> dict[str, int]:
    """Each container's limit in MiB."""
    services = yaml.safe_load(generate(yaml.safe_dump(spec)).files()["docker-compose.yml"])["services"]
    return {name: mib(service["mem_limit"]) for name, service in services.items()}


def mib(text: str) -> int:
    """`384m` -> 384"""
    match = re.fullmatch(r"(\d+)m", text)
    assert match, text
    return int(match[1])


def test_the_stack_without_its_sample_fits_into_two_and_a_half_gib() -> None:
    """Every container has a limit; with logs, traces, and an exporter of each kind."""
    found = limits(SPEC)

    assert found.keys() > SAMPLE
    assert sum(size for name, size in found.items() if name not in SAMPLE) <= MOST_MIB


@pytest.mark.parametrize("off", ["logs", "traces"])
def test_what_is_off_takes_nothing(off: str) -> None:
    """No container and no volume of a server that the stack goes without."""
    files = generate(yaml.safe_dump({**SPEC, off: "off"})).files()
    compose = yaml.safe_load(files["docker-compose.yml"])
    server = {"logs": "loki", "traces": "tempo"}[off]

    assert server not in compose["services"]
    assert f"{server}-data" not in compose["volumes"]
    assert "otel-collector" in compose["services"]
    assert sum(limits({**SPEC, off: "off"}).values()) < sum(limits(SPEC).values())


@pytest.mark.parametrize("server", ["loki", "tempo"])
def test_go_is_told_to_stay_below_the_limit(server: str) -> None:
    """Its collector of garbage works harder before the kernel ends the process."""
    service = yaml.safe_load(generate(yaml.safe_dump(SPEC)).files()["docker-compose.yml"])["services"][server]
    told = int(service["environment"]["GOMEMLIMIT"].removesuffix("MiB"))

    assert 0.8 < told / mib(service["mem_limit"]) < 0.9
