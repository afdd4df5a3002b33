"""Which route answered: path templates by the objects that Starlette and FastAPI leave in the ASGI scope.

Imports neither of them. What they leave differs: FastAPI the route (without the prefix of an included router) and the
route's effective context (with it), Starlette's own routes only the endpoint when FastAPI's router runs them, and a
mount hides its own path. The table is made once by walking the app, so a request costs two or three dict lookups.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from .names import UNMATCHED

_FASTAPI_ITSELF = "fastapi.applications"
"""The module of the functions behind /docs, /redoc and /openapi.json."""


class Route(NamedTuple):
    """One route: its whole template, its methods (empty: any), and the objects that stand for it in a scope."""

    template: str
    methods: frozenset[str]
    identities: tuple[object, ...]
    endpoint: object | None
    pattern: re.Pattern[str] | None


class RouteTable:
    """Finds the template of the route that a finished request took."""

    def __init__(self, app: object = None) -> None:
        self.routes = tuple(walk(getattr(app, "routes", None) or ()))
        self._by_identity: dict[int, str] = {}
        self._by_endpoint: dict[int, list[Route]] = {}
        for route in self.routes:
            for identity in route.identities:
                self._by_identity.setdefault(id(identity), route.template)
            if route.endpoint is not None:
                self._by_endpoint.setdefault(id(route.endpoint), []).append(route)

    def template(self, scope: Mapping[str, Any]) -> str:
        """The template, or "none" when no route took the request. Never the raw path."""
        extra = scope.get("fastapi")
        if extra:
            context = extra.get("effective_route_context")
            if context is not None:
                return self._by_identity.get(id(context)) or _own_path(context)
        route = scope.get("route")
        if route is not None:
            return self._by_identity.get(id(route)) or _own_path(route)
        routes = self._by_endpoint.get(id(scope.get("endpoint")))
        if not routes:
            return UNMATCHED
        return routes[0].template if len(routes) == 1 else _by_path(routes, scope)


def walk(routes: Iterable[Any], prefix: str = "") -> Iterator[Route]:
    """All HTTP routes below `routes`, in order, through included routers and mounts."""
    for route in routes:
        contexts = getattr(route, "effective_route_contexts", None)
        if not callable(contexts):
            yield from _one(route, (route,), prefix)
            continue
        for context in contexts():
            effective = getattr(context, "starlette_route", None) or context
            yield from _one(effective, (context, effective), prefix)


def declared(app: object) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Template and methods of each route worth a series before its first request.

    Left out: the pages that FastAPI makes itself, and HEAD where a GET route merely takes it too.
    """
    for route in walk(getattr(app, "routes", None) or ()):
        methods = route.methods - {"HEAD"} if "GET" in route.methods else route.methods
        if methods and getattr(route.endpoint, "__module__", "") != _FASTAPI_ITSELF:
            yield route.template, tuple(sorted(methods))


def _one(route: object, identities: tuple[object, ...], prefix: str) -> Iterator[Route]:
    path = getattr(route, "path", None)
    inner = getattr(route, "routes", None)
    if inner is not None:
        mounted = prefix + (path or "")
        if inner:
            yield from walk(inner, mounted)
        else:
            yield Route(mounted, frozenset(), identities, getattr(route, "app", None), None)
    elif isinstance(path, str) and hasattr(route, "methods"):
        pattern = getattr(route, "path_regex", None)
        yield Route(
            prefix + path, frozenset(route.methods or ()), identities, getattr(route, "endpoint", None), pattern
        )


def _own_path(route: object) -> str:
    """For a route that was added after the table was made."""
    path = getattr(route, "path", None)
    return path if isinstance(path, str) and path else UNMATCHED


def _by_path(routes: list[Route], scope: Mapping[str, Any]) -> str:
    """One function behind several Starlette routes: only the path tells which."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return next((route.template for route in routes if route.pattern and route.pattern.match(path)), UNMATCHED)
