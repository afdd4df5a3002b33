"""vLLM's OpenAI server: HTTP requests as the FastAPI instrumentator counts them, durations from the engine."""

from __future__ import annotations

from generator.profiles.base import Counter, Duration, Profile
from generator.profiles.fastapi import LABELLED, NO_METRICS

BOUNDS = (0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680)

VLLM = Profile(
    name="vllm",
    title="vLLM",
    requests=(Counter("http_requests_total", route="handler", method="method", status="status", exclude=NO_METRICS),),
    service_durations=(Duration("vllm:e2e_request_latency_seconds", BOUNDS),),
    route_durations=(LABELLED,),
    signature=("vllm:e2e_request_latency_seconds", "vllm:num_requests_running"),
)
