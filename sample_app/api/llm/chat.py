"""What goes into the gateway and what comes out, whichever model answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(max_length=32_000)]


class ChatMessage(BaseModel):
    """One message of a conversation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Literal["system", "developer", "user", "assistant"]
    content: Text


class ChatRequest(BaseModel):
    """An OpenAI chat request, as far as the gateway goes: one answer in text, not streamed.

    What would change the answer and is not supported (tools, several choices, ...) is refused, not passed over; `user`
    and `metadata` change nothing and are dropped.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    messages: list[ChatMessage] = Field(min_length=1, max_length=100)
    model: str | None = Field(None, min_length=1, max_length=200)
    max_tokens: int | None = Field(None, ge=1, le=32_768)
    temperature: float = Field(0.0, ge=0, le=2)
    stream: bool = False
    n: Literal[1] = 1
    user: str | None = Field(None, max_length=500)
    metadata: dict[str, str] | None = Field(None, max_length=16)


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer. `model` is what the server that answered calls itself; tokens are as that server counted them."""

    text: str
    model: str
    input_tokens: int
    output_tokens: int
    finish_reason: str = "stop"


class Refused(Exception):
    """No answer: the HTTP status and the reason for the client, further headers, and the outcome that is counted."""

    def __init__(
        self,
        status: int,
        reason: str,
        outcome: Literal["error", "rejected"] = "error",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.outcome = outcome
        self.headers = dict(headers or {})


class Backend(Protocol):
    """Something that answers."""

    async def complete(self, model: str, asked: ChatRequest) -> Completion:
        """The answer of `model`. Raises Refused."""

    async def close(self) -> None:
        """Gives connections back."""


def prompt_of(model: str, asked: ChatRequest) -> dict[str, Any]:
    """All that an answer depends on, as JSON: the upstream's request, and what a cached answer is found by."""
    messages = [{"role": message.role, "content": message.content} for message in asked.messages]
    prompt: dict[str, Any] = {"model": model, "messages": messages, "temperature": asked.temperature}
    if asked.max_tokens is not None:
        prompt["max_tokens"] = asked.max_tokens
    return prompt
