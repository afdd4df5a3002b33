"""What the API is told from outside."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .demo import DemoSettings
from .llm.settings import DEFAULT_PRICES, LlmSettings, Price

MOST_WORK = 512
SAMPLE_KEYS = Path(__file__).parent / "api-keys.txt"


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one API. Raises ValueError for numbers out of their range.

    state_dir: a writable folder that all workers of this API share; holds the faults that are switched on.
    preload: train the models when the server starts; else at the first request to each.
    work: copies in each model's ensemble, 1 to 512. Every request runs through all of them: more work, more CPU time,
        more memory (about 125 kB a copy) and a longer cold start.
    max_queue: requests that may wait for each model, at least 1; the next one gets 503.
    llm: the gateway's; None has the built-in model answer, without a cache.
    api_keys_file: names of API keys, see `parse_keys`. reset_enabled: whether the summary can be reset by anyone.
    """

    state_dir: Path
    preload: bool = True
    work: int = 1
    max_queue: int = 256
    llm: LlmSettings | None = None
    demo: DemoSettings = field(default_factory=DemoSettings)
    api_keys_file: Path | None = None
    reset_enabled: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.work <= MOST_WORK:
            raise ValueError(f"work must be 1 to {MOST_WORK}, not {self.work}")
        if self.max_queue < 1:
            raise ValueError(f"max_queue must be at least 1, not {self.max_queue}")

    @property
    def faults_file(self) -> Path:
        """Where the faults are kept."""
        return self.state_dir / "faults.json"

    @property
    def metrics_dir(self) -> Path:
        """Where several workers share their metrics."""
        return self.state_dir / "metrics"

    @property
    def feedback_key_file(self) -> Path:
        """The key that signs recommendation ids."""
        return self.state_dir / "feedback.key"

    @property
    def reload_file(self) -> Path:
        """Its change time tells all workers to train their models again."""
        return self.state_dir / "reload"

    @classmethod
    def of(cls, state_dir: Path, environment: Mapping[str, str]) -> Settings:
        """From the environment, see README.md. Raises ValueError that names the variable."""
        return cls(
            state_dir,
            llm=_llm(state_dir, environment),
            demo=DemoSettings.of(environment),
            api_keys_file=Path(environment.get("API_KEYS_FILE") or SAMPLE_KEYS),
            reset_enabled=_switch(environment, "SUMMARY_RESET"),
        )


def _llm(state_dir: Path, environment: Mapping[str, str]) -> LlmSettings:
    read: dict[str, tuple[str, Callable[[str], Any]]] = {
        "upstream": ("LLM_UPSTREAM_URL", str),
        "api_key_file": ("LLM_API_KEY_FILE", Path),
        "model": ("LLM_MODEL", str),
        "timeout_seconds": ("LLM_TIMEOUT_SECONDS", float),
        "prices": ("LLM_PRICES", _prices),
        "daily_budget_usd": ("LLM_DAILY_BUDGET_USD", float),
        "cache_url": ("CACHE_URL", str),
        "cache_seconds": ("LLM_CACHE_SECONDS", int),
    }
    settings = LlmSettings(state_dir)
    for name, (variable, parse) in read.items():
        if text := environment.get(variable):
            try:
                settings = replace(settings, **{name: parse(text)})
            except (ValueError, TypeError) as error:
                raise ValueError(f"{variable}: {error}") from None
    return settings


def _prices(text: str) -> Mapping[str, Price]:
    """{"model": [USD per million input tokens, USD per million output tokens], ...}, over the default table."""
    table = json.loads(text)
    if not isinstance(table, dict):
        raise ValueError('write a JSON object such as {"gpt-5": [1.25, 10]}')
    return {**DEFAULT_PRICES, **{model: tuple(row) for model, row in table.items()}}


def _switch(environment: Mapping[str, str], variable: str) -> bool:
    value = environment.get(variable, "off")
    if value not in ("on", "off"):
        raise ValueError(f"{variable} must be on or off, not {value!r}")
    return value == "on"
