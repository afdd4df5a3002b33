"""Values that would break out of a careless message, and readers of the markups that they would break out into."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import unquote

VALUE = (
    '{{ .X }} <script>alert(1)</script> `x` *b* <!channel> @here [evil](http://evil.example) "q" \\ 한글\nsecond: line'
)
LONG = "가" * 400


class Page(HTMLParser):
    """The tags, links and text of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


def without_links(text: str, link: str) -> str:
    """The text without links of the generator's own form."""
    return re.sub(link, "", text)


def matchers(url: str) -> list[str]:
    """The matchers with which the form for a silence is filled, as Alertmanager's page reads them: without escapes."""
    filled = unquote(url.split("filter=")[1])
    assert filled[0] + filled[-1] == "{}"
    found = re.findall(r'([a-z_]+=~?"[^"\\]*")(?:, |$)', filled[1:-1])
    assert ", ".join(found) == filled[1:-1]
    return found
