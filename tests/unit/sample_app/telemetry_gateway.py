"""A FastAPI service before the shop, as a user would write one: what it gets it asks of the shop."""

from __future__ import annotations

import os

import httpx
from fastapi import FastAPI, Request, Response

from sample_app.telemetry import instrument, observe
from sample_app.telemetry.httpx_client import AsyncTraced

SHOP = os.environ["SHOP_URL"]
app = FastAPI()
metrics = instrument(app)
observe(app, metrics)
client = httpx.AsyncClient(transport=AsyncTraced(httpx.AsyncHTTPTransport()), base_url=SHOP, timeout=30)


@app.api_route("/shop/{kind}", methods=["GET", "POST"])
async def shop(kind: str, request: Request) -> Response:
    """Passes a request on."""
    path = f"/api/v1/{kind}/"
    answer = await client.request(request.method, path, content=await request.body(), params=request.query_params)
    return Response(answer.content, answer.status_code, media_type=answer.headers["content-type"])


@app.get("/plain/{number}")
async def plain(number: int) -> dict[str, int]:
    """Asks nobody."""
    return {"number": number}


@app.get("/broken")
async def broken(request: Request) -> None:
    """Raises what holds a secret."""
    raise RuntimeError(f"cannot serve {request.url} for {request.headers['authorization']}")
