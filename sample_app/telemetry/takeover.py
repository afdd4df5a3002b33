"""Makes every record of `logging` a line: in the whole process, whoever configured logging before."""

from __future__ import annotations

import logging

from .lines import Lines

SERVERS = ("uvicorn", "uvicorn.error", "gunicorn.error", "django", "django.server")
"""Loggers that come with handlers of their own."""

SILENT = ("uvicorn.access", "gunicorn.access", "django.server")
"""Their lines say what the line of a request says, with its query string."""

QUIET = ("httpx", "httpcore", "urllib3", "opentelemetry")
"""They write the whole URL of each call, or what this package says better; warnings stay."""


class LineHandler(logging.Handler):
    """Every record as a line, but for those of which a request's line tells."""

    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one record. Never raises."""
        if _told_elsewhere(record):
            return
        try:
            self._lines.record(record)
        except Exception:  # as every handler of logging does
            self.handleError(record)


def take_over(lines: Lines) -> None:
    """Puts a LineHandler in the place of the handlers that write to the terminal."""
    root = logging.getLogger()
    for handler in [*root.handlers]:
        if isinstance(handler, LineHandler) or type(handler) is logging.StreamHandler:
            root.removeHandler(handler)
    root.addHandler(LineHandler(lines))
    root.setLevel(lines.least)
    for name in SERVERS:
        logger = logging.getLogger(name)
        logger.handlers = [each for each in logger.handlers if not isinstance(each, logging.StreamHandler)]
        logger.propagate = True
    for name in SILENT:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [logging.NullHandler()], False
    for name in QUIET:
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET:
            logger.setLevel(max(logging.WARNING, lines.least))


def mark_told(error: BaseException) -> None:
    """The line of a request has this exception: the server's own record of it would be the second."""
    try:
        error.__telemetry_told__ = True  # type: ignore[attr-defined]
    except AttributeError:  # a class with slots; then it is told twice
        return


def _told_elsewhere(record: logging.LogRecord) -> bool:
    if record.name == "uvicorn.error" and record.exc_info and record.exc_info[1] is not None:
        return getattr(record.exc_info[1], "__telemetry_told__", False) is True
    return record.name == "django.request" and hasattr(getattr(record, "request", None), "telemetry")
