"""Servers of this host that keep what was sent to them: one speaks SMTP, one takes any POST."""

from __future__ import annotations

import email
import email.policy
import json
import socketserver
import threading
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TELEGRAM = {"ok": True, "result": {"message_id": 1, "date": 0, "chat": {"id": -100123, "type": "group"}}}


@dataclass
class Sinks:
    """Both servers, running; `mails` and `posts` are what arrived, in order."""

    mails: list[EmailMessage] = field(default_factory=list)
    posts: list[tuple[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        sinks = self

        class Smtp(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self._say("220 sink")
                while command := self.rfile.readline().decode().strip():
                    verb = command.split(" ")[0].upper()
                    if verb == "DATA":
                        self._say("354 go on")
                        raw = b""
                        while (line := self.rfile.readline()) != b".\r\n":
                            raw += line.removeprefix(b".") if line.startswith(b"..") else line
                        message = email.message_from_bytes(raw, policy=email.policy.default)
                        assert isinstance(message, EmailMessage)
                        sinks.mails.append(message)
                    if verb == "QUIT":
                        self._say("221 bye")
                        return
                    self._say("250 ok")

            def _say(self, text: str) -> None:
                self.wfile.write(f"{text}\r\n".encode())

        class Http(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                sinks.posts.append((self.path, json.loads(raw)))
                answer = json.dumps(TELEGRAM).encode() if "sendMessage" in self.path else b"ok"
                self.send_response(202 if "/v2/" in self.path else 200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing on the terminal."""

        self.smtp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Smtp)
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Http)
        for server in (self.smtp, self.http):
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, daemon=True).start()

    @property
    def smarthost(self) -> str:
        return f"127.0.0.1:{self.smtp.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}"

    def close(self) -> None:
        for server in (self.smtp, self.http):
            server.shutdown()
            server.server_close()
