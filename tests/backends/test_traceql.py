"""Every TraceQL query of docs/logs-and-traces.md, and traces by id, asked of a real Tempo."""

from __future__ import annotations

import re

import pytest

from tests.backends.conftest import Told
from tests.proof import ROOT

pytestmark = pytest.mark.server("tempo")
PAGES = ("docs/logs-and-traces.md", "docs/logs-and-traces.ko.md")
FENCE = re.compile(r"```traceql\n(.*?)```", re.DOTALL)


def documented(page: str) -> list[str]:
    """The queries of a page, one a line."""
    lines = (line for block in FENCE.findall((ROOT / page).read_text()) for line in block.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def ids_of(told: Told, query: str) -> set[str]:
    """The ids of the traces that a query finds; search leaves zeros at their beginning out."""
    return {found["traceID"].zfill(32) for found in told.servers.traces(query)}


def test_a_trace_by_its_id(tempo: Told) -> None:
    """Both spans, the query below the request."""
    spans = {span["name"]: span for span in tempo.servers.trace(tempo.failed[0])}

    assert spans.keys() == {"POST /orders", "SELECT shop.orders"}
    assert spans["SELECT shop.orders"]["parentSpanId"] == spans["POST /orders"]["spanId"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ('{ resource.service.name = "shop" && status = error }', {"failed"}),
        ('{ span.http.route = "/orders" && duration > 1s }', {"slow"}),
        ("{ span.http.response.status_code >= 500 }", {"failed"}),
        ("{ trace:duration > 1s }", {"slow"}),
        ('{ kind = server } >> { span.db.system.name = "postgresql" && duration > 100ms }', {"slow", "failed"}),
        ('{ span.http.request.method = "GET" }', {"fast"}),
    ],
)
def test_a_query_finds_these_and_no_others(tempo: Told, query: str, names: set[str]) -> None:
    wanted = {getattr(tempo, name)[0] for name in names}

    assert ids_of(tempo, query) == wanted


@pytest.mark.parametrize("page", PAGES)
def test_every_query_of_the_page_finds_something(tempo: Told, page: str) -> None:
    queries = documented(page)

    assert len(queries) >= 7
    assert [query for query in queries if not ids_of(tempo, query)] == []


def test_the_pages_show_the_same_queries() -> None:
    english, korean = (documented(page) for page in PAGES)

    assert english == korean
