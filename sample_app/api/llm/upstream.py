"""Any server that speaks the OpenAI chat API, by URL."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import httpx
from pydantic import BaseModel, Field, ValidationError

from sample_app.telemetry.httpx_client import AsyncTraced

from .chat import ChatRequest, Completion, Refused, prompt_of
from .tokens import count_prompt, tokenize

ANSWER_BYTES = 4 * 1024 * 1024
LONGEST_REASON = 300
_Tokens = Annotated[int, Field(ge=0, le=10_000_000, strict=True)]


class _Message(BaseModel):
    content: str | None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: _Tokens
    completion_tokens: _Tokens


class _Answer(BaseModel):
    choices: list[_Choice] = Field(min_length=1)
    model: str | None = None
    usage: _Usage | None = None


class Upstream:
    """The server at a base URL such as http://vllm:8000/v1; asked once for each request, never twice.

    timeout_seconds: for the whole of a call. key_file: the API key, read at each call. The proxy settings of the
    environment are not used.
    """

    def __init__(self, base_url: str, key_file: Path | None, timeout_seconds: float) -> None:
        self._url = base_url.rstrip("/") + "/chat/completions"
        self._key_file = key_file
        self._seconds = timeout_seconds
        transport = AsyncTraced(httpx.AsyncHTTPTransport(trust_env=False))
        self._client = httpx.AsyncClient(timeout=timeout_seconds, trust_env=False, transport=transport)

    async def complete(self, model: str, asked: ChatRequest) -> Completion:
        """The upstream's answer.

        Raises Refused: 503 when it is down, too slow, answers 5xx or refuses the gateway's key; 502 when nobody can
        read its answer; its own status and message when it answers another 4xx.
        """
        headers = self._headers()
        try:
            async with asyncio.timeout(self._seconds):
                status, body = await self._send(prompt_of(model, asked), headers)
        except (httpx.TimeoutException, TimeoutError) as error:
            raise Refused(503, f"the upstream did not answer within {self._seconds:g} s") from error
        except httpx.DecodingError as error:
            raise Refused(502, "the upstream's answer is not compressed as it says") from error
        except (httpx.HTTPError, OSError) as error:
            raise Refused(503, f"the upstream cannot be reached ({type(error).__name__})") from error
        if status >= 500:
            raise Refused(503, f"the upstream failed with status {status}")
        if status in (401, 403):
            raise Refused(503, f"the upstream refused the gateway's API key with status {status}")
        if status >= 400:
            raise Refused(status, _message(body) or f"the upstream answered {status}", "rejected")
        return _completion(model, asked, status, body)

    async def close(self) -> None:
        """Closes all connections."""
        await self._client.aclose()

    async def _send(self, prompt: dict[str, Any], headers: dict[str, str]) -> tuple[int, bytes]:
        async with self._client.stream("POST", self._url, json=prompt, headers=headers) as answer:
            body = bytearray()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > ANSWER_BYTES:
                    raise Refused(502, f"the upstream's answer is longer than {ANSWER_BYTES} bytes")
            return answer.status_code, bytes(body)

    def _headers(self) -> dict[str, str]:
        if self._key_file is None:
            return {}
        try:
            key = self._key_file.read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            raise Refused(503, f"the upstream's API key cannot be read ({type(error).__name__})") from error
        if not key.isprintable() or " " in key or not key:
            raise Refused(503, "the file of the upstream's API key does not hold a key")
        return {"Authorization": f"Bearer {key}"}


def _completion(model: str, asked: ChatRequest, status: int, body: bytes) -> Completion:
    """The answer in a body. A server that counts no tokens is counted with the built-in model's tokens."""
    try:
        if status != 200:
            raise ValueError(f"status {status}")
        answer = _Answer.model_validate_json(body)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in wrong["loc"])
        raise Refused(502, f"the upstream's answer is no chat completion: {where or 'body'}: {wrong['msg']}") from error
    except ValueError as error:
        raise Refused(502, f"the upstream's answer is no chat completion: {error}") from error
    text = answer.choices[0].message.content or ""
    usage = answer.usage
    return Completion(
        text=text,
        model=answer.model or model,
        input_tokens=usage.prompt_tokens if usage else count_prompt(message.content for message in asked.messages),
        output_tokens=usage.completion_tokens if usage else len(tokenize(text)),
        finish_reason=answer.choices[0].finish_reason or "stop",
    )


def _message(body: bytes) -> str:
    """What an error answer says: {"error": {"message": ...}}, {"error": ...}, {"message": ...} or {"detail": ...}."""
    try:
        answer = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(answer, dict):
        return ""
    error = answer.get("error")
    said = error.get("message") if isinstance(error, dict) else error or answer.get("message") or answer.get("detail")
    return said[:LONGEST_REASON] if isinstance(said, str) else ""
