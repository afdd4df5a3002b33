"""A report as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from generator.runtime.base import Report, Row

_HEADS = Row("component", "state", "url", "note")


def lines(report: Report) -> Iterator[str]:
    """The table, then the notes and the problems."""
    yield from table(report.rows)
    for mark, texts in (("note", report.notes), ("problem", report.problems)):
        yield from (f"{mark}: {text}" for text in texts)


def table(rows: tuple[Row, ...]) -> Iterator[str]:
    """One line for each row, in columns as wide as they must be; nothing for no rows."""
    if not rows:
        return
    cells = [(row.component, row.state, row.url, row.note) for row in (_HEADS, *rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(3)]
    for line in cells:
        start = "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=False))
        yield f"{start}  {line[3]}".rstrip()
