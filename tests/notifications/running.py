"""A real Alertmanager with the generator's configuration, whose receivers are local sinks."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from generator.builders.commands import alertmanager_flags, alertmanager_zone
from generator.pipeline import load, render
from generator.runtime import zones
from generator.runtime.binaries import Sources, provide
from generator.runtime.relocate import relocated
from tests.integration.client import free_ports, get, wait
from tests.notifications.sinks import Sinks
from tests.proof import STATE

BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)


def spec(sinks: Sinks, port: int, locale: str) -> dict[str, Any]:
    """One receiver with every channel, one that is broken, and times that are always and never."""
    everything = {
        "slack": {"webhook_url_file": "/run/secrets/slack", "channel": "#oncall"},
        "email": {
            "to": "ops@example.com",
            "from": "alerts@example.com",
            "smarthost": sinks.smarthost,
            "require_tls": False,
        },
        "pagerduty": {"routing_key_file": "/run/secrets/pager"},
        "telegram": {"bot_token_file": "/run/secrets/bot", "chat_id": -100123},
        "teams": {"webhook_url_file": "/run/secrets/teams"},
        "discord": {"webhook_url_file": "/run/secrets/discord"},
        "opsgenie": {"api_key_file": "/run/secrets/opsgenie"},
        "webhook": {"url_file": "/run/secrets/hook"},
    }
    return {
        "version": 1,
        "stack": {
            "name": "demo",
            "locale": locale,
            "timezone": "Asia/Seoul",
            "ports": {"alertmanager": port},
        },
        "services": [
            {"name": "shop", "kind": "fastapi", "targets": ["shop:8000"], "buckets": ["500ms", "800ms", "5s"]}
        ],
        "alerting": {
            "receivers": [
                {"name": "all", **everything},
                {"name": "hook", "webhook": {"url": f"{sinks.url}/plain"}},
                {"name": "broken", "webhook": {"url": f"{sinks.url.rsplit(':', 1)[0]}:1/nobody"}},
            ],
            "default": "hook",
            "times": [
                {"name": "always", "weekdays": ["mon-sun"]},
                {"name": "nearly-always", "from": "12:00", "to": "11:59"},
            ],
            "routes": [
                {"match": {"team": "muted"}, "receiver": "hook", "mute": ["always"]},
                {"match": {"team": "nights"}, "receiver": "hook", "active": ["always", "nearly-always"]},
                {"match": {"severity": ["critical", "warning"], "tier": "front|.*"}, "receiver": "all"},
            ],
            "group_wait": "1s",
            "group_interval": "3s",
        },
    }


class Running:
    """The server, its sinks, and small questions to both."""

    def __init__(self, folder: Path, locale: str) -> None:
        self.sinks, self.locale = Sinks(), locale
        self.port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self.spec = folder / "spec.yaml"
        self.spec.write_text(yaml.safe_dump(spec(self.sinks, self.port, locale), allow_unicode=True))
        stack = load(self.spec.read_bytes(), "spec.yaml", "native")
        for path, text in render(stack).files().items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        config = folder / "alertmanager"
        self._secrets(config / "secrets")
        self._point_here(config / "alertmanager.yml")
        found = provide(("alertmanager",), Sources.here(STATE).without_network(), lambda _text: None).found[0]
        zones.place(stack, folder)
        zone = {name: str(folder / value) for name, value in alertmanager_zone(stack).items()}
        binary = relocated(found, folder / "state", folder)
        self.log = (folder / "log").open("wb")
        self.process = subprocess.Popen(
            [
                str(binary.path),
                "--config.file=alertmanager.yml",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                f"--web.external-url=http://localhost:{self.port}",
                "--cluster.listen-address=",
                *alertmanager_flags(found.version),
            ],
            cwd=config,
            env={**os.environ, **binary.environment, **zone},
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        wait("Alertmanager to be ready", lambda: get(f"{self.url}/api/v2/status"), 30)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        self.log.close()
        self.sinks.close()

    def post(self, labels: dict[str, str], annotations: dict[str, str], *, ended: bool = False) -> None:
        """Sends an alert as Prometheus does."""
        ends = datetime.now(UTC) + timedelta(seconds=-1 if ended else 300)
        alert = {
            "labels": labels,
            "annotations": annotations,
            "startsAt": BEGAN.isoformat(),
            "endsAt": ends.isoformat(),
        }
        data, headers = json.dumps([alert]).encode(), {"Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/api/v2/alerts", data, headers), timeout=10):
            pass

    def alerts(self, *matchers: str) -> list[dict[str, Any]]:
        """Alerts that all matchers select, as the server sees them."""
        query = urllib.parse.urlencode([("filter", matcher) for matcher in matchers])
        return list(get(f"{self.url}/api/v2/alerts?{query}"))

    def posted(self, part: str, word: str) -> Any:
        """The first body that was posted to a path with this part and holds the word."""
        found = [
            body for path, body in self.sinks.posts if part in path and word in json.dumps(body, ensure_ascii=False)
        ]
        return found[0] if found else None

    def _secrets(self, folder: Path) -> None:
        folder.mkdir()
        for name in ("slack", "teams", "discord", "hook"):
            (folder / name).write_text(f"{self.sinks.url}/{name}\n")
        for name in ("pager", "bot", "opsgenie"):
            (folder / name).write_text(f"key-of-{name}\n")

    def _point_here(self, path: Path) -> None:
        """Services with one address for everybody are replaced by the sink."""
        config = yaml.safe_load(path.read_text())
        for receiver in config["receivers"]:
            for kind, field in (("telegram", "api_url"), ("opsgenie", "api_url"), ("pagerduty", "url")):
                for entry in receiver.get(f"{kind}_configs", ()):
                    entry[field] = f"{self.sinks.url}/{kind}/"
        path.write_text(yaml.safe_dump(config, allow_unicode=True))
