"""The gateway over HTTP."""

from __future__ import annotations

import secrets
import time
from typing import Any

from fastapi import APIRouter, HTTPException, Response

from .chat import ChatRequest, Completion, Refused
from .gateway import Gateway


def llm_routes(gateway: Gateway) -> APIRouter:
    """POST /chat and POST /v1/chat/completions, which are the same. `X-Cache: hit` marks an answer from the cache."""
    router = APIRouter()

    @router.post("/chat")
    @router.post("/v1/chat/completions")
    async def chat(asked: ChatRequest, response: Response) -> dict[str, Any]:
        try:
            answer = await gateway.chat(asked)
        except Refused as refused:
            raise HTTPException(refused.status, refused.reason, refused.headers) from refused
        response.headers["X-Cache"] = "hit" if answer.cached else "miss"
        return _as_openai(answer.completion)

    return router


def _as_openai(completion: Completion) -> dict[str, Any]:
    message = {"role": "assistant", "content": completion.text}
    return {
        "id": f"chatcmpl-{secrets.token_hex(12)}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": completion.model,
        "choices": [{"index": 0, "message": message, "finish_reason": completion.finish_reason}],
        "usage": {
            "prompt_tokens": completion.input_tokens,
            "completion_tokens": completion.output_tokens,
            "total_tokens": completion.input_tokens + completion.output_tokens,
        },
    }
