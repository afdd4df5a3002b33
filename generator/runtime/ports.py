"""Ports that must be free before anything starts."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable

from generator.model import Component
from generator.runtime.base import RuntimeProblem, spec_key
from generator.targets.base import MORE

_KEYS = {component.value: spec_key(component) for component in Component}
_KEYS |= {field: f"stack.ports.{field}" for field in MORE}


def require(wanted: Iterable[tuple[str, str, int]]) -> None:
    """Takes (program, address, port) and raises with every port that something else holds."""
    taken = [
        f"port {port} of {host}, which {program} needs, {reason}" + (f" ({_KEYS[program]})" if program in _KEYS else "")
        for program, host, port in wanted
        if (reason := refused(host, port))
    ]
    if taken:
        raise RuntimeProblem("; ".join(taken), "stop what uses it, or set another port in the spec")


def refused(host: str, port: int) -> str:
    """Why a server could not listen there; nothing if it could."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            return {
                errno.EADDRINUSE: "is in use",
                errno.EADDRNOTAVAIL: "cannot be had, for stack.listen is no address of this host",
                errno.EACCES: "is not allowed for this user",
            }.get(error.errno or 0, f"cannot be had: {error.strerror}")
    return ""
