"""Real-user monitoring: web vitals that browsers measured and sent."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Request, Response
from prometheus_client import CollectorRegistry, Histogram
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from starlette.requests import ClientDisconnect

PAGES = ("/", "/demo", "/rum")
OTHER = "other"
TIMES = ("LCP", "INP", "FCP", "TTFB")
SHIFT = "CLS"

SECONDS = (0.05, 0.1, 0.2, 0.5, 0.8, 1.2, 1.8, 2.5, 3.0, 4.0, 6.0, 10.0, 30.0)
"""Upper bounds in seconds. Each vital's limits of good and poor are among them: LCP 2.5 and 4, INP 0.2 and 0.5,
FCP 1.8 and 3, TTFB 0.8 and 1.8."""

SHIFTS = (0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0)
"""Upper bounds of CLS; good ends at 0.1, poor begins at 0.25."""

MOST_BYTES = 4096
MOST_METRICS = 20
LONGEST_MS = 600_000.0
LARGEST_SHIFT = 100.0

_STATIC = Path(__file__).parent / "static"
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Vital(BaseModel):
    """One measurement: milliseconds from 0 to 600000, or a layout shift from 0 to 100."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: Literal["LCP", "INP", "FCP", "TTFB", "CLS"]
    value: Annotated[float, Field(strict=True, ge=0, le=LONGEST_MS)]

    @model_validator(mode="after")
    def _shift_in_range(self) -> Vital:
        if self.name == SHIFT and self.value > LARGEST_SHIFT:
            raise ValueError(f"CLS should be at most {LARGEST_SHIFT:g}")
        return self


class Beacon(BaseModel):
    """What a browser sends when a page view ends."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    page: str = Field(max_length=2000)
    metrics: list[Vital] = Field(min_length=1, max_length=MOST_METRICS)


class RumMetrics:
    """The web vitals of one registry, all at 0 from the start.

    web_vitals_seconds{page,name}: LCP, INP, FCP and TTFB in seconds. web_vitals_cumulative_layout_shift{page}: CLS.
    pages: the only values of the label `page`; every other page counts as "other".
    """

    def __init__(self, registry: CollectorRegistry, pages: Iterable[str] = PAGES) -> None:
        times = Histogram(
            "web_vitals_seconds", "Web vitals by page.", ("page", "name"), buckets=SECONDS, registry=registry
        )
        shifts = Histogram(
            "web_vitals_cumulative_layout_shift",
            "Cumulative layout shift by page.",
            ("page",),
            buckets=SHIFTS,
            registry=registry,
        )
        self._pages = frozenset(pages) | {OTHER}
        self._times = {(page, name): times.labels(page, name) for page in self._pages for name in TIMES}
        self._shifts = {page: shifts.labels(page) for page in self._pages}

    def observe(self, beacon: Beacon) -> None:
        """Adds what one page view measured."""
        page = beacon.page if beacon.page in self._pages else OTHER
        for vital in beacon.metrics:
            if vital.name == SHIFT:
                self._shifts[page].observe(vital.value)
            else:
                self._times[page, vital.name].observe(vital.value / 1000)


def rum_routes(metrics: RumMetrics) -> APIRouter:
    """POST /rum takes beacons, GET /rum is a page that sends one, GET /static/rum.js measures any page.

    The content type of a beacon does not matter: browsers send it as text/plain. Raises OSError when the script or the
    page cannot be read.
    """
    router = APIRouter()
    script = (_STATIC / "rum.js").read_bytes()
    page = (_STATIC / "rum.html").read_bytes()

    @router.post("/rum", status_code=204)
    async def beacon(request: Request) -> None:
        metrics.observe(_parsed(await _limited(request)))

    @router.get("/rum")
    async def rum_page() -> Response:
        return Response(page, media_type="text/html", headers=_PAGE_HEADERS)

    @router.get("/static/rum.js")
    async def rum_script() -> Response:
        headers = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}
        return Response(script, media_type="text/javascript", headers=headers)

    return router


async def _limited(request: Request) -> bytes:
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                raise HTTPException(413, f"a beacon must have at most {MOST_BYTES} bytes")
    except ClientDisconnect as error:
        raise HTTPException(400, "the beacon ended early") from error
    return bytes(body)


def _parsed(body: bytes) -> Beacon:
    try:
        return Beacon.model_validate_json(body)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)
        details = [{"loc": ["body", *detail["loc"]], "msg": detail["msg"], "type": detail["type"]} for detail in wrong]
        raise HTTPException(422, details) from error
