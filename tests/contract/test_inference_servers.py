"""vLLM and Triton: the rules give what their (synthetic, see `synthetic.py`) pages say, in a real Prometheus."""

from __future__ import annotations

import pytest

from tests.contract.live import Live
from tests.contract.synthetic import CHAT_FAILED, CHAT_REFUSED, CHAT_SECONDS, MODELS, Model

pytestmark = pytest.mark.server("prometheus")
WINDOW = 300


def recorded(live: Live, record: str, service: str, **labels: str) -> float:
    """The value of one series of the vocabulary."""
    matchers = ",".join(f'{name}="{value}"' for name, value in {"service": service, **labels}.items())
    return live.prometheus.number(f"{record}{{{matchers}}}")


def by_route_and_code(live: Live, service: str) -> dict[tuple[str, str], float]:
    """Requests in the window."""
    series = live.prometheus.query(f'service_route_method_code:http_requests:rate5m{{service="{service}"}} > 0')
    return {(s["metric"]["route"], s["metric"]["code"]): float(s["value"][1]) * WINDOW for s in series}


def test_vllm_requests(live: Live) -> None:
    """HTTP requests as its FastAPI server counts them."""
    chat, answered = "/v1/chat/completions", len(CHAT_SECONDS)
    expected = {(chat, "2xx"): answered, (chat, "4xx"): CHAT_REFUSED, (chat, "5xx"): CHAT_FAILED}

    assert by_route_and_code(live, "vllm") == pytest.approx(expected, rel=0.02)
    ratio = CHAT_FAILED / (answered + CHAT_REFUSED + CHAT_FAILED)
    assert recorded(live, "service:http_errors:ratio_rate5m", "vllm") == pytest.approx(ratio, rel=0.02)


def test_vllm_latency(live: Live) -> None:
    """As its engine times requests: rank 190 of 200 is three quarters into the bucket from 2.5 s to 5 s."""
    mean = sum(CHAT_SECONDS) / len(CHAT_SECONDS)

    assert recorded(live, "service:http_latency_seconds:p95_rate5m", "vllm") == pytest.approx(4.375, rel=0.02)
    assert recorded(live, "service:http_latency_seconds:mean_rate5m", "vllm") == pytest.approx(mean, rel=0.02)
    assert recorded(live, "service_route:http_latency_seconds:p50_rate5m", "vllm", route="/v1/chat/completions") > 0.1


def failures(model: Model) -> int:
    """Failed requests, for whatever reason."""
    return sum(count for _, count in model.failed)


def test_triton_requests(live: Live) -> None:
    """Models are the routes, over all their versions; failures of every reason are server errors."""
    asked, failed = sum(m.success + failures(m) for m in MODELS), sum(failures(m) for m in MODELS)
    expected = {
        ("detector", "2xx"): 180,
        ("detector", "5xx"): 10,
        ("encoder", "2xx"): 100,
        ("encoder", "5xx"): 10,
    }

    assert by_route_and_code(live, "triton") == pytest.approx(expected, rel=0.02)
    assert recorded(live, "service:http_errors:ratio_rate5m", "triton") == pytest.approx(failed / asked, rel=0.02)


def test_triton_mean(live: Live) -> None:
    """The time of successes by their number: 30 ms and 60 ms for the versions of one model, 200 ms for the other."""
    mean = sum(m.microseconds for m in MODELS) / sum(m.success for m in MODELS) / 1e6
    record = "service_route:http_latency_seconds:mean_rate5m"

    assert recorded(live, "service:http_latency_seconds:mean_rate5m", "triton") == pytest.approx(mean, rel=0.02)
    assert recorded(live, record, "triton", route="detector") == pytest.approx(0.04, rel=0.02)
    assert recorded(live, record, "triton", route="encoder") == pytest.approx(0.2, rel=0.02)
