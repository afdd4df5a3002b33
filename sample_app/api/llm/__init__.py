"""A gateway that speaks the OpenAI chat API: to any upstream by URL, or to a tiny language model of its own."""

from .cache import PromptCache
from .gateway import Gateway
from .metrics import LlmMetrics
from .routes import llm_routes
from .settings import LlmSettings

__all__ = ["Gateway", "LlmMetrics", "LlmSettings", "PromptCache", "llm_routes"]
