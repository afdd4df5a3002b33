"""CPU time that telemetry adds to an ASGI app, ours against its peers: `python -m bench.telemetry [--quick]`.

First request metrics, then metrics with traces and log lines (see `observed.py`).

Every variant answers the same JSON route, called without a server. The passes of all variants are interleaved in one
run and the median over the passes counts, so that what else the machine does falls on all of them alike. Only the ratio
means something on another machine. Multiprocess mode is measured in a process of its own, because the client chooses
that mode when it is imported; both are compared with a bare app, and with each other, in that same process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from prometheus_client import REGISTRY, CollectorRegistry
from starlette.responses import JSONResponse

from bench import observed
from sample_app.telemetry import instrument, serve_summary

ROUTES = (1, 51)
TRACEPARENT = (b"traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
HEADERS = [
    (b"host", b"127.0.0.1:8000"),
    (b"user-agent", b"bench"),
    (b"accept", b"*/*"),
    (b"accept-encoding", b"gzip, deflate"),
    (b"connection", b"keep-alive"),
]
PEER = "prometheus-fastapi-instrumentator"
OURS = ("ours", "ours with exemplars")
WITH_SUMMARY = "ours with summary"
"""Shown beside them; the aim is that of the metrics alone."""

AIM = 0.25
"""The largest share of what the peer adds that ours may add in one process; in multiprocess mode files cost both."""

AIM_OBSERVED = 0.5
"""The largest share of what OpenTelemetry's own instrumentation adds that ours may add with traces and lines."""

Message = MutableMapping[str, Any]
App = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: microseconds of CPU a request, and what a variant adds to the bare app."""

    variant: str
    routes: int
    bare_us: float
    added_us: float
    ratio_to_peer: float


@dataclass(frozen=True, slots=True)
class Variant:
    """An app to measure, the request headers it gets, and what it has still to do after a pass."""

    name: str
    app: App
    headers: list[tuple[bytes, bytes]]
    flush: Callable[[], object] = lambda: None


def main() -> int:
    """Prints the tables; exit status 1 when ours adds more than its aim allows."""
    options = _options()
    if options.child:
        print(json.dumps({str(count): added_by(("ours", WITH_SUMMARY, PEER), count, options) for count in ROUTES}))
        return 0
    measured = [row for count in ROUTES for row in _rows(count, options)]
    print(_table(measured, "of instrumentator"))
    worst = max(row.ratio_to_peer for row in measured if row.variant in OURS)
    print(
        f"{verdict(worst, AIM)}: in one process ours adds at most {worst:.2f} of what {PEER} adds; the aim is {AIM}\n"
    )
    with observed.collector() as url:
        traced = [row for count in ROUTES for row in _observed_rows(count, url, options)]
    print(_table(traced, "of peer"))
    most = max(row.ratio_to_peer for row in traced if row.variant.startswith(observed.OURS))
    print(
        f"{verdict(most, AIM_OBSERVED)}: with traces at 100 % and a line of each request ours adds at most {most:.2f} ",
        end="",
    )
    print(f"of what {observed.PEER} adds; the aim is {AIM_OBSERVED}")
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in (*measured, *traced)], indent=2) + "\n")
    return 0 if worst <= AIM and most <= AIM_OBSERVED else 1


def verdict(ratio: float, aim: float) -> str:
    """What is said of an aim."""
    return "ok" if ratio <= aim else "MISSED"


def added_by(names: tuple[str, ...], routes: int, options: argparse.Namespace) -> dict[str, float]:
    """Median microseconds of CPU a request: of the bare app under "bare", added to it under each other name."""
    return _added([_variant(name, routes) for name in ("bare", *names)], options)


def _added(variants: list[Variant], options: argparse.Namespace) -> dict[str, float]:
    per_pass: dict[str, list[float]] = {variant.name: [] for variant in variants}
    for number in range(options.passes + 1):
        for variant in variants:
            began = time.process_time()
            asyncio.run(_send(variant, options.requests))
            variant.flush()
            spent = (time.process_time() - began) / options.requests * 1e6
            if number:  # the first pass warms up
                per_pass[variant.name].append(spent)
    bare = per_pass.pop("bare")
    added = {
        name: statistics.median(spent - base for spent, base in zip(passes, bare, strict=True))
        for name, passes in per_pass.items()
    }
    return {"bare": statistics.median(bare), **added}


def _rows(routes: int, options: argparse.Namespace) -> list[Row]:
    added = added_by((*OURS, WITH_SUMMARY, PEER, "starlette_exporter"), routes, options)
    bare, reference = added.pop("bare"), added[PEER]
    rows = [Row(name, routes, bare, spent, spent / reference) for name, spent in added.items()]
    shared = _in_multiprocess_mode(options)[str(routes)]
    bare, reference = shared.pop("bare"), shared[PEER]
    return rows + [Row(f"{name}, multiprocess", routes, bare, us, us / reference) for name, us in shared.items()]


def _observed_rows(routes: int, collector: str, options: argparse.Namespace) -> list[Row]:
    variants = [_variant("bare", routes)]
    pairs = ((observed.OURS, observed.observed), (observed.PEER, observed.peer))
    for taken, url in ((observed.NOT_SENT, ""), (observed.SENT, collector)):
        for name, make in pairs:
            app = _bare(routes)
            variants.append(Variant(name + taken, app, HEADERS, make(app, url)))
    added = _added(variants, options)
    bare = added.pop("bare")
    return [
        Row(name, routes, bare, spent, spent / added[observed.PEER + name.removeprefix(observed.OURS)])
        if name.startswith(observed.OURS)
        else Row(name, routes, bare, spent, 1.0)
        for name, spent in added.items()
    ]


def _in_multiprocess_mode(options: argparse.Namespace) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.telemetry", "--child"]
        command += ["--passes", str(options.passes), "--requests", str(options.requests)]
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": folder}
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    answer: dict[str, dict[str, float]] = json.loads(done.stdout)
    return answer


def _variant(name: str, routes: int) -> Variant:
    app = _bare(routes)
    headers = HEADERS
    if name.startswith("ours"):
        metrics = instrument(app, registry=CollectorRegistry())
        if name == WITH_SUMMARY:
            serve_summary(app, metrics)
        headers = [*HEADERS, TRACEPARENT] if "exemplars" in name else HEADERS
    elif name == PEER:
        _instrumentator(app)
    elif name == "starlette_exporter":
        _starlette_exporter(app)
    return Variant(name, app, headers)


def _bare(routes: int) -> FastAPI:
    app = FastAPI(openapi_url=None)

    async def answer() -> JSONResponse:
        return JSONResponse({"ok": True})

    for number in range(routes - 1):
        app.get(f"/other{number}/{{item}}")(answer)
    app.get("/measured/{item}")(answer)
    return app


def _instrumentator(app: FastAPI) -> None:
    from prometheus_fastapi_instrumentator import Instrumentator  # noqa: PLC0415

    _forget_default_registry()
    Instrumentator().instrument(app)


def _starlette_exporter(app: FastAPI) -> None:
    from starlette_exporter import PrometheusMiddleware  # noqa: PLC0415

    _forget_default_registry()
    PrometheusMiddleware._metrics = {}
    app.add_middleware(PrometheusMiddleware, group_paths=True)


def _forget_default_registry() -> None:
    """Both peers register in the client's own registry; each route count starts with an empty one."""
    for collector in list(REGISTRY._collector_to_names):
        REGISTRY.unregister(collector)


async def _send(variant: Variant, requests: int) -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        pass

    app, headers = variant.app, variant.headers
    for _ in range(requests):
        await app(_scope(headers), receive, send)


def _scope(headers: list[tuple[bytes, bytes]]) -> Message:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/measured/7",
        "raw_path": b"/measured/7",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
    }


def _table(rows: list[Row], share: str) -> str:
    lines = [f"{'variant':<58}{'routes':>7}{'bare us':>9}{'added us':>10}{share:>19}"]
    for row in rows:
        numbers = f"{row.bare_us:>9.1f}{row.added_us:>10.1f}{row.ratio_to_peer:>19.2f}"
        lines.append(f"{row.variant:<58}{row.routes:>7}{numbers}")
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.telemetry", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="5 passes of 1,000 requests instead of 15 of 4,000")
    parser.add_argument("--passes", type=int, help="passes of each variant")
    parser.add_argument("--requests", type=int, help="requests in a pass")
    parser.add_argument("--json", type=Path, help="write the rows to this file as well")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.passes = options.passes or (5 if options.quick else 15)
    options.requests = options.requests or (1000 if options.quick else 4000)
    return options


if __name__ == "__main__":
    sys.exit(main())
