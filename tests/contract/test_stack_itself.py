"""The stack's own alerts on a real Prometheus and Alertmanager: each is made true, and those that can end do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.itself import Itself

pytestmark = pytest.mark.server("prometheus", "alertmanager", "promtool")


@pytest.fixture(scope="module")
def itself(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Itself]:
    """The servers, a minute of scrapes a second."""
    with Itself(tmp_path_factory.mktemp("itself")) as running:
        yield running


def test_a_rule_that_cannot_be_evaluated(itself: Itself) -> None:
    """Many-to-many in a group of the user's own; the stack's own groups are not blamed."""
    alert = itself.until("RuleEvaluationFailing", severity="critical", job="prometheus", team="ops")

    assert alert["labels"]["rule_group"].endswith("own.yml;own")
    assert len(itself.query('ALERTS{alertname="RuleEvaluationFailing"}')) == 1
    assert "own.yml" in alert["annotations"]["summary"]


def test_a_receiver_that_is_dead(itself: Itself) -> None:
    """The Watchdog alone is enough to find out: Alertmanager gives its notification up after ten seconds."""
    alert = itself.until("AlertsNotDelivered", 90, severity="critical", job="alertmanager", integration="webhook")

    assert "webhook" in alert["annotations"]["summary"]
    assert itself.firing("AlertsNotDelivered", job="prometheus") is None


def test_an_alertmanager_that_is_gone(itself: Itself) -> None:
    """Prometheus keeps sending and counts what it could not."""
    itself.stop("alertmanager")
    try:
        itself.until("AlertsNotDelivered", 150, severity="critical", job="prometheus")
    finally:
        itself.start("alertmanager")


@pytest.mark.parametrize("server", ["prometheus", "alertmanager"])
def test_a_file_that_is_refused_at_reload(itself: Itself, server: str) -> None:
    """A broken rule file, a broken configuration: true until it is mended."""
    broken = itself.folder / {"prometheus": "prometheus/rules/broken.yml"}.get(server, "alertmanager/alertmanager.yml")
    before = broken.read_text() if broken.exists() else None
    broken.write_text("groups: 5\n")
    itself.reload(server)
    itself.until("ConfigReloadFailed", job=server, severity="critical")
    if before is None:
        broken.unlink()
    else:
        broken.write_text(before)
    itself.reload(server)

    itself.until_gone("ConfigReloadFailed", job=server)


def test_a_target_that_goes_up_and_down(itself: Itself) -> None:
    """Up, down, up, down, up is four changes and silent; the fifth is one too many."""
    seen = f'instance:up_changes:count15m{{instance="{itself.flaps.address}"}}'
    itself.seen(seen)
    for change in range(1, 6):
        itself.flaps.works = not itself.flaps.works
        itself.seen(f"{seen} >= {change}")
        if change == 4:
            time.sleep(3)
            assert itself.firing("TargetFlapping") is None
    alert = itself.until("TargetFlapping", 20, service="flaps", severity="warning", host="127.0.0.1")
    itself.flaps.works = True

    assert alert["annotations"]["value"] == "5"
    assert alert["annotations"]["limit"] == "4"


def test_a_page_whose_series_double(itself: Itself) -> None:
    """From 1,500 a day ago to 2,900 is no alarm, to 3,200 is one, far below the limit of 10,000."""
    now = f'instance:samples_per_scrape:count{{instance="{itself.grows.address}"}}'
    for samples in (2900, 3200):
        assert itself.firing("CardinalityExplosion") is None
        itself.grows.samples = samples
        itself.seen(f"{now} == {samples}")
        time.sleep(5)
    alert = itself.until("CardinalityExplosion", 20, service="grows", severity="warning")

    assert (alert["annotations"]["value"], alert["annotations"]["limit"]) == ("3200", "3000")
    itself.grows.samples = 1500
    itself.until_gone("CardinalityExplosion")


def test_a_disk_of_metrics_that_has_room(itself: Itself) -> None:
    """Every part of the expression is there, on this version of Prometheus."""
    used = float(itself.query("instance:metrics_storage_used:ratio")[0]["value"][1])
    age = float(itself.query("instance:metrics_storage_age:ratio")[0]["value"][1])

    assert 0 < used < 0.01
    assert age == pytest.approx(26 / (30 * 24), rel=0.1)
    assert itself.firing("MetricsStorageNearLimit") is None


def test_a_disk_of_metrics_that_fills_too_early(tmp_path: Path) -> None:
    """The log alone fills 400 KB within a minute, and no sample is a month old."""
    with Itself(tmp_path, retention={"metrics": "30d", "metrics_size": "400KB"}) as small:
        alert = small.until("MetricsStorageNearLimit", 120, job="prometheus", severity="warning", team="ops")

    assert alert["annotations"]["limit"] == "80%"
