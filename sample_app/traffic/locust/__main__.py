"""`python -m sample_app.traffic.locust --api URL [--shop URL] [--gpu URL] [--scenario NAME,…] [--seconds N]`."""

from __future__ import annotations

import os
import sys

import locust  # noqa: F401  (patches the standard library, which must come before every other import)

from .options import parse
from .run import run
from .scenarios import listing


def main() -> int:
    """Sends the load; the exit status is as `--help` tells."""
    options = parse(sys.argv[1:], os.environ)
    if options.list:
        print(listing())
        return 0
    return run(options)


if __name__ == "__main__":
    sys.exit(main())
