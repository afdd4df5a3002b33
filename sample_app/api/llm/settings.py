"""What the gateway is told from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from urllib.parse import urlsplit

import httpx

OTHER = "other"
"""The row of the price table, and the label, of every model that the table does not name."""

MOST_MODELS = 50
DEFAULT_PRICES = {"tiny": (0.10, 0.40), OTHER: (2.50, 10.00)}

Price = tuple[float, float]
"""USD per million input tokens, and per million output tokens."""


@dataclass(frozen=True, slots=True)
class LlmSettings:
    """Settings of one gateway. Raises ValueError for a value that cannot be.

    state_dir: a writable folder that all workers share; holds the day's spend.
    upstream: base URL of a server that speaks the OpenAI chat API, such as http://vllm:8000/v1; None answers with the
        built-in model.
    api_key_file: a file with the upstream's API key, read at each call; None sends none.
    model: the model of a request that names none.
    timeout_seconds: the longest that one call of the upstream may take in all.
    prices: at most 50 models by name, with a row "other" for the rest. Its names are the values of the label `model`.
    daily_budget_usd: what a UTC day may cost; 0 answers from the cache alone.
    cache_url: Redis or Valkey for answers and the day's spend, redis://host:6379/0; None keeps no answers.
    cache_seconds: how long an answer is kept, at least 1.
    """

    state_dir: Path
    upstream: str | None = None
    api_key_file: Path | None = None
    model: str = "tiny"
    timeout_seconds: float = 10
    prices: Mapping[str, Price] = field(default_factory=lambda: DEFAULT_PRICES)
    daily_budget_usd: float = 50
    cache_url: str | None = field(default=None, repr=False)
    cache_seconds: int = 300

    def __post_init__(self) -> None:
        for name in ("upstream", "cache_url"):
            url, schemes = getattr(self, name), ("http", "https") if name == "upstream" else ("redis", "rediss", "unix")
            if url is not None and not _is_url(url, schemes):
                raise ValueError(f"{name} must be a URL that begins with {' or '.join(schemes)}")
        if not self.model:
            raise ValueError("model must not be empty")
        if not 0 < self.timeout_seconds < float("inf"):
            raise ValueError(f"timeout_seconds must be above 0, not {self.timeout_seconds}")
        if not 0 <= self.daily_budget_usd < float("inf"):
            raise ValueError(f"daily_budget_usd must be 0 or more, not {self.daily_budget_usd}")
        if self.cache_seconds < 1:
            raise ValueError(f"cache_seconds must be at least 1, not {self.cache_seconds}")
        if OTHER not in self.prices or len(self.prices) > MOST_MODELS:
            raise ValueError(f'prices must have a row "{OTHER}" and at most {MOST_MODELS} rows')
        for model, row in self.prices.items():
            if len(row) != 2 or not all(isfinite(price) and price >= 0 for price in row):
                raise ValueError(f"prices of {model} must be two numbers of 0 or more, not {row}")

    @property
    def spend_file(self) -> Path:
        """Where the workers of one host keep what the day has cost."""
        return self.state_dir / "llm-spend"

    def label(self, model: str) -> str:
        """The value of the label `model`: the name where the price table has it."""
        return model if model in self.prices else OTHER

    def named(self, model: str) -> str:
        """The name in a span: one that the operator knows. Clients can ask by any, also by one that is a secret."""
        return model if model == self.model else self.label(model)

    def cost_usd(self, label: str, input_tokens: int, output_tokens: int) -> float:
        """What these tokens cost at the price of `label`. Raises KeyError for a name without a price."""
        price_in, price_out = self.prices[label]
        return (input_tokens * price_in + output_tokens * price_out) / 1e6


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        httpx.URL(text)
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname or parts.scheme == "unix") and parts.port != 0
    except (ValueError, httpx.InvalidURL):
        return False
