"""A page of text served over HTTP from this process, for servers that only their format stands for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class StaticPage:
    """Serves `make(share)` at /metrics; `share` is 1 until `grow`. Used as a context."""

    def __init__(self, make: Callable[[int], str]) -> None:
        self._make, self._share = make, 1

        class Handler(BaseHTTPRequestHandler):
            def do_GET(handler) -> None:  # `self` is the page
                handler._answer(*self._get(handler.path))

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _get(self, path: str) -> tuple[int, bytes]:
        return (200, self._make(self._share).encode()) if path == "/metrics" else (404, b"")

    def start(self) -> None:
        """Answers until `stop`."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def grow(self) -> None:
        """From now on the page shows one load more."""
        self._share += 1

    def stop(self) -> None:
        """Ends the server."""
        self._server.shutdown()
        self._server.server_close()
