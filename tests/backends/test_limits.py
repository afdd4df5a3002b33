"""What Loki and Tempo say of their own settings, and what they do at their limits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.backends.otlp import Line, Span, ids, labelled, post, push_lines, push_spans
from tests.backends.servers import Servers
from tests.integration.client import wait

HOUR_NS = 3600 * 10**9
RETENTION = {"stack": {"retention": {"logs": "36h", "traces": "90m"}}}
LINES, LONG = 9000, 300_000


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Both with a short retention."""
    with Servers(tmp_path_factory.mktemp("limits"), RETENTION) as running:
        yield running


@pytest.fixture(scope="module")
def loki(servers: Servers) -> Servers:
    """Loki runs."""
    servers.start("loki")
    return servers


@pytest.fixture(scope="module")
def tempo(servers: Servers) -> Servers:
    """Tempo runs."""
    servers.start("tempo")
    return servers


def counted(servers: Servers, service: str) -> float | None:
    """How many lines of a service there are."""
    found = servers.vector(f'sum(count_over_time({{service="{service}"}}[1h]))')
    return float(found[0]["value"][1]) if found else None


@pytest.mark.server("loki")
def test_the_retention_of_lines(loki: Servers) -> None:
    """All that Loki needs to delete: a period, a compactor that applies it, and where it remembers requests."""
    config: dict[str, Any] = yaml.safe_load(loki.text("loki", "/config"))

    assert config["limits_config"]["retention_period"] == "1d12h"
    assert config["limits_config"]["max_query_lookback"] == "1d12h"
    assert config["compactor"]["retention_enabled"] is True
    assert config["compactor"]["delete_request_store"] == "filesystem"
    assert config["schema_config"]["configs"][0]["schema"] == "v13"


@pytest.mark.server("tempo")
def test_the_retention_of_traces(tempo: Servers) -> None:
    """In each of the places where Tempo looks, and every folder below the stack's own."""
    config: dict[str, Any] = yaml.safe_load(tempo.text("tempo", "/status/config").partition("---\n")[2])
    scheduler = config["backend_scheduler"]["provider"]["compaction"]["compaction"]
    own = (config["live_store"]["wal"], config["storage"]["trace"]["wal"], config["storage"]["trace"]["local"])

    assert config["overrides"]["defaults"]["compaction"]["block_retention"] == "1h30m"
    assert scheduler["block_retention"] == "1h30m0s"
    assert config["backend_worker"]["compaction"]["block_retention"] == "1h30m0s"
    assert config["backend_worker"]["ring"]["kvstore"]["store"] == ""
    folders = [part["path"] for part in own]
    folders += [config["live_store"]["shutdown_marker_dir"], config["backend_scheduler"]["local_work_path"]]
    assert [folder for folder in folders if not folder.startswith(f"{tempo.folder}/data/tempo/")] == []


@pytest.mark.server("loki")
def test_lines_beyond_their_age_are_not_shown(loki: Servers) -> None:
    """They may still be on disk, and are taken while a queue of the collector is late."""
    now = time.time_ns()
    for age in (2, 30, 40):
        line = Line("info", f"of {age} hours ago", time_ns=now - age * HOUR_NS)
        assert push_lines(loki.url("loki"), labelled(f"late-{age}"), [line]) == 204
    # The ingester is asked for the last 2.5 hours only; older lines are seen once they are flushed.
    post(f"{loki.url('loki')}/flush", {})
    start, end = str(now - 60 * HOUR_NS), str(now)

    def seen() -> list[str] | None:
        query = {"query": '{service=~"late-.+"}', "start": start, "end": end}
        found = loki.get("loki", "/loki/api/v1/query_range", **query)["data"]["result"]
        texts = sorted(line for stream in found for _, line in stream["values"])
        return texts if len(texts) > 1 else None

    assert wait("the young lines", seen, 60) == ["of 2 hours ago", "of 30 hours ago"]


@pytest.mark.server("loki")
def test_a_large_batch_is_taken_whole(loki: Servers) -> None:
    """As the collector hands it over after an outage: beyond the message size that gRPC has by default."""
    lines = [Line("info", f"{number:06d} {'x' * 600}") for number in range(LINES)]
    assert push_lines(loki.url("loki"), labelled("batch"), lines) == 204

    assert wait("all lines", lambda: counted(loki, "batch"), 60) == LINES


@pytest.mark.server("loki")
def test_a_line_that_is_too_long_is_cut(loki: Servers) -> None:
    """And not lost; its beginning says what it was."""
    assert push_lines(loki.url("loki"), labelled("long"), [Line("error", "begins " + "y" * LONG)]) == 204
    [stream] = wait("the line", lambda: loki.lines('{service="long"}') or None, 60)
    [(_, line)] = stream["values"]

    assert line.startswith("begins yyy")
    assert line.endswith("… (cut)")
    assert len(line.encode()) <= 256 * 1024


@pytest.mark.server("loki")
def test_a_line_without_a_label_is_refused_and_counted(loki: Servers) -> None:
    """LogsNotIngested reads this counter."""
    record = {"timeUnixNano": str(time.time_ns()), "body": {"stringValue": "whose?"}}
    body = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    with pytest.raises(OSError, match="400"):
        post(f"{loki.url('loki')}/otlp/v1/logs", body)
    page = loki.text("loki", "/metrics").splitlines()

    assert [line for line in page if line.startswith("loki_discarded_samples_total{") and "missing_labels" in line]
    asked = [line for line in page if line.startswith("loki_request_duration_seconds_count{")]
    assert [line for line in asked if 'route="otlp_v1_logs"' in line and 'status_code="204"' in line]


@pytest.mark.server("tempo")
def test_a_trace_that_is_too_large_is_counted(tempo: Servers) -> None:
    """TracesNotIngested reads these counters."""
    trace = ids()[0]
    many = [Span("s", 0.001, trace, ids()[1], attributes={f"a{n}": "z" * 1500 for n in range(40)}) for _ in range(40)]
    for _ in range(3):
        push_spans(tempo.url("otlp_push"), "shop", many)

    def discarded() -> list[str] | None:
        page = tempo.text("tempo", "/metrics").splitlines()
        return [line for line in page if line.startswith("tempo_discarded_spans_total{")] or None

    assert any('reason="trace_too_large"' in line for line in wait("discarded spans", discarded, 60))
    assert [line for line in tempo.text("tempo", "/metrics").splitlines() if "tempo_receiver_refused_spans" in line]
