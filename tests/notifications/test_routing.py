"""Which receiver a real Alertmanager chooses, when it tells, what silences what, and the command that tries it."""

from __future__ import annotations

import time

import pytest

from generator import names
from generator.cli import main
from generator.runtime import alert_test
from tests.integration.client import wait
from tests.notifications.running import Running

pytestmark = pytest.mark.server("alertmanager")
Labels = dict[str, str]


def run(server: Running, receiver: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Status and words of `alert-test`."""
    status = main(["alert-test", "--spec", str(server.spec), "--target", "native", receiver])
    said = capsys.readouterr()
    return status, said.out + said.err


def test_every_channel_of_a_receiver_is_tried(server: Running, capsys: pytest.CaptureFixture[str]) -> None:
    """And the receiver alone: the default one gets nothing."""
    status, said = run(server, "all", capsys)

    assert status == 0, said
    kinds = ("slack", "email", "pagerduty", "telegram", "msteamsv2", "discord", "opsgenie", "webhook")
    assert [f"all: {kind} delivered" in said for kind in kinds] == [True] * len(kinds)
    assert server.posted("/slack", "make alert-test") is not None
    assert server.posted("/plain", "AlertTest") is None


def test_a_channel_that_refuses_is_a_failure(server: Running, capsys: pytest.CaptureFixture[str]) -> None:
    """Said once Alertmanager has given up."""
    status, said = run(server, "broken", capsys)

    assert status == 1
    assert "broken: webhook FAILED: " in said


def test_an_unknown_receiver_names_the_nearest(server: Running, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(server, "brokn", capsys) == (2, "no receiver is named 'brokn'; did you mean 'broken'?\n")


def test_a_server_that_does_not_run_is_named(
    server: Running, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_test, "local_url", lambda *_: "http://127.0.0.1:1")

    status, said = run(server, "hook", capsys)

    assert status == 1
    assert "Alertmanager does not answer at http://127.0.0.1:1" in said
    assert "make up" in said


def test_an_older_configuration_is_noticed(
    server: Running, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server sends the alert elsewhere: its configuration does not know the receiver yet."""
    monkeypatch.setattr(names, "TEST_ALERT", "Unrouted")

    status, said = run(server, "all", capsys)

    assert status == 1
    assert "the running Alertmanager sends it to hook; `make up`" in said


def test_a_muted_route_tells_nothing_and_an_active_one_does(server: Running) -> None:
    """Both times hold now: one mutes, and two make active, of which one lasts over midnight."""
    server.post({"alertname": "Muted", "team": "muted"}, {"summary": "never told"})
    server.post({"alertname": "Active", "team": "nights"}, {"summary": "told at once"})

    wait("the active route", lambda: server.posted("/plain", "told at once"), 20)
    time.sleep(2)
    assert server.posted("/plain", "never told") is None


DOWN = {"alertname": "ServiceDown", "severity": "critical"}
CASES: tuple[tuple[str, Labels, Labels, bool], ...] = (
    (
        "critical over warning of one GPU",
        {"alertname": "GpuHot", "severity": "critical", "instance": "a:1", "gpu": "0"},
        {"alertname": "GpuHot", "severity": "warning", "instance": "a:1", "gpu": "0"},
        True,
    ),
    (
        "not of another GPU",
        {"alertname": "GpuHot", "severity": "critical", "instance": "b:1", "gpu": "0"},
        {"alertname": "GpuHot", "severity": "warning", "instance": "b:1", "gpu": "1"},
        False,
    ),
    (
        "a slow service over its routes",
        {"alertname": "HighLatencyP95Critical", "severity": "critical", "service": "c"},
        {"alertname": "HighLatencyP95", "severity": "warning", "service": "c", "route": "/a"},
        True,
    ),
    (
        "a slow route not over another",
        {"alertname": "HighLatencyP95Critical", "severity": "critical", "service": "d", "route": "/a"},
        {"alertname": "HighLatencyP95", "severity": "warning", "service": "d", "route": "/b"},
        False,
    ),
    (
        "a dead service over its symptoms",
        {**DOWN, "service": "e", "job": "e"},
        {"alertname": "LlmLatencyHigh", "severity": "warning", "service": "e"},
        True,
    ),
    (
        "not over those of another",
        {**DOWN, "service": "f", "job": "f"},
        {"alertname": "HighErrorRate", "severity": "critical", "service": "g"},
        False,
    ),
    (
        "a dead database over its symptoms",
        {"alertname": "DatabaseDown", "severity": "critical", "database": "h"},
        {"alertname": "RedisMemoryHigh", "severity": "warning", "database": "h"},
        True,
    ),
    (
        "a dead host over what runs on it",
        {**DOWN, "job": "node", "host": "i", "instance": "i:9100"},
        {**DOWN, "job": "j", "host": "i", "instance": "i:8000", "service": "j"},
        True,
    ),
    (
        "not over what runs elsewhere",
        {**DOWN, "job": "node", "host": "k", "instance": "k:9100"},
        {**DOWN, "job": "l", "host": "m", "instance": "m:8000", "service": "l"},
        False,
    ),
    (
        "a dead Loki over lines that do not arrive",
        {**DOWN, "job": "loki", "instance": "loki:3100", "stack": "o"},
        {"alertname": "LogsNotIngested", "severity": "warning", "job": "collector", "stack": "o"},
        True,
    ),
    (
        "a dead collector over traces that do not arrive",
        {**DOWN, "job": "collector", "instance": "otel-collector:8888", "stack": "p"},
        {"alertname": "TracesNotIngested", "severity": "warning", "job": "tempo", "stack": "p"},
        True,
    ),
    (
        "a dead Tempo not over lines",
        {**DOWN, "job": "tempo", "instance": "tempo:3200", "stack": "q"},
        {"alertname": "LogsNotIngested", "severity": "warning", "job": "collector", "stack": "q"},
        False,
    ),
    (
        "nor over what has no host",
        {**DOWN, "job": "node", "instance": "nowhere"},
        {**DOWN, "job": "n", "service": "n"},
        False,
    ),
)


@pytest.mark.parametrize(("sentence", "cause", "symptom", "held"), CASES, ids=[case[0] for case in CASES])
def test_a_cause_holds_back_its_symptom(
    server: Running, sentence: str, cause: Labels, symptom: Labels, held: bool
) -> None:
    """Alertmanager itself says whether it inhibits."""
    run_label = {"case": sentence}
    server.post({**cause, **run_label}, {"summary": "cause"})
    time.sleep(0.2)
    server.post({**symptom, **run_label}, {"summary": "symptom"})

    def looked() -> bool | None:
        found = server.alerts(f'case="{sentence}"', f'alertname="{symptom["alertname"]}"')
        mine = [a for a in found if a["annotations"]["summary"] == "symptom" and a["status"]["state"] != "unprocessed"]
        return bool(mine[0]["status"]["inhibitedBy"]) if mine else None

    if held:
        wait(f"{sentence}", lambda: looked() or None, 20)
    else:
        wait(
            "the symptom to be told",
            lambda: server.posted("", f'"case": "{sentence}"') if looked() is not None else None,
            20,
        )
        assert looked() is False
