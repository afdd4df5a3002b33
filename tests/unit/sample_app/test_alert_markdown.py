"""Runbooks become HTML, and only what this module wrote is markup."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample_app.alert_sink.markdown import safe_link, to_html


def test_a_runbook_becomes_html() -> None:
    """Headings, lists, code, tables, bold and links."""
    text = """# Title & more

Some **bold** text with `a < b`
on two lines.

1. first [docs](https://example.org/?a=1&b=2)
2. second

| a | b |

```promql
up == 0 # <now>
```
"""

    assert to_html(text).split("\n") == [
        "<h1>Title &amp; more</h1>",
        "<p>Some <strong>bold</strong> text with <code>a &lt; b</code> on two lines.</p>",
        '<ul><li>first <a href="https://example.org/?a=1&amp;b=2" rel="noopener noreferrer">docs</a></li>'
        "<li>second</li></ul>",
        "<pre>| a | b |</pre>",
        "<pre>up == 0 # &lt;now&gt;",
        "</pre>",
    ]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//host", "http://", "http://[", "/x", ""])
def test_only_http_and_https_become_links(url: str) -> None:
    """Relative addresses do not either: nobody knows where they lead."""
    assert not safe_link(url)


@given(st.text(alphabet="<>&\"'`*[]()#|- \nabjs:http/", max_size=200))
def test_no_text_becomes_foreign_markup(text: str) -> None:
    """Every tag in the output is one of ours, and links have one shape."""
    tags = re.findall(r"<[^>]*>?", to_html(text))
    ours = r"</?(h[1-6]|p|ul|li|pre|code|strong|a)>|<a href=\"https?://[^\"<>]*\" rel=\"noopener noreferrer\">"

    assert [tag for tag in tags if not re.fullmatch(ours, tag)] == []
