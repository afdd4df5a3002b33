"""Images: here already, built from the repository, or pulled. What cannot be had is named and left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from generator.builders.compose.container import GPU_PROFILE
from generator.runtime.base import Say
from generator.runtime.compose import Compose, Service, watched
from generator.runtime.process import run

CDI_FOLDERS = ("/etc/cdi", "/var/run/cdi")
PULL_SECONDS, BUILD_SECONDS = 300.0, 900.0
_BUILD_STEP = re.compile(r"#\d+ (\[.+\] (?:FROM|RUN|COPY|WORKDIR).*|ERROR.*)")


@dataclass(frozen=True, slots=True)
class Images:
    """The services whose images are here, and for each of the others why it is not."""

    ready: tuple[str, ...]
    left_out: dict[str, str]
    notes: tuple[str, ...] = ()


def provide(compose: Compose, services: Sequence[Service], say: Say) -> Images:
    """Gets what can be had."""
    ready, left_out, notes = [], {}, []
    outcomes: dict[str, tuple[str, str]] = {}
    no_gpus = ""
    if any(GPU_PROFILE in service.profiles for service in services):
        no_gpus = _no_gpus()
    for service in services:
        if no_gpus and GPU_PROFILE in service.profiles:
            left_out[service.name] = no_gpus
            continue
        if service.image not in outcomes:
            outcomes[service.image] = _get(compose, service, say)
        reason, note = outcomes[service.image]
        if reason:
            left_out[service.name] = reason
        else:
            ready.append(service.name)
        if note and note not in notes:
            notes.append(note)
    return Images(tuple(ready), left_out, tuple(notes))


def _no_gpus() -> str:
    """Why containers cannot use GPUs here; nothing if they can."""
    ran = run(["docker", "info", "--format", "{{json .Runtimes}}"], timeout=20)
    if "nvidia" in ran.out or any(Path(folder).glob("nvidia*") for folder in CDI_FOLDERS):
        return ""
    return (
        "the engine cannot give GPUs to containers: install the NVIDIA Container Toolkit, or take `exporter: simulated`"
    )


def _get(compose: Compose, service: Service, say: Say) -> tuple[str, str]:
    """Why the image cannot be had (or nothing), and what to know about it."""
    if service.built:
        return _build(compose, service, say)
    if present(service.image):
        return "", ""
    say(f"pulling {service.image}")
    ran = watched(compose, ("pull", "--quiet", service.name), PULL_SECONDS, lambda line: None)
    if ran.ok or present(service.image):
        return "", ""
    say(f"{service.name}: left out, {service.image} cannot be pulled")
    return f"no image {service.image}: it is not here and cannot be pulled ({_short(ran.reason)})", ""


def _build(compose: Compose, service: Service, say: Say) -> tuple[str, str]:
    def tell(line: str) -> None:
        if step := _BUILD_STEP.match(line):
            say(f"  {step[1][:120]}")

    say(f"building {service.image}")
    ran = watched(compose, ("build", service.name), BUILD_SECONDS, tell)
    if ran.ok:
        return "", ""
    if present(service.image):
        return "", f"{service.image} could not be built, an older one is used: {_short(ran.reason)}"
    return f"{service.image} cannot be built: {_short(ran.reason)}", ""


def present(image: str) -> bool:
    """Whether the engine has the image."""
    return run(["docker", "image", "inspect", "--format", "{{.Id}}", image], timeout=20).ok


def _short(reason: str) -> str:
    """The innermost cause: engines put the path to it in front."""
    return reason.rsplit("Error response from daemon: ", 1)[-1].strip()[:200]
