"""The endpoints of the models, and of what clients report back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from sample_app.api.feedback import Expired, Feedback, NotOurs
from sample_app.telemetry import note_user
from sample_app.telemetry.asgi import CLIENT_CLOSED_REQUEST

from .errors import ModelFailed, Unavailable
from .metrics import SCORER
from .service import Inference

Out = TypeVar("Out")
LONGEST_TRAINING = 60.0
"""Seconds for which a cold start may be asked to last."""


class Features(BaseModel):
    """The input of one prediction."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    features: list[Annotated[float, Field(ge=-1e6, le=1e6)]] = Field(min_length=4, max_length=4)


class Report(BaseModel):
    """What came of a recommendation."""

    model_config = ConfigDict(extra="forbid")

    recommendation_id: str = Field(max_length=200)
    event: Literal["click", "success"]


def inference_routes(inference: Inference, feedback: Feedback) -> APIRouter:
    """Predictions, recommendations and feedback."""
    router = APIRouter()

    @router.post("/predict")
    async def predict(body: Features, request: Request) -> dict[str, Any]:
        return {"score": await _answer(request, lambda: inference.score(body.features)), "model": SCORER}

    @router.get("/recommendations")
    async def recommendations(
        request: Request,
        user: Annotated[int, Query(ge=0, le=10**9)] = 1,
        limit: Annotated[int, Query(ge=1, le=50)] = 5,
    ) -> dict[str, Any]:
        note_user(user)
        items = await _answer(request, lambda: inference.recommend(user, limit))
        return {"user": user, "items": items, "recommendation_id": feedback.served()}

    @router.post("/feedback", status_code=204)
    async def report(body: Report) -> None:
        try:
            feedback.report(body.recommendation_id, body.event)
        except NotOurs as error:
            raise HTTPException(422, str(error)) from error
        except Expired as error:
            raise HTTPException(410, str(error)) from error

    return router


def reload_routes(inference: Inference) -> APIRouter:
    """Forces a cold start, of at least so many seconds; for operators, not measured."""
    router = APIRouter()

    @router.post("/admin/reload")
    async def reload(seconds: Annotated[float, Query(ge=0, le=LONGEST_TRAINING)] = 0) -> dict[str, dict[str, float]]:
        try:
            return {"cold_start_seconds": await inference.reload(seconds)}
        except (Unavailable, OSError) as error:
            raise HTTPException(503, str(error)) from error

    return router


async def _answer(request: Request, submit: Callable[[], asyncio.Future[Out]]) -> Out:
    """The model's answer, unless the client leaves first: then the request leaves the queue."""
    try:
        answer = submit()
        gone = asyncio.create_task(_gone(request))
        try:
            either: set[asyncio.Future[Any]] = {answer, gone}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                raise HTTPException(CLIENT_CLOSED_REQUEST, "the client left")
            return answer.result()
        finally:
            answer.cancel()
            gone.cancel()
    except Unavailable as error:
        raise HTTPException(503, str(error)) from error
    except ModelFailed as error:
        raise HTTPException(500, str(error)) from error


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
