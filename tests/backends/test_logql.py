"""Every LogQL query of the requirement documents and of docs/logs-and-traces.md, asked of a real Loki."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.backends.conftest import Told
from tests.proof import ROOT

pytestmark = pytest.mark.server("loki")
PAGES = ("docs/logs-and-traces.md", "docs/logs-and-traces.ko.md")
FENCE = re.compile(r"```logql\n(.*?)```", re.DOTALL)


def texts(streams: list[dict[str, Any]]) -> list[str]:
    """The lines of an answer, sorted."""
    return sorted(line for stream in streams for _, line in stream["values"])


def documented(page: str) -> list[str]:
    """The queries of a page: what stands between comments and empty lines."""
    blocks = FENCE.findall((ROOT / page).read_text())
    kept = ("\n".join(line for line in block.splitlines() if not line.startswith("#")) for block in blocks)
    return [query.strip() for block in kept for query in re.split(r"\n\s*\n", block) if query.strip()]


def test_all_lines_of_an_app(loki: Told) -> None:
    assert len(texts(loki.servers.lines('{app="shop"}'))) == 5


def test_a_word(loki: Told) -> None:
    """Case counts: levels are written in lower case, so this finds what says ERROR itself."""
    found = loki.servers.lines('{app="shop"} |= "ERROR"')

    assert texts(found) == ["ERROR in plain text: no JSON at all"]


def test_a_level_from_json(loki: Told) -> None:
    """Also the line that is no JSON: its level is a label."""
    found = loki.servers.lines('{app="shop"} | json | level="error"')

    assert len(texts(found)) == 2
    assert {stream["stream"]["level"] for stream in found} == {"error"}


def test_a_regular_expression(loki: Told) -> None:
    found = texts(loki.servers.lines('{app="shop"} |~ "status=[45][0-9]{2}"'))

    assert len(found) == 2
    assert all(re.search("status=(404|500)", line) for line in found)


def test_errors_as_time_and_message(loki: Told) -> None:
    found = loki.servers.lines('{app="shop"} | json | level="error" | line_format "{{.timestamp}} {{.message}}"')

    assert "2026-11-21T12:35:55.123Z POST /orders status=500 duration=0.250" in texts(found)


def test_errors_as_time_path_and_error(loki: Told) -> None:
    query = '{app="shop"} | json | level="error" | line_format "{{.timestamp}} {{.path}} {{.error}}"'

    assert "2026-11-21T12:35:55.123Z /orders Internal Server Error" in texts(loki.servers.lines(query))


def test_what_a_user_did(loki: Told) -> None:
    query = '{app="shop"} | json | user_id="123" | line_format "{{.method}} {{.path}} {{.status}}"'

    assert texts(loki.servers.lines(query)) == ["GET /items/{item_id} 200", "GET /items/{item_id} 404"]


def test_slow_requests(loki: Told) -> None:
    query = '{app="shop"} | json | duration > 1.0 | line_format "{{.path}} took {{.duration}}s"'

    assert texts(loki.servers.lines(query)) == ["/orders took 1.7s"]


def test_the_rate_of_requests(loki: Told) -> None:
    """Two requests with a 2xx within five minutes: the line that is no JSON is not in the way."""
    [sample] = loki.servers.vector('sum(rate({app="shop"} | json | status=~"2.." [5m]))')

    assert float(sample["value"][1]) == pytest.approx(2 / 300)


def test_labels_are_few_and_the_rest_is_structured_metadata(loki: Told) -> None:
    """A trace's id finds its lines without a parser, and is no label of a stream."""
    servers = loki.servers
    labels = set(servers.get("loki", "/loki/api/v1/labels")["data"])
    series = servers.get("loki", "/loki/api/v1/series", **{"match[]": '{app="shop"}'})["data"]
    found = servers.lines(f'{{service="shop"}} | trace_id="{loki.failed[0]}"')

    assert labels == {"service", "app", "env", "level"}
    assert sorted(each["level"] for each in series) == ["error", "info", "warning"]
    assert len(texts(found)) == 2
    assert {stream["stream"]["service_instance_id"] for stream in found} == {"i-1"}


@pytest.mark.parametrize("page", PAGES)
def test_every_query_of_the_page_finds_something(loki: Told, page: str) -> None:
    """As it stands there, with the id of a trace that is there."""
    queries = [query.replace("TRACE_ID", loki.failed[0]) for query in documented(page)]

    assert len(queries) >= 14
    for query in queries:
        assert loki.servers.lines(query), query


def test_the_pages_show_the_same_queries() -> None:
    """In both languages; comments differ."""
    english, korean = (documented(page) for page in PAGES)

    assert english == korean


def test_the_parts_of_the_page_are_found() -> None:
    """Comments are no part of a query, an empty line ends one."""
    assert FENCE.findall('```logql\n# a\n{a="b"}\n```') == ['# a\n{a="b"}\n']
