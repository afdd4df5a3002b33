"""One JSON object a line: of each request, and of every other log record.

The keys stand in this order, and what is not known is left out: timestamp (RFC 3339, UTC), level, message, service;
method, path (the route's template), status, duration (seconds) and user_id of a request; error (what the client was
told), exception, trace_id, span_id, logger.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple, TextIO

from . import current
from .current import Seen
from .names import REQUEST_LOGGER, method_label
from .scrub import scrub
from .summary_reason import reason_of

LONGEST_ERROR = 300
LONGEST_EXCEPTION = 16_384
_KNOWN_AT_MOST = 10_000
_quoted = json.JSONEncoder(ensure_ascii=False).encode


class Line(NamedTuple):
    """A line on its way to the collector. `severity` is OpenTelemetry's number; the ids are hex or ""."""

    time_ns: int
    severity: int
    level: str
    text: str
    trace_id: str
    span_id: str


class _Shape(NamedTuple):
    """What all lines of one method, route and status have in common."""

    number: int
    severity: int
    level: str
    head: str
    middle: str


_LEVELS = ((50, "critical", 21), (40, "error", 17), (30, "warning", 13), (20, "info", 9), (0, "debug", 5))


def level_of(number: int) -> tuple[str, int]:
    """The name and OpenTelemetry's severity number of a level of `logging`."""
    return next((name, severity) for least, name, severity in _LEVELS if number >= least or least == 0)


class Clock:
    """Unix times as RFC 3339 with milliseconds; a second's text is made once."""

    def __init__(self) -> None:
        self._last = (-1, "")

    def text(self, moment: float) -> str:
        """2026-11-21T12:35:55.123Z."""
        millis = int(moment * 1000)
        second, last = millis // 1000, self._last
        if last[0] != second:
            last = self._last = (second, datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S"))
        return f"{last[1]}.{millis % 1000:03d}Z"


class JsonFormatter(logging.Formatter):
    """A log record as a line, with the ids of the request on whose behalf it was written."""

    def __init__(self, service: str = "") -> None:
        super().__init__()
        self._clock = Clock()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """One record as one line."""
        return self.line(record).text

    def line(self, record: logging.LogRecord) -> Line:
        """The same with what a collector needs beside it."""
        level, severity = level_of(record.levelno)
        trace_id, span_id = current.ids()
        error = record.exc_info[1] if record.exc_info else None
        exception = exception_text(error) if error else record.exc_text
        keys = {
            "timestamp": self._clock.text(record.created),
            "level": level,
            "message": scrub(record.getMessage()),
            "service": self._service,
            "exception": exception,
            "trace_id": trace_id,
            "span_id": span_id,
            "logger": record.name,
        }
        text = _quoted({name: value for name, value in keys.items() if value or name == "message"})
        return Line(int(record.created * 1e9), severity, level, text, trace_id, span_id)


class Lines:
    """Writes lines to `stream` (standard output, looked up at each line, when None) and hands them to `ship`.

    least: the lowest level of `logging` that is written. Nothing here ever raises because a line cannot be written.
    """

    def __init__(
        self,
        service: str,
        least: int = logging.INFO,
        stream: TextIO | None = None,
        ship: Callable[[Line], None] | None = None,
    ) -> None:
        self.least = least
        self.formatter = JsonFormatter(service)
        self._service = _quoted(service)
        self._stream = stream
        self._ship = ship
        self._clock = Clock()
        self._known: dict[tuple[str, str, int], _Shape] = {}

    def request(
        self, seen: Seen, method: str, template: str, status: int, seconds: float, ended: float, told: object
    ) -> None:
        """The line of a request that ended at the Unix time `ended`. `told`: see `reason_of`."""
        shape = self._known.get((method, template, status)) or self._learn(method, template, status)
        if shape.number < self.least:
            return
        more = self._more(seen, status, told) if status >= 400 or seen.user_id else ""
        found = f',"trace_id":"{seen.trace_id}","span_id":"{seen.span_id}"' if seen.trace_id else ""
        text = (
            f'{{"timestamp":"{self._clock.text(ended)}{shape.head}{seconds:.3f}{shape.middle}{seconds:.6f}'
            f'{more}{found},"logger":"{REQUEST_LOGGER}"}}'
        )
        self.write(text)
        if self._ship is not None:
            self._ship(Line(int(ended * 1e9), shape.severity, shape.level, text, seen.trace_id, seen.span_id))

    def record(self, record: logging.LogRecord) -> None:
        """The line of a log record."""
        line = self.formatter.line(record)
        self.write(line.text)
        if self._ship is not None:
            self._ship(line)

    def write(self, text: str) -> None:
        """Writes one line at once, whole."""
        stream = self._stream or sys.stdout
        try:
            try:
                stream.write(text + "\n")
            except UnicodeEncodeError:  # a lone surrogate, or a terminal that is not UTF-8
                stream.write(json.dumps(json.loads(text)) + "\n")
            stream.flush()
        except (OSError, ValueError, AttributeError):  # nobody reads, it is closed, or there is none
            return

    def _learn(self, method: str, template: str, status: int) -> _Shape:
        number = logging.ERROR if status >= 500 else logging.WARNING if status >= 400 else logging.INFO
        level, severity = level_of(number)
        message = _quoted(f"{method} {template} status={status} duration=")[:-1]
        head = f'","level":"{level}","message":{message}'
        facts = f'"method":{_quoted(method)},"path":{_quoted(template)},"status":{status},"duration":'
        shape = _Shape(number, severity, level, head, f'","service":{self._service},{facts}')
        if len(self._known) < _KNOWN_AT_MOST and method == method_label(method):
            self._known[method, template, status] = shape
        return shape

    def _more(self, seen: Seen, status: int, told: object) -> str:
        keys: dict[str, Any] = {"user_id": seen.user_id}
        if status >= 400:
            error = told if isinstance(told, BaseException) else seen.exception
            said = None if error is not None and status >= 500 and not isinstance(told, bytes) else told
            keys["error"] = scrub(reason_of(status, said))[:LONGEST_ERROR]
            keys["exception"] = exception_text(error) if error is not None and status >= 500 else ""
        return "".join(f',"{name}":{_quoted(value)}' for name, value in keys.items() if value)


def exception_text(error: BaseException) -> str:
    """`ValueError: text`, then the traceback; without secrets, and of a long one the end."""
    first = "".join(traceback.format_exception_only(error)).strip()
    lines = "".join(traceback.format_exception(error))
    if len(lines) > LONGEST_EXCEPTION:
        lines = f"…{lines[-LONGEST_EXCEPTION:]}"
    return scrub(f"{first[:1000]}\n{lines}").rstrip()
