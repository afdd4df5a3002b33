"""NVIDIA Triton: inference requests by model as routes; no histogram of durations, so only the mean is known.

Durations are added up for requests that succeed (a failed one is only counted, by reason), so the mean is theirs. An
ensemble is a model like those that it is made of: its requests count once for itself and once for each of them.
"""

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
        counts=("nv_inference_request_success",),
        route="model",
        unit=1e-6,
    ),
    signature=("nv_inference_request_success",),
)
