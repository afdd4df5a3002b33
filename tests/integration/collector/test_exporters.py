"""Other places that lines and kept traces go to: with their secret from a file, and without harm to Loki and Tempo."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.integration.client import wait
from tests.integration.collector.otlp import line, lines_of, records, span, spans_of
from tests.integration.collector.running import Running, send

pytestmark = [pytest.mark.server("otelcol-contrib"), pytest.mark.integration]


class Elsewhere:
    """A server that takes everything, or nothing, and remembers who asked."""

    def __init__(self, status: int) -> None:
        self.asked: list[tuple[str, str | None]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                outer.asked.append((self.path, self.headers["X-Sentry-Auth"]))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/api/1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def _running(folder: Path, elsewhere: Elsewhere) -> Running:
    (folder / "secrets").mkdir()
    (folder / "secrets" / "exporter_sentry_public_key").write_text("0123abc")
    sentry = {"endpoint": elsewhere.url, "public_key_file": "/run/secrets/sentry"}
    return Running(folder, exporters=[{"name": "sentry", "sentry": sentry}])


def test_both_signals_arrive_with_the_secret_of_the_file(tmp_path: Path) -> None:
    """As a header in the words of that server."""
    elsewhere = Elsewhere(200)
    with _running(tmp_path, elsewhere) as running:
        send(running.url("otlp_http", "/v1/logs"), lines_of("shop", [line("x")]))
        send(running.url("otlp_http", "/v1/traces"), spans_of("shop", [span("f" * 32, "x", failed=True)]))
        wait("both", lambda: True if len({path for path, _ in elsewhere.asked}) == 2 else None, 60)

    auth = "sentry sentry_key=0123abc"
    assert {("/api/1/v1/logs", auth), ("/api/1/v1/traces", auth)} == set(elsewhere.asked)


def test_a_place_that_takes_nothing_harms_no_other(tmp_path: Path) -> None:
    """Its queue full, lines still reach Loki and once only: their senders hear nothing of it."""
    elsewhere = Elsewhere(503)
    with _running(tmp_path, elsewhere) as running:
        running.collector.stop()
        config = running.collector.config
        made = config.read_text()
        assert f"queue_size: {512 << 20}" in made
        config.write_text(made.replace(f"queue_size: {512 << 20}", "queue_size: 300000"))
        running.collector.start()
        texts = [f"line {number}" for number in range(4_000)]
        for first in range(0, len(texts), 50):
            made_lines = [line(f"{text} {'x' * 200}") for text in texts[first : first + 50]]
            send(running.url("otlp_http", "/v1/logs"), lines_of("shop", made_lines), patience=0)
        file = running.received["logs"]
        wait("every line", lambda: True if len([*records(file)]) >= len(texts) else None, 60)
        found = [" ".join(record.body.split()[:2]) for record in records(file)]

    assert sorted(texts) == sorted(found)
    assert elsewhere.asked
