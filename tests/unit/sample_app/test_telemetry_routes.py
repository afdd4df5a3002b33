"""The template of a route is found however the route came into the app."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sample_app.telemetry.routes import declared
from tests.unit.sample_app.sample_helpers import ask, instrumented, requests_total


async def plain(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("plain")


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    """An app with every kind of route that Starlette and FastAPI know."""
    app, outer, inner, mounted = FastAPI(), APIRouter(prefix="/users/{user}"), APIRouter(prefix="/deep"), FastAPI()

    @inner.get("/{leaf}")
    async def leaf(user: str, leaf: str) -> str:
        return user + leaf

    @mounted.get("/part/{number}")
    async def part(number: int) -> int:
        return number

    outer.include_router(inner)
    app.include_router(outer, prefix="/v1")
    app.mount("/sub/{tenant}", mounted)
    app.mount("/files", StaticFiles(directory=tmp_path))
    app.mount("/old", Starlette(routes=[Mount("/er", routes=[Route("/in/{where}", plain)])]))
    app.add_route("/one/{x}", plain)
    app.add_route("/two/{x}", plain)
    instrumented(app)
    return app


@pytest.mark.parametrize(
    ("path", "handler"),
    [
        ("/v1/users/u/deep/leaf", "/v1/users/{user}/deep/{leaf}"),
        ("/sub/t/part/7", "/sub/{tenant}/part/{number}"),
        ("/sub/t/nothing", "none"),
        ("/files/missing.txt", "/files"),
        ("/old/er/in/x", "/old/er/in/{where}"),
        ("/one/1", "/one/{x}"),
        ("/two/2", "/two/{x}"),
        ("/openapi.json", "/openapi.json"),
        ("/v1/users/u/deep/leaf/", "none"),
        ("/nothing", "none"),
    ],
)
def test_the_handler_is_the_whole_template(app: FastAPI, path: str, handler: str) -> None:
    """Prefixes of routers and mounts belong to it; values of parameters do not."""
    ask(app, ("GET", path))

    assert requests_total(app, handler=handler) == 1


def test_a_route_added_while_the_app_runs_is_found(app: FastAPI) -> None:
    """The table of routes is made at the start; later routes name themselves."""
    ask(app, ("GET", "/nothing"))

    @app.get("/later/{x}")
    async def later(x: str) -> str:
        return x

    ask(app, ("GET", "/later/1"))

    assert requests_total(app, handler="/later/{x}", status="2xx") == 1


def test_declared_routes_have_whole_templates_and_no_head(app: FastAPI) -> None:
    """HEAD comes along with GET and would double the series."""
    assert list(declared(app)) == [
        ("/v1/users/{user}/deep/{leaf}", ("GET",)),
        ("/sub/{tenant}/part/{number}", ("GET",)),
        ("/old/er/in/{where}", ("GET",)),
        ("/one/{x}", ("GET",)),
        ("/two/{x}", ("GET",)),
    ]


def test_an_app_without_routes_declares_nothing() -> None:
    """Any ASGI callable will do."""
    assert list(declared(object())) == []
