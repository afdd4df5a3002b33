"""The exporter's HTTP side: /metrics, /healthz, and /faults where cards are simulated."""

from __future__ import annotations

import json
import logging
import socket
import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Lock

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from pydantic import ValidationError

from .families import page
from .faults import Faults
from .readings import Source
from .simulator import Simulator, UnknownCard

LONGEST_BODY = 65536
IDLE_SECONDS = 30.0
BUSY_SECONDS = 5.0
"""How long a scrape waits for another one that is stuck in the driver before it says so."""

JSON = "application/json"
_log = logging.getLogger(__name__)


class Server(ThreadingHTTPServer):
    """Listens at once. Raises OSError where the address cannot be had."""

    daemon_threads = True

    def __init__(self, host: str, port: int, source: Source) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.source = source
        self.reading = Lock()
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Binds without asking a name server for this machine's name."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, _request: object, client_address: object) -> None:
        """A client that left is nobody's error; anything else is logged, and the next request is served."""
        if not isinstance(sys.exception(), ConnectionError):
            _log.exception("a request from %s failed", client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "gpu-exporter", ""
    timeout = IDLE_SECONDS
    server: Server

    def do_GET(self) -> None:
        match self._path():
            case "/metrics":
                self._metrics()
            case "/healthz":
                self._json(200, {"status": "ok"})
            case "/faults":
                self._read_faults()
            case path:
                self._json(404, {"detail": f"there is no {path[:100]}; there are /metrics, /healthz and /faults"})

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        if self._path() != "/faults":
            self._refuse(405, "PUT is for /faults")
            return
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            self._refuse(411, "send a Content-Length")
            return
        if not 0 <= length <= LONGEST_BODY:
            self._refuse(413, f"at most {LONGEST_BODY} bytes")
            return
        self._put_faults(self.rfile.read(length))

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not logged."""

    def _path(self) -> str:
        return self.path.split("?", 1)[0]

    def _metrics(self) -> None:
        if not self.server.reading.acquire(timeout=BUSY_SECONDS):
            self._json(503, {"detail": "the driver has not yet answered the scrape before"})
            return
        try:
            body = page(self.server.source.read())
        finally:
            self.server.reading.release()
        self._answer(200, CONTENT_TYPE_PLAIN_0_0_4, body)

    def _read_faults(self) -> None:
        source = self.server.source
        if isinstance(source, Simulator):
            self._answer(200, JSON, source.faults().model_dump_json().encode())
        else:
            self._json(404, {"detail": "only simulated cards have faults on purpose"})

    def _put_faults(self, body: bytes) -> None:
        source = self.server.source
        if not isinstance(source, Simulator):
            self._json(404, {"detail": "only simulated cards have faults on purpose"})
            return
        try:
            active = source.put_faults(Faults.model_validate_json(body))
        except ValidationError as error:
            details = error.errors(include_url=False, include_context=False, include_input=False)
            self._json(422, {"detail": details})
        except UnknownCard as error:
            self._json(422, {"detail": str(error)})
        else:
            self._answer(200, JSON, active.model_dump_json().encode())

    def _refuse(self, status: int, detail: str) -> None:
        """An answer to a request whose body was not read: nothing more can be read from this connection."""
        self.close_connection = True
        self._json(status, {"detail": detail})

    def _json(self, status: int, content: Mapping[str, object]) -> None:
        self._answer(status, JSON, json.dumps(content).encode())

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
