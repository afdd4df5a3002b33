"""`python -m sample_app.traffic --url http://127.0.0.1:8000 [--rate 20] [--seconds 60]`: prints a JSON summary."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys

from .load import Load, run


def main() -> int:
    """Sends the load; exit status 0 when every request was answered, 1 when one was not, 2 for a bad command line."""
    options = _options()
    load = Load(options.url, options.rate, options.seconds, options.timeout, options.traceparent)
    try:
        summary = asyncio.run(run(load))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(summary.as_json(), indent=2))
    return 1 if summary.errors else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sample_app.traffic", description="Sends evenly spaced requests.")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="server (default: %(default)s)")
    parser.add_argument("--rate", type=_above_zero, default=20.0, help="requests a second (default: %(default)s)")
    parser.add_argument("--seconds", type=_above_zero, default=60.0, help="how long (default: %(default)s)")
    parser.add_argument("--timeout", type=_above_zero, default=10.0, help="seconds to wait (default: %(default)s)")
    parser.add_argument("--traceparent", action="store_true", help="send a sampled W3C trace id with each request")
    return parser.parse_args()


def _above_zero(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


if __name__ == "__main__":
    sys.exit(main())
