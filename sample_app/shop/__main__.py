"""`python -m sample_app.shop [--host 127.0.0.1] [--port 8000] [--threads 8] [--workers 1] [--state-dir DIR]`."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from logging.config import dictConfig
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.config import Config
from gunicorn.glogging import Logger

from sample_app.logs import log_config

from .settings import SERVICE, Settings


class JsonLogger(Logger):  # type: ignore[misc]
    """gunicorn's log lines through the project's own."""

    def setup(self, cfg: Config) -> None:
        """Sends everything to the root logger."""
        quiet = {"django.request": {"level": "ERROR"}}
        dictConfig(
            {**log_config(SERVICE), "loggers": {"gunicorn.error": {"level": "INFO", "propagate": True}, **quiet}}
        )


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with threads, told by arguments alone."""

    def __init__(self, options: argparse.Namespace, settings: Settings) -> None:
        self._options = options
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """What differs from gunicorn's own defaults."""
        host = f"[{self._options.host}]" if ":" in self._options.host else self._options.host
        chosen = {
            "bind": f"{host}:{self._options.port}",
            "workers": self._options.workers,
            "threads": self._options.threads,
            "worker_class": "gthread",
            "keepalive": 75,
            "graceful_timeout": 10,
            "logger_class": JsonLogger,
            "control_socket_disable": True,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application of one worker, made in its own process."""
        from .app import create_app  # noqa: PLC0415  (the metrics client is first imported in a worker)

        return create_app(self._settings)


def main() -> int:
    """Serves the shop until it is told to stop; exit status 2 for settings or a folder that cannot be used."""
    options = _options()
    try:
        settings = Settings.from_environment(os.environ)
        _prepare(options)
    except ValueError as error:
        print(f"sample_app.shop: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(
            f"cannot use {error.filename}: {error.strerror}; name a writable folder with --state-dir", file=sys.stderr
        )
        return 2
    Server(options, settings).run()
    return 0


def _prepare(options: argparse.Namespace) -> None:
    """Several workers share their metrics in a folder that starts empty."""
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    if options.workers == 1:
        return
    folder = (options.state_dir or Path(tempfile.gettempdir()) / f"sample-shop-{options.port}") / "metrics"
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sample_app.shop", description="Serves the sample marketplace.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=8, help="threads of a worker (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=1, help="worker processes (default: %(default)s)")
    parser.add_argument(
        "--state-dir", type=Path, help="folder that workers share (default: sample-shop-PORT in the temporary folder)"
    )
    options = parser.parse_args()
    if not 0 < options.port <= 65535:
        parser.error("--port must be 1 to 65535")
    if options.workers < 1 or options.threads < 1:
        parser.error("--workers and --threads must be at least 1")
    return options


if __name__ == "__main__":
    sys.exit(main())
