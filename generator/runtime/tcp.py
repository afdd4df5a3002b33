"""Short questions to servers that do not speak HTTP: is there a PostgreSQL, is there a Valkey or Redis?"""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from generator.runtime.http import Answer

# What is sent, and how an answer begins: a client's question whether TLS is spoken (yes or no), and PING.
_QUESTIONS: dict[str, tuple[bytes, tuple[bytes, ...]]] = {
    "postgresql": (b"\x00\x00\x00\x08\x04\xd2\x16\x2f", (b"S", b"N")),
    "redis": (b"PING\r\n", (b"+PONG",)),
}


def speaks(url: str) -> bool:
    """Whether this is an address of such a server."""
    return urlsplit(url).scheme in _QUESTIONS


def ask(url: str, timeout: float = 3.0) -> Answer:
    """Status 200 when the server at `postgresql://host:port` or `redis://host:port` answers as such; never raises."""
    parts = urlsplit(url)
    question, answers = _QUESTIONS[parts.scheme]
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=timeout) as connection:
            connection.settimeout(timeout)
            connection.sendall(question)
            said = connection.recv(64)
    except OSError as error:
        return Answer(0, error.strerror or str(error))
    return Answer(200, "") if said.startswith(answers) else Answer(0, "what listens there is another server")
