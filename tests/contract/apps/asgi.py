"""The same routes for FastAPI and Starlette, and how they are served."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

METHODS = ["GET", "POST"]


async def items(request: Request) -> Response:
    """200 after `ms` milliseconds."""
    await asyncio.sleep(float(request.query_params.get("ms", "0")) / 1000)
    return PlainTextResponse("ok")


async def moved(request: Request) -> Response:
    """302 to another place."""
    return RedirectResponse(f"/items/{request.path_params['item']}", 302)


async def gone(request: Request) -> Response:
    """404 by the app's own decision."""
    return PlainTextResponse(f"no {request.path_params['item']}", 404)


async def broken(request: Request) -> Response:
    """500 by the app's own decision."""
    return PlainTextResponse(f"broken {request.path_params['item']}", 500)


async def crash(request: Request) -> Response:
    """An exception that nothing handles."""
    raise RuntimeError(f"crash {request.path_params['item']}")


ROUTES = tuple((f"/{endpoint.__name__}/{{item}}", endpoint) for endpoint in (items, moved, gone, broken, crash))


def fastapi_app() -> FastAPI:
    """A FastAPI app with the routes."""
    app = FastAPI(openapi_url=None)
    for path, endpoint in ROUTES:
        app.add_api_route(path, endpoint, methods=METHODS, response_model=None)
    return app


def serve(app: Any) -> None:
    """Serves on the port of the first argument until it is killed."""
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
