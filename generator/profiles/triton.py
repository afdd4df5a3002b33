"""NVIDIA Triton: inference requests by model as routes; no histogram of durations, so only the mean is known."""

from __future__ import annotations

from generator.profiles.base import Counter, Mean, Profile

TRITON = Profile(
    name="triton",
    title="Triton Inference Server",
    requests=(
        Counter("nv_inference_request_success", route="model", code="2xx"),
        Counter("nv_inference_request_failure", route="model", code="5xx"),
    ),
    mean=Mean(
        total="nv_inference_request_duration_us",
        counts=("nv_inference_request_success", "nv_inference_request_failure"),
        route="model",
        unit=1e-6,
    ),
    signature=("nv_inference_request_success",),
)
