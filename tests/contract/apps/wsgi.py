"""One gunicorn worker with threads, from inside the process."""

from __future__ import annotations

import sys
from typing import Any

from gunicorn.app.base import BaseApplication


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, app: Any) -> None:
        self.app = app
        super().__init__()

    def load_config(self) -> None:
        options = {"bind": f"127.0.0.1:{int(sys.argv[1])}", "workers": 1, "threads": 16, "loglevel": "warning"}
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self.app


def serve(app: Any) -> None:
    """Serves on the port of the first argument until it is killed."""
    _Server(app).run()
