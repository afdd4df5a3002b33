"""Records, locks, ports, processes and secrets of a stack on this host."""

from __future__ import annotations

import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from generator.model import Component
from generator.pipeline import load
from generator.runtime import files, ports, process, secrets
from generator.runtime.base import Project, Report, Row, RuntimeProblem, unwell
from generator.runtime.compose import Container, environment
from generator.runtime.table import lines

SPEC = {
    "version": 1,
    "stack": {"name": "demo"},
    "services": [{"name": "api", "kind": "fastapi", "targets": ["api:8000"]}],
    "alerting": {
        "receivers": [
            {"name": "a", "slack": {"webhook_url_file": "/run/secrets/slack_url"}},
            {"name": "b", "pagerduty": {"routing_key_env": "PAGER_KEY"}},
        ]
    },
}
STACK = load(yaml.safe_dump(SPEC).encode(), "spec.yaml", "compose")


def test_a_secret_file_is_never_readable_by_others_on_the_way(tmp_path: Path) -> None:
    """Written with its mode at once, into a folder of its own."""
    files.write(tmp_path / "deep" / "secret", "s3cret", 0o600)

    assert stat.S_IMODE((tmp_path / "deep" / "secret").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["secret"]


def test_a_damaged_record_is_an_empty_one(tmp_path: Path) -> None:
    """A command goes on; it does not crash on what another left half."""
    for text in ("{", "[]", "\udcff"):
        (tmp_path / "record").write_bytes(text.encode("utf-8", "surrogateescape"))
        assert files.recall(tmp_path / "record") == {}
    files.remember(tmp_path / "record", {"a": 1})
    assert files.recall(tmp_path / "record") == {"a": 1}


def test_one_command_at_a_time(tmp_path: Path) -> None:
    """The second is told, and not made to wait."""
    with files.alone(tmp_path), pytest.raises(RuntimeProblem, match="another command"), files.alone(tmp_path):
        pass
    with files.alone(tmp_path):
        pass


def test_deleting_data_follows_no_link(tmp_path: Path) -> None:
    """What a link inside leads to stays; the folder itself stays too, for it may be a mount."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kept").write_text("kept")
    data = tmp_path / "data"
    (data / "prometheus").mkdir(parents=True)
    (data / "link").symlink_to(tmp_path / "elsewhere")
    files.empty(data)
    files.empty(tmp_path / "never-there")

    assert [*data.iterdir()] == []
    assert (tmp_path / "elsewhere" / "kept").read_text() == "kept"


def test_a_digest_sees_every_change_in_a_folder(tmp_path: Path) -> None:
    """Content, names, and a file that is new."""
    (tmp_path / "a").mkdir()
    seen = [files.digests(tmp_path, ["a"])["a"]]
    for change in (
        lambda: (tmp_path / "a/x").write_text("1"),
        lambda: (tmp_path / "a/x").write_text("2"),
        lambda: (tmp_path / "a/x").rename(tmp_path / "a/y"),
    ):
        change()
        seen.append(files.digests(tmp_path, ["a"])["a"])

    assert len(set(seen)) == len(seen)


def test_a_taken_port_is_named_with_its_key() -> None:
    """Which program, which port, which key of the spec moves it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        with pytest.raises(
            RuntimeProblem,
            match=rf"port {port} of 127\.0\.0\.1, which prometheus needs, is in use \(stack\.ports\.prometheus\)",
        ):
            ports.require([("prometheus", "127.0.0.1", port)])
    ports.require([("prometheus", "127.0.0.1", port)])


def test_an_address_of_another_host_is_told_apart() -> None:
    """192.0.2.1 belongs to nobody."""
    assert "no address of this host" in ports.refused("192.0.2.1", 0)


def test_programs_are_known_by_what_they_were_started_with() -> None:
    """And by nothing else: a user's own copy of the same program is left alone."""
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    mine = subprocess.Popen(sleep, env={"STACK_SOCKET": "/a/b"})
    other = subprocess.Popen(sleep, env={"STACK_SOCKET": "/a/bc"})
    try:
        deadline = time.monotonic() + 10
        while not (found := process.started_with("STACK_SOCKET", "/a/b")) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [*found] == [mine.pid]
        process.end([mine.pid], 5)
        assert mine.wait(5) != 0
        assert other.poll() is None
    finally:
        for each in (mine, other):
            each.kill()
            each.wait()


def test_a_program_that_hangs_ends_in_time() -> None:
    """And what cannot be started is a reason, not an exception."""
    assert "did not end within" in process.run(["sleep", "30"], timeout=0.2).reason
    assert process.run(["/no/such/program"], timeout=1).reason == "/no/such/program: No such file or directory"
    assert process.run(["sh", "-c", "echo one; echo two >&2; exit 3"], timeout=5).reason == "two"


def test_missing_secrets_are_named_by_their_keys(tmp_path: Path) -> None:
    """The file, the variable, and never a value."""
    said = secrets.missing(STACK, tmp_path, {})

    assert tuple(sorted(said)) == (
        "alerting.receivers[0].slack.webhook_url_file: there is no file secrets/slack_url in the project's folder",
        "alerting.receivers[1].pagerduty.routing_key_env: the environment variable PAGER_KEY is not set",
    )
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "slack_url").write_text("https://hooks.example.com/s3cret")
    assert secrets.missing(STACK, tmp_path, {"PAGER_KEY": "s3cret"}) == ()
    (tmp_path / "secrets" / "slack_url").write_text("")
    assert "is empty" in secrets.missing(STACK, tmp_path, {"PAGER_KEY": "s3cret"})[0]


def test_the_collector_gets_its_secrets_without_the_newline_of_an_editor(tmp_path: Path) -> None:
    """As copies, from a file of the project, one elsewhere or a variable: it would send the newline in a header."""
    exporters = [
        {"name": "a", "sentry": {"endpoint": "http://a:1/x", "public_key_file": "/run/secrets/key"}},
        {"name": "b", "otlp": {"endpoint": "http://b:1", "secret_file": str(tmp_path / "own")}},
        {"name": "c", "datadog": {"api_key_env": "DD_KEY"}},
    ]
    raw = yaml.safe_dump({**SPEC, "alerting": {}, "exporters": exporters}).encode()
    project = Project(tmp_path, raw)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "key").write_text("one\n")
    (tmp_path / "own").write_text("two\n")

    stack = project.stack("compose")
    assert "variable DD_KEY is not set" in secrets.missing(stack, tmp_path, {})[0]
    folder = secrets.place(project, stack, {"DD_KEY": "three"}, mode=0o644)

    found = {path.name: path.read_text() for path in folder.iterdir()}
    assert found == {
        "exporter_a_public_key": "one",
        "exporter_b_secret": "two",
        "exporter_c_api_key": "three",
    }
    assert not any(path.is_symlink() for path in folder.iterdir())


def test_grafanas_password_is_made_once(tmp_path: Path) -> None:
    """Random, kept, in a folder that others cannot enter; told only where Grafana runs."""
    path = tmp_path / secrets.GRAFANA_PASSWORD
    secrets.make_passwords(tmp_path, STACK)
    made = path.read_text()
    secrets.make_passwords(tmp_path, STACK)
    secrets.make_passwords(tmp_path / "other", STACK)

    assert len(made.strip()) >= 24
    assert path.read_text() == made
    assert (tmp_path / "other" / secrets.GRAFANA_PASSWORD).read_text() != made
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert secrets.password_note((Component.PROMETHEUS,)) == ()
    assert made.strip() not in "".join(secrets.password_note((Component.GRAFANA,)))


def test_a_report_is_a_table_with_its_problems() -> None:
    """Columns as wide as they must be; missing parts are no failure, stopped ones are."""
    rows = (Row("prometheus", "up", "http://localhost:9090", "3.5"), Row("grafana", "missing", "", "no image"))

    assert [*lines(Report("docker", rows, ("broken",), ("hint",)))] == [
        "component   state    url                    note",
        "prometheus  up       http://localhost:9090  3.5",
        "grafana     missing                         no image",
        "note: hint",
        "problem: broken",
    ]
    assert unwell(rows) == ()
    assert unwell((*rows, Row("alertmanager", "failed"))) == ("alertmanager: failed",)
    assert unwell((Row("prometheus", "stopped"), Row("grafana", "missing")))[0].startswith("nothing of this stack runs")


@pytest.mark.parametrize(
    ("state", "health", "summary"),
    [
        ("running", "healthy", "up"),
        ("running", "", "up"),
        ("running", "starting", "starting"),
        ("running", "unhealthy", "unhealthy"),
        ("restarting", "", "restarting"),
        ("exited", "", "failed"),
        ("created", "", "starting"),
    ],
)
def test_a_container_in_one_word(state: str, health: str, summary: str) -> None:
    """What Docker tells in two."""
    assert Container("prometheus", "id", "name", state, health).summary == summary


def test_compose_gets_the_engines_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the socket; what the user set wins; without a socket nothing is said."""
    monkeypatch.delenv("DOCKER_GID", raising=False)
    (tmp_path / "socket").touch()

    assert environment(tmp_path / "socket")["DOCKER_GID"] == str((tmp_path / "socket").stat().st_gid)
    assert "DOCKER_GID" not in environment(tmp_path / "none")
    monkeypatch.setenv("DOCKER_GID", "7")
    assert environment(tmp_path / "socket")["DOCKER_GID"] == "7"
