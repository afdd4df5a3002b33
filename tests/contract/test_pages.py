"""What `init --from` makes of pages and addresses that no library here has: text in, entry or message out."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest

from generator.init import first_spec, propose
from generator.pipeline import read
from generator.runtime.metrics_page import PageError, fetch
from generator.targets import TARGETS

GO = """\
# TYPE http_requests_total counter
http_requests_total{code="200",method="get"} 3
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{code="200",method="get",le="0.0005"} 1
http_request_duration_seconds_bucket{code="200",method="get",le="0.25"} 2
http_request_duration_seconds_bucket{code="200",method="get",le="1e+30"} 3
http_request_duration_seconds_bucket{code="200",method="get",le="+Inf"} 3
# TYPE http_request_size_bytes histogram
http_request_size_bytes_bucket{code="200",le="1024"} 3
"""


class Redirecting(http.server.BaseHTTPRequestHandler):
    """Sends /metrics to /stats/, where the page is."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/stats/" else 302)
        self.send_header("Location", "/stats/")
        self.end_headers()
        self.wfile.write(b"up_total 1\n")

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def redirecting() -> Iterator[str]:
    """The address of a server that redirects."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def test_another_s_names_are_mapped_one_by_one() -> None:
    """`http_requests_total` without the instrumentator's labels is no instrumentator's."""
    service = propose(GO, "go:8080", "go").service

    assert service["kind"] == "custom"
    assert service["metrics"]["requests"] == {"name": "http_requests_total", "method": "method", "status": "code"}
    assert service["metrics"]["duration"]["name"] == "http_request_duration_seconds"
    assert service["buckets"] == ["0.5ms", "250ms"], "bounds that a spec cannot say are left out"
    read(first_spec("mine", service).encode(), next(iter(TARGETS)))


def test_milliseconds_are_told() -> None:
    """A histogram in milliseconds, which also counts, has bounds in the spec's own unit."""
    page = "".join(f'rpc_duration_ms_bucket{{path="/a",status="200",le="{le}"}} 1\n' for le in (50, 1500, "+Inf"))
    service = propose(page + 'rpc_duration_ms_count{path="/a",status="200"} 1\n', "rpc:1", "rpc").service

    assert service["metrics"]["requests"] == {"name": "rpc_duration_ms_count", "route": "path", "status": "status"}
    assert service["metrics"]["duration"] == {"name": "rpc_duration_ms", "route": "path", "unit": "milliseconds"}
    assert service["buckets"] == ["50ms", "1s500ms"]


@pytest.mark.parametrize("page", ["", "<html>\n<p>Hello world</p>", "hello world", '{"up": 1}', "# TYPE a counter\n"])
def test_prose_is_no_page_of_metrics(page: str) -> None:
    with pytest.raises(ValueError, match="no metrics in Prometheus' text format"):
        propose(page, "host:1", "mine")


def test_an_exemplar_a_timestamp_and_a_bound_that_is_none_do_no_harm() -> None:
    """As OpenMetrics writes them, and as a broken page might."""
    page = 'x_duration_seconds_bucket{le="0.5"} 3 1700000000000 # {trace_id="a b"} 0.3\n'
    page += 'x_duration_seconds_bucket{le="soon"} 3\nx_requests_total 3\n'

    assert propose(page, "host:1", "mine").service["buckets"] == ["500ms"]


def test_the_scheme_is_kept() -> None:
    assert propose(GO, "go:443", "go", scheme="https").service["scheme"] == "https"


def test_a_redirect_is_followed_and_told(redirecting: str) -> None:
    """The entry names the place where the page is in the end."""
    page = fetch(f"{redirecting}/")

    assert (page.path, page.scheme, page.target) == ("/stats/", "http", redirecting)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://host/metrics", "is no URL"),
        ("http://", "is no URL"),
        ("http://host:99999/metrics", "is no URL"),
        ("http://me:secret@host/metrics", "holds a user or password"),
        ("http://[::1]:1/metrics", "does not answer"),
        ("http://127.0.0.1:1/metrics", "does not answer"),
    ],
)
def test_what_is_no_address_is_refused(url: str, message: str) -> None:
    """Never with a traceback, and never with the password in the message."""
    with pytest.raises(PageError, match=message) as refused:
        fetch(url, timeout=2)

    assert "secret" not in str(refused.value)
