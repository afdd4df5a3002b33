"""`python -m sample_app.alert_sink [--host 127.0.0.1] [--port 8090] [--runbooks DIR] [--keep 1000]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import uvicorn

from sample_app.logs import log_config

from .app import create_app
from .settings import Settings


def main() -> int:
    """Serves the sink until it is told to stop."""
    options = _options()
    uvicorn.run(
        create_app(Settings(keep=options.keep, runbooks=options.runbooks)),
        host=options.host,
        port=options.port,
        access_log=False,
        log_config=log_config("alert-sink"),
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sample_app.alert_sink", description="Receives and shows alerts.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8090, help="port to listen on (default: %(default)s)")
    parser.add_argument("--runbooks", type=Path, help="folder with NAME.md files to serve at /runbooks/NAME")
    parser.add_argument("--keep", type=int, default=1000, help="alerts kept in memory (default: %(default)s)")
    options = parser.parse_args()
    if not 0 < options.port <= 65535:
        parser.error("--port must be 1 to 65535")
    if options.keep < 1:
        parser.error("--keep must be at least 1")
    return options


if __name__ == "__main__":
    sys.exit(main())
