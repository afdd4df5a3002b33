"""`python -m sample_app.api [--host 127.0.0.1] [--port 8000] [--workers 1] [--state-dir DIR]`."""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import uvicorn
from uvicorn.supervisors import Multiprocess

from sample_app.logs import log_config

from .settings import Settings
from .worker import SERVICE, STATE_DIR


def main() -> int:
    """Serves the API until it is told to stop; exit status 2 when settings or the state folder cannot be used."""
    options = _options()
    state_dir = options.state_dir or Path(tempfile.gettempdir()) / f"sample-app-{options.port}"
    try:
        settings = Settings.of(state_dir, os.environ)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        _prepare(settings)
    except OSError as error:
        print(
            f"cannot use {settings.state_dir}: {error.strerror}; name a writable folder with --state-dir",
            file=sys.stderr,
        )
        return 2
    os.environ[STATE_DIR] = str(settings.state_dir)
    if options.workers > 1:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(settings.metrics_dir)
    config = uvicorn.Config(
        "sample_app.api.worker:app_from_environment",
        factory=True,
        host=options.host,
        port=options.port,
        workers=options.workers,
        access_log=False,
        log_config=log_config(SERVICE),
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    with suppress(KeyboardInterrupt):
        if options.workers == 1:
            uvicorn.Server(config).run()
        else:
            Multiprocess(config, sockets=[_shared_socket(config)]).run()
    return 0


def _shared_socket(config: uvicorn.Config) -> socket.socket:
    """Without TCP_NODELAY an answer's body would wait 40 ms for the client's word on its head.

    asyncio sets it for its own sockets alone.
    """
    shared = config.bind_socket()
    shared.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return shared


def _prepare(settings: Settings) -> None:
    """Starts from nothing: faults and numbers of an earlier run must not live on."""
    settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.faults_file.unlink(missing_ok=True)
    if settings.metrics_dir.exists():
        shutil.rmtree(settings.metrics_dir)
    settings.metrics_dir.mkdir()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sample_app.api", description="Serves the sample API.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=1, help="worker processes (default: %(default)s)")
    parser.add_argument(
        "--state-dir", type=Path, help="writable folder (default: sample-app-PORT in the temporary folder)"
    )
    options = parser.parse_args()
    if options.workers < 1:
        parser.error("--workers must be at least 1")
    if not 0 < options.port <= 65535:
        parser.error("--port must be 1 to 65535")
    return options


if __name__ == "__main__":
    sys.exit(main())
