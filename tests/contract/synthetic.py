"""Synthetic /metrics pages of two inference servers that need a GPU to run: no recordings, but written by hand after
the servers' sources, as those write them, with counts that a test knows.

- vLLM: `vllm/v1/metrics/loggers.py` (names, labels and `request_latency_buckets` of `vllm:e2e_request_latency_seconds`)
  and `vllm/entrypoints/serve/instrumentator/metrics.py` (prometheus-fastapi-instrumentator with its defaults, in which
  `/metrics` and `/health` are excluded).
- Triton: `core/src/metrics.cc` (names), `core/src/metric_model_reporter.cc` (labels `model`, `version`, and a `reason`
  for each failure), `core/src/infer_stats.cc` (durations are added for successes alone), `docs/user_guide/metrics.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

VLLM_BOUNDS = (0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680)
HIGHR_BOUNDS = (0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 7.5, 10, 30, 60)
LOWR_BOUNDS = (0.1, 0.5, 1)
CHAT = 'handler="/v1/chat/completions",method="POST"'
ENGINE = 'engine="0",model_name="example/model"'
CHAT_SECONDS = (0.4,) * 100 + (0.9,) * 60 + (4.0,) * 40
CHAT_REFUSED, CHAT_FAILED, REFUSED_SECONDS = 12, 8, 0.05


def vllm(share: int) -> str:
    """The page after `share` times the load: 200 answers by the engine, 12 refused and 8 failed requests."""
    done, refused, failed = CHAT_SECONDS * share, CHAT_REFUSED * share, CHAT_FAILED * share
    http = done + (REFUSED_SECONDS,) * (refused + failed)
    lines = [
        "# TYPE vllm:num_requests_running gauge",
        f"vllm:num_requests_running{{{ENGINE}}} 1.0",
        "# TYPE vllm:num_requests_waiting gauge",
        f"vllm:num_requests_waiting{{{ENGINE}}} 0.0",
        "# TYPE vllm:request_success_total counter",
        f'vllm:request_success_total{{{ENGINE},finished_reason="stop"}} {len(done)}.0',
        "# TYPE vllm:e2e_request_latency_seconds histogram",
        *_histogram("vllm:e2e_request_latency_seconds", ENGINE, VLLM_BOUNDS, done),
        "# TYPE http_requests_total counter",
        f'http_requests_total{{{CHAT},status="2xx"}} {len(done)}.0',
        f'http_requests_total{{{CHAT},status="4xx"}} {refused}.0',
        f'http_requests_total{{{CHAT},status="5xx"}} {failed}.0',
        "# TYPE http_request_duration_highr_seconds histogram",
        *_histogram("http_request_duration_highr_seconds", "", HIGHR_BOUNDS, http),
        "# TYPE http_request_duration_seconds histogram",
        *_histogram("http_request_duration_seconds", CHAT, LOWR_BOUNDS, http),
    ]
    return "\n".join(lines) + "\n"


def _histogram(name: str, labels: str, bounds: tuple[float, ...], seconds: tuple[float, ...]) -> Iterator[str]:
    before = f"{labels}," if labels else ""
    for bound in bounds:
        yield f'{name}_bucket{{{before}le="{float(bound)}"}} {sum(s <= bound for s in seconds)}.0'
    yield f'{name}_bucket{{{before}le="+Inf"}} {len(seconds)}.0'
    after = f"{{{labels}}}" if labels else ""
    yield f"{name}_count{after} {len(seconds)}.0"
    yield f"{name}_sum{after} {sum(seconds)}"


@dataclass(frozen=True, slots=True)
class Model:
    """What one version of a model was asked, and how long its successes took in all."""

    name: str
    version: str
    success: int
    failed: tuple[tuple[str, int], ...]
    microseconds: int

    @property
    def labels(self) -> str:
        return f'model="{self.name}",version="{self.version}"'


MODELS = (
    Model("detector", "1", 120, (("BACKEND", 6), ("REJECTED", 4), ("CANCELED", 0), ("OTHER", 0)), 120 * 30_000),
    Model("detector", "2", 60, (("BACKEND", 0), ("REJECTED", 0), ("CANCELED", 0), ("OTHER", 0)), 60 * 60_000),
    Model("encoder", "1", 100, (("BACKEND", 0), ("REJECTED", 0), ("CANCELED", 10), ("OTHER", 0)), 100 * 200_000),
)


def triton(share: int) -> str:
    """The page after `share` times the load of `MODELS`."""
    lines = ["# TYPE nv_inference_request_success counter"]
    lines += [f"nv_inference_request_success{{{m.labels}}} {m.success * share}" for m in MODELS]
    lines.append("# TYPE nv_inference_request_failure counter")
    lines += [
        f'nv_inference_request_failure{{{m.labels},reason="{reason}"}} {count * share}'
        for m in MODELS
        for reason, count in m.failed
    ]
    lines.append("# TYPE nv_inference_request_duration_us counter")
    lines += [f"nv_inference_request_duration_us{{{m.labels}}} {m.microseconds * share}" for m in MODELS]
    lines += ["# TYPE nv_cpu_utilization gauge", "nv_cpu_utilization 0.25"]
    return "\n".join(lines) + "\n"


PAGES = {"vllm": vllm, "triton": triton}
