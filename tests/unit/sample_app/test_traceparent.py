"""Which `traceparent` headers give a trace id."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample_app.telemetry import trace_id_of

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


@pytest.mark.parametrize("header", [f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-03", f"cc-{TRACE}-{SPAN}-01-more"])
def test_a_sampled_trace_gives_its_id(header: str) -> None:
    """Later versions may append fields."""
    assert trace_id_of([(b"host", b"x"), (b"traceparent", header.encode())]) == TRACE


@pytest.mark.parametrize(
    "header",
    [
        "",
        f"00-{TRACE}-{SPAN}-00",
        f"00-{TRACE}-{SPAN}-01-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-01\n",
    ],
)
def test_anything_else_gives_none(header: str) -> None:
    """Not sampled, invalid by the standard, or rubbish."""
    assert trace_id_of([(b"traceparent", header.encode())]) is None


def test_no_header_gives_none() -> None:
    """Most requests have none."""
    assert trace_id_of([(b"host", b"x")]) is None


@given(st.binary(max_size=80))
def test_no_bytes_make_it_raise(header: bytes) -> None:
    """A client can send what it likes."""
    assert trace_id_of([(b"traceparent", header)]) is None
