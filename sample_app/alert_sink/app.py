"""The sink's endpoints."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.requests import ClientDisconnect

from .page import SECURITY_HEADERS, alerts_page, runbook_page
from .payload import BadPayload, parse
from .ring import Ring, split
from .runbooks import read_runbook
from .settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """A sink with its own memory; nothing is written to disk."""
    settings = settings or Settings()
    ring = Ring(settings.keep, settings.keep_bytes)
    app = FastAPI(title="Alert sink", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(BadPayload, _bad_payload)
    _add_alerts(app, settings, ring)
    _add_pages(app, settings, ring)
    return app


def _add_alerts(app: FastAPI, settings: Settings, ring: Ring) -> None:
    @app.post("/alerts")
    async def receive(request: Request) -> dict[str, int]:
        notification = parse(await _body(request, settings.body_limit))
        return {"stored": ring.add(notification, datetime.now(UTC).isoformat(timespec="milliseconds"))}

    @app.get("/alerts")
    async def alerts(
        alertname: str | None = None, status: Literal["firing", "resolved"] | None = None
    ) -> list[dict[str, Any]]:
        return [stored.as_json() for stored in ring.newest_first(alertname, status)]

    @app.delete("/alerts")
    async def clear() -> dict[str, int]:
        return {"cleared": ring.clear()}


def _add_pages(app: FastAPI, settings: Settings, ring: Ring) -> None:
    @app.get("/", response_class=HTMLResponse)
    async def page() -> HTMLResponse:
        return HTMLResponse(alerts_page(*split(ring.newest_first())), headers=SECURITY_HEADERS)

    @app.get("/runbooks/{name}", response_class=HTMLResponse)
    def runbook(name: str) -> HTMLResponse:
        short = name.removesuffix(".md")
        text = read_runbook(settings.runbooks, short)
        if text is None:
            missing = f"# No such runbook\n\nThere is no runbook named {short[:100]} here."
            return HTMLResponse(runbook_page("No such runbook", missing), 404, headers=SECURITY_HEADERS)
        return HTMLResponse(runbook_page(short, text), headers=SECURITY_HEADERS)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}


async def _body(request: Request, limit: int) -> bytes:
    """The request's body. Raises BadPayload with 413 as soon as it is longer than `limit` bytes."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise BadPayload(413, f"the body is longer than {limit} bytes")
    except ClientDisconnect:
        raise BadPayload(400, "the client left before its body was complete") from None
    return bytes(body)


async def _bad_payload(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": str(error)}, error.status if isinstance(error, BadPayload) else 400)
