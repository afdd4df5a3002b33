"""Parts of the shop that need no server: how it deals with a dependency that hangs, and how often it asks."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from sample_app.shop.dependencies import PAUSE_SECONDS, Dependency, Unavailable
from sample_app.shop.metrics import ActiveUsers, ShopMetrics, page
from sample_app.shop.settings import Settings, django_settings
from tests.unit.sample_app.shop_process import ROOT


@dataclass
class Clock:
    """A clock that a test moves."""

    now: float = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


class Service:
    """A dependency whose calls take so many seconds and then fail or work."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.reports: list[float] = []
        self.calls = 0
        self.dependency = Dependency("oven", self.reports.append, (KeyError,), self.clock)

    def call(self, seconds: float = 0.0, error: Exception | None = None) -> str:
        """Why the call failed; empty when it worked."""
        try:
            with self.dependency.call(OSError, KeyError):
                self.calls += 1
                self.clock.now += seconds
                if error:
                    raise error
        except Unavailable as unavailable:
            return str(unavailable)
        return ""


def test_a_dependency_that_refuses_is_asked_each_time() -> None:
    service = Service()

    said = [service.call(0.01, OSError("refused\nwith details")) for _ in range(3)]

    assert said == ["the oven is not available: refused"] * 3
    assert (service.calls, service.reports) == (3, [0.0] * 3)


def test_a_dependency_that_hangs_is_asked_once_in_a_while() -> None:
    """Everybody else hears the reason at once, until a call works."""
    service = Service()
    service.call(2, OSError("silence"))
    assert [service.call() for _ in range(5)] == ["the oven is not available: silence"] * 5
    assert service.calls == 1

    service.clock.now += PAUSE_SECONDS
    assert service.call(2, OSError("silence")) != ""
    assert [service.call() for _ in range(5)] == ["the oven is not available: silence"] * 5
    assert service.calls == 2

    service.clock.now += PAUSE_SECONDS
    assert [service.call() for _ in range(3)] == ["", "", ""]
    assert service.reports == [0.0, 0.0, 1.0, 1.0, 1.0]


def test_while_one_call_finds_out_nobody_else_waits() -> None:
    service = Service()
    service.call(2, OSError("silence"))
    service.clock.now += PAUSE_SECONDS

    with service.dependency.call(OSError):
        assert service.call() == "the oven is not available: silence"
    assert service.call() == ""


def test_a_slow_answer_is_no_hang() -> None:
    service = Service()

    assert service.call(2, KeyError("cancelled")) != ""
    assert service.call() == ""


def test_other_errors_pass() -> None:
    service = Service()

    with pytest.raises(ValueError, match="mine"):
        service.call(0, ValueError("mine"))
    assert service.reports == []


def test_active_users_are_asked_every_ten_seconds_and_absent_when_nobody_knows() -> None:
    answers: list[int | None] = [3, None, 5]
    clock = Clock()
    registry = CollectorRegistry()
    registry.register(users := ActiveUsers(lambda: answers.pop(0), clock))
    assert answers == [3, None, 5]

    seen = []
    for clock.now in (0, 9, 10, 19, 20):
        seen.append([metric.samples[0].value for metric in users.collect()])

    assert seen == [[3], [3], [], [], [5]]


@pytest.mark.parametrize("accept", ["", "application/openmetrics-text; version=x", "text/html"])
def test_the_page_is_text_unless_asked_otherwise(accept: str) -> None:
    registry = CollectorRegistry()
    ShopMetrics(registry).up("cache")(1.0)

    body, content_type = page(registry, ActiveUsers(lambda: 7), accept)

    assert content_type.startswith("text/plain")
    assert b"shop_active_users 7.0\n" in body
    assert b'dependency_up{dependency="cache"} 1.0\n' in body
    assert b"shop_revenue_krw_total 0.0\n" in body


def test_the_program_does_not_import_the_metrics_client() -> None:
    """The client chooses where it keeps numbers when it is imported: only a worker knows that."""
    code = "import sys, sample_app.shop.__main__; sys.exit('prometheus_client' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_settings_from_the_environment(tmp_path: Path) -> None:
    """What libpq understands goes to libpq; the password comes from its file and no text shows it."""
    file = tmp_path / "password"
    file.write_text("s3cret\n", encoding="utf-8")
    settings = Settings.from_environment(
        {
            "DATABASE_URL": "postgresql://shop@db:6432/market?sslmode=require",
            "DATABASE_PASSWORD_FILE": str(file),
            "CACHE_URL": "redis://cache:6379/0",
            "SHOP_ALLOWED_HOSTS": "shop, shop.example",
        }
    )
    database = django_settings(settings)["DATABASES"]["default"]

    assert "s3cret" not in repr(settings)
    assert (settings.api_url, settings.allowed_hosts) == ("http://ml-api:8000", ("shop", "shop.example"))
    assert [database[key] for key in ("HOST", "PORT", "USER", "NAME", "PASSWORD")] == [
        "db",
        "6432",
        "shop",
        "market",
        "s3cret",
    ]
    assert database["OPTIONS"]["sslmode"] == "require"
    assert database["OPTIONS"]["connect_timeout"] == 2
