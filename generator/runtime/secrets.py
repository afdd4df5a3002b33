"""Secrets at run time: found or made before anything starts, and never printed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from generator import names
from generator.model import Component, Stack
from generator.model_alerting import Secret
from generator.runtime import files
from generator.runtime.base import Project, RuntimeProblem
from generator.targets.base import passwords

FOLDER = "secrets"
GRAFANA_PASSWORD = f"{FOLDER}/{names.GRAFANA_PASSWORD}"


def make_passwords(root: Path, stack: Stack) -> None:
    """The stack's own passwords, such as that of Grafana's user `admin`: made once, kept from then on."""
    files.folder(root / FOLDER, 0o700)
    for name in passwords(stack.components):
        path = root / FOLDER / name
        if not path.exists() or not path.read_text(encoding="utf-8").strip():
            # The container's user, not the one who runs this, must be able to read the mounted file. Everybody else
            # on this host is kept out by the folder, whose mode is 0700.
            files.write(path, secrets.token_urlsafe(24) + "\n", 0o644)


def password_note(running: Iterable[Component]) -> tuple[str, ...]:
    """Where a person finds Grafana's password, if Grafana runs."""
    here = Component.GRAFANA in running
    return (f"Grafana's user is admin, its password is in {GRAFANA_PASSWORD}",) if here else ()


def missing(stack: Stack, root: Path, environment: Mapping[str, str]) -> tuple[str, ...]:
    """One line for each secret of a receiver or an exporter that cannot be read, with its key in the spec."""
    return tuple(line for secret in stack.secrets() if (line := _missing(secret, root, environment)))


def _missing(secret: Secret, root: Path, environment: Mapping[str, str]) -> str:
    if secret.env:
        if environment.get(secret.env, "").strip():
            return ""
        return f"{secret.key}: the environment variable {secret.env} is not set"
    path = root / secret.source
    if not path.is_file():
        return f"{secret.key}: there is no file {_shown(secret.source)}"
    if not os.access(path, os.R_OK):
        return f"{secret.key}: {_shown(secret.source)} cannot be read"
    return "" if path.stat().st_size else f"{secret.key}: {_shown(secret.source)} is empty"


def _shown(source: str) -> str:
    return source if source.startswith("/") else f"{source} in the project's folder"


def require(stack: Stack, root: Path, environment: Mapping[str, str]) -> None:
    """Refuses to start a stack whose alerts, or lines and traces, could not be sent."""
    lines = missing(stack, root, environment)
    if lines:
        raise RuntimeProblem(
            "secrets are missing: " + "; ".join(lines),
            "put each into its file (or export its variable) and run the command again",
        )


def place(project: Project, stack: Stack, environment: Mapping[str, str], *, mode: int) -> Path:
    """Puts every secret of a receiver or an exporter into `.run/secrets`: from the environment as a file, from the
    project as a link, or as a copy where the server would take what an editor puts at the end for a part of it.

    `mode` is 0600 where this user's own processes read them, and 0644 where a container's user does; the folder's
    0700 keeps others out either way.
    """
    folder = files.folder(project.state / FOLDER, 0o700)
    for secret in stack.secrets():
        if secret.copied:
            text = environment[secret.env] if secret.env else (project.root / secret.source).read_text(encoding="utf-8")
            files.write(folder / secret.name, text.strip(), mode)
        elif secret.env:
            files.write(folder / secret.name, environment[secret.env], mode)
        elif not secret.source.startswith("/"):
            files.link(folder / secret.name, project.root / secret.source)
    return folder


def unreadable_in_containers(stack: Stack, root: Path) -> tuple[str, ...]:
    """One line for each file that a container's user may not read."""
    paths = {s.source: root / s.source for s in stack.secrets() if not s.env and not s.copied}
    return tuple(
        f"{source} may not be readable for the container's user (mode {path.stat().st_mode & 0o777:04o}); "
        f"if alerts do not arrive: chmod 644 {source} (the folder's mode 0700 keeps others out)"
        for source, path in paths.items()
        if not path.stat().st_mode & 0o004
    )
