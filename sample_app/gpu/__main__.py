"""`python -m sample_app.gpu --mode nvml|simulated [--host 127.0.0.1] [--port 9400] [--load-url URL] [--cards 4]`."""

from __future__ import annotations

import argparse
import logging.config
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from sample_app.logs import log_config

from .faults import MOST_CARDS
from .nvml import NoDriver, NvmlSource
from .readings import Source
from .server import Server
from .simulator import INTERVAL_SECONDS, Simulator, Ticker, load_at


def main() -> int:
    """Serves metrics until it is told to stop. Exit status 1 without a driver, 2 when it cannot listen."""
    options = _options()
    logging.config.dictConfig(log_config("gpu-exporter"))
    signal.signal(signal.SIGTERM, _stop)
    try:
        with _source(options) as source, _server(options, source) as server:
            logging.getLogger(__name__).info("%s cards on port %s", options.mode, server.server_port)
            server.serve_forever()
    except NoDriver as error:
        print(
            f"gpu exporter: {error}; without a GPU write `gpus: {{exporter: simulated}}` in spec.yaml", file=sys.stderr
        )
        return 1
    except OSError as error:
        print(f"cannot listen on {options.host}:{options.port}: {error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


@contextmanager
def _source(options: argparse.Namespace) -> Iterator[Source]:
    hostname = socket.gethostname()
    if options.mode == "nvml":
        cards = NvmlSource(hostname)
        try:
            yield cards
        finally:
            cards.close()
        return
    simulator = Simulator(options.cards, hostname, load_at(options.load_url))
    ticker = Ticker(simulator.tick, options.interval)
    ticker.start()
    try:
        yield simulator
    finally:
        ticker.stop()


@contextmanager
def _server(options: argparse.Namespace, source: Source) -> Iterator[Server]:
    server = Server(options.host, options.port, source)
    try:
        yield server
    finally:
        server.server_close()


def _stop(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sample_app.gpu", description="Serves GPU metrics under the names of NVIDIA's dcgm-exporter."
    )
    parser.add_argument(
        "--mode", choices=("nvml", "simulated"), required=True, help="read this machine's cards, or simulate some"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=9400, help="port to listen on (default: %(default)s)")
    parser.add_argument(
        "--load-url", default="", help="page of metrics that tells how busy models are; without it cards idle"
    )
    parser.add_argument("--cards", type=int, default=4, help="simulated cards, 1 to 16 (default: %(default)s)")
    parser.add_argument(
        "--interval",
        type=float,
        default=INTERVAL_SECONDS,
        help="seconds between two looks at the load (default: %(default)s)",
    )
    options = parser.parse_args()
    if not 0 <= options.port <= 65535:
        parser.error("--port must be 0 to 65535; 0 takes a free one")
    if not 1 <= options.cards <= MOST_CARDS:
        parser.error(f"--cards must be 1 to {MOST_CARDS}")
    if not 0.05 <= options.interval <= 3600:
        parser.error("--interval must be 0.05 to 3600")
    if options.load_url and not options.load_url.startswith(("http://", "https://")):
        parser.error("--load-url must start with http:// or https://")
    return options


if __name__ == "__main__":
    sys.exit(main())
