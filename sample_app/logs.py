"""Log lines as JSON on standard output, one object a line."""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime
from typing import Any

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class JsonFormatter(logging.Formatter):
    """`{"timestamp": …, "level": …, "message": …, "service": …, "logger": …}`, and `exception` where there is one.

    The same keys as the telemetry core's, which takes over in the processes that answer requests.
    """

    def __init__(self, service: str = "") -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """One record as one line."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "timestamp": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            "service": self._service,
            "exception": self.formatException(record.exc_info) if record.exc_info else "",
            "logger": record.name,
        }
        return json.dumps({name: value for name, value in line.items() if value}, ensure_ascii=False)


def log_config(service: str) -> dict[str, Any]:
    """The logging settings that uvicorn takes as `log_config`; `service` is the default of OTEL_SERVICE_NAME.

    LOG_LEVEL is the lowest level that is written: debug, info (the default), warning or error.
    """
    level = os.environ.get("LOG_LEVEL", "").upper()
    named = os.environ.get("OTEL_SERVICE_NAME") or service
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter, "service": named}},
        "handlers": {"stdout": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}},
        "root": {"handlers": ["stdout"], "level": level if level in LEVELS else "INFO"},
    }
