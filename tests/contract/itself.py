"""A real Prometheus and Alertmanager whose receiver is dead, and pages that a test makes grow, fail and come back."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import urllib.parse
from pathlib import Path
from typing import Any

import yaml

from generator.names import SAMPLES
from generator.pipeline import generate
from generator.runtime.binaries import Sources, provide
from generator.runtime.relocate import relocated
from tests.contract import load
from tests.contract.static import StaticPage
from tests.integration.client import free_ports, get, wait
from tests.proof import STATE, find

HELD = (
    "AlertsNotDelivered",
    "CardinalityExplosion",
    "ConfigReloadFailed",
    "MetricsStorageNearLimit",
    "RuleEvaluationFailing",
)
AGO, UNTIL = 26 * 3600, 23 * 3600
NOBODY = "http://127.0.0.1:1/"
MANY_TO_MANY = 'label_replace(up, "x", "a", "", "") * on (x) label_replace(up, "x", "a", "", "")'


class Page(StaticPage):
    """Metrics of a service: so many samples, or an error."""

    def __init__(self, samples: int) -> None:
        self.samples, self.works = samples, True
        super().__init__(lambda _share: "".join(f'page_value{{number="{n}"}} 1\n' for n in range(self.samples)))
        self.address = self.url.removeprefix("http://")
        self.start()

    def _get(self, path: str) -> tuple[int, bytes]:
        return super()._get(path) if self.works else (503, b"")


class Itself:
    """The two servers with the rendered configuration, a scrape a second, and `for` of a second. Used as a context."""

    def __init__(self, folder: Path, **stack: Any) -> None:
        self.folder = folder
        self.grows, self.flaps = Page(1500), Page(10)
        self.ports = dict(zip(("prometheus", "alertmanager"), free_ports(2), strict=True))
        self.section = {"name": "itself", "scrape_interval": "1s", "scrape_timeout": "1s", "ports": self.ports, **stack}
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        """Prometheus' address."""
        return f"http://127.0.0.1:{self.ports['prometheus']}"

    def spec(self) -> dict[str, Any]:
        """Two services, a receiver that nobody listens at, and a rule of the user's own that cannot be evaluated."""
        return {
            "version": 1,
            "stack": self.section,
            "services": [
                {"name": name, "kind": "fastapi", "targets": [page.address], "buckets": ["800ms", "3s", "5s"]}
                for name, page in (("grows", self.grows), ("flaps", self.flaps))
            ],
            "alerting": {
                "receivers": [{"name": "dead", "webhook": {"url": NOBODY}}],
                "group_wait": "0s",
                "group_interval": "1s",
                "for": dict.fromkeys(HELD, "1s"),
                "rules": [{"record": "own:broken", "expr": MANY_TO_MANY}],
            },
        }

    def __enter__(self) -> Itself:
        for path, text in generate(yaml.safe_dump(self.spec()), target="native").files().items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_text(text)
        try:
            self._yesterday()
            self.start("prometheus")
            self.start("alertmanager")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self.running):
            self.stop(name)
        self.grows.stop()
        self.flaps.stop()

    def _yesterday(self) -> None:
        """What Prometheus recorded of the page a day ago: 1,500 samples."""
        now = int(time.time())
        labels = f'service="grows",team="ops",job="grows",instance="{self.grows.address}"'
        lines = [f"{SAMPLES}{{{labels}}} 1500 {at}" for at in range(now - AGO, now - UNTIL, 60)]
        text = self.folder / "yesterday.txt"
        text.write_text("\n".join([f"# TYPE {SAMPLES} gauge", *lines, "# EOF", ""]))
        tool = find("promtool")
        assert tool
        made = [tool.where, "tsdb", "create-blocks-from", "openmetrics", str(text), str(self.folder / "data")]
        subprocess.run(made, check=True, capture_output=True)

    def start(self, name: str) -> None:
        """Runs a server as the native runtime does; waits until it is ready."""
        found = provide((name,), Sources.here(STATE).without_network(), lambda _text: None).get(name)
        assert found
        binary = relocated(found, self.folder / "state", self.folder)
        config = f"--config.file={self.folder}/{name}/{name}.yml"
        listen = f"--web.listen-address=127.0.0.1:{self.ports[name]}"
        own = {
            "prometheus": [
                f"--storage.tsdb.path={self.folder}/data",
                f"--storage.tsdb.retention.time={self.section.get('retention', {}).get('metrics', '30d')}",
                f"--storage.tsdb.retention.size={self.section.get('retention', {}).get('metrics_size', '20GB')}",
            ],
            "alertmanager": [f"--storage.path={self.folder}/alerts", "--cluster.listen-address="],
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            command = [str(binary.path), config, listen, *own[name]]
            self.running[name] = subprocess.Popen(command, cwd=self.folder / name, stdout=log, stderr=log)
        load.page(f"http://127.0.0.1:{self.ports[name]}/-/ready", 60)

    def stop(self, name: str) -> None:
        """Ends a server that was started here."""
        process = self.running.pop(name)
        process.terminate()
        process.wait(30)

    def reload(self, name: str) -> None:
        """Asks a server to read its files again."""
        self.running[name].send_signal(signal.SIGHUP)

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The instant vector of an expression."""
        return list(get(f"{self.url}/api/v1/query?{urllib.parse.urlencode({'query': expression})}")["data"]["result"])

    def seen(self, expression: str, seconds: float = 30) -> list[dict[str, Any]]:
        """Waits until an expression has anything."""
        return wait(expression, lambda: self.query(expression) or None, seconds)

    def firing(self, alert: str, **labels: str) -> dict[str, Any] | None:
        """The alert that fires with these labels, as Prometheus would send it."""
        for found in get(f"{self.url}/api/v1/alerts")["data"]["alerts"]:
            known = found["labels"]
            if found["state"] == "firing" and {"alertname": alert, **labels}.items() <= known.items():
                return dict(found)
        return None

    def until(self, alert: str, seconds: float = 60, **labels: str) -> dict[str, Any]:
        """Waits until the alert fires."""
        return wait(f"{alert} {json.dumps(labels)}", lambda: self.firing(alert, **labels), seconds)

    def until_gone(self, alert: str, seconds: float = 60, **labels: str) -> None:
        """Waits until the alert does not fire."""
        wait(f"the end of {alert}", lambda: True if self.firing(alert, **labels) is None else None, seconds)
