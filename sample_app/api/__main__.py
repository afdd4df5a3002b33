"""`python -m sample_app.api [--host 127.0.0.1] [--port 8000] [--workers 1] [--state-dir DIR]`."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import uvicorn

from sample_app.logs import log_config

from .settings import Settings
from .worker import STATE_DIR


def main() -> int:
    """Serves the API until it is told to stop; exit status 2 when the state folder cannot be used."""
    options = _options()
    settings = Settings(state_dir=options.state_dir or Path(tempfile.gettempdir()) / f"sample-app-{options.port}")
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
    uvicorn.run(
        "sample_app.api.worker:app_from_environment",
        factory=True,
        host=options.host,
        port=options.port,
        workers=options.workers,
        access_log=False,
        log_config=log_config(),
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    return 0


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
    return options


if __name__ == "__main__":
    sys.exit(main())
