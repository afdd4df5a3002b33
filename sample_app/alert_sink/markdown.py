"""A very small Markdown, enough for runbooks. Everything is escaped first, so no text can become markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby
from urllib.parse import urlsplit

_HEADING = re.compile(r"(#{1,6}) +(.*)")
_ITEM = re.compile(r"\s*(?:[-*]|[0-9]+\.) +(.*)")
_INLINE = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^()\s]+)\)")


def safe_link(url: str) -> bool:
    """Whether `url` may become a link: absolute, http or https, with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def link(url: str, text: str) -> str:
    """An HTML link, or the escaped text alone where `url` is not safe."""
    if not safe_link(url):
        return escape(text)
    return f'<a href="{escape(url)}" rel="noopener noreferrer">{escape(text)}</a>'


def to_html(text: str) -> str:
    """Headings, lists, tables (as they are typed), fenced code, paragraphs, and inline code, bold and links."""
    parts = re.split(r"^```[^\n]*\n(.*?)^```[ \t]*$", text.replace("\r\n", "\n"), flags=re.MULTILINE | re.DOTALL)
    blocks = []
    for number, part in enumerate(parts):
        if number % 2:
            blocks.append(f"<pre>{escape(part)}</pre>")
        else:
            blocks.extend(_blocks(part))
    return "\n".join(blocks)


def _blocks(text: str) -> Iterator[str]:
    for kind, group in groupby(text.split("\n"), key=_kind):
        lines = list(group)
        if kind == "heading":
            yield from (_heading(line) for line in lines)
        elif kind == "item":
            items = (_ITEM.sub(r"\1", line) for line in lines)
            yield "<ul>" + "".join(f"<li>{_inline(item)}</li>" for item in items) + "</ul>"
        elif kind == "table":
            yield f"<pre>{escape(chr(10).join(lines))}</pre>"
        elif kind == "text":
            yield f"<p>{_inline(' '.join(line.strip() for line in lines))}</p>"


def _kind(line: str) -> str:
    if not line.strip():
        return "empty"
    if _HEADING.fullmatch(line):
        return "heading"
    if line.lstrip().startswith("|"):
        return "table"
    return "item" if _ITEM.fullmatch(line) else "text"


def _heading(line: str) -> str:
    marks, text = re.split(r" +", line, maxsplit=1)
    return f"<h{len(marks)}>{_inline(text)}</h{len(marks)}>"


def _inline(text: str) -> str:
    pieces, end = [], 0
    for match in _INLINE.finditer(text):
        code, bold, label, url = match.groups()
        pieces.append(escape(text[end : match.start()]))
        if code is not None:
            pieces.append(f"<code>{escape(code)}</code>")
        elif bold is not None:
            pieces.append(f"<strong>{escape(bold)}</strong>")
        else:
            pieces.append(link(url, label))
        end = match.end()
    return "".join(pieces) + escape(text[end:])
