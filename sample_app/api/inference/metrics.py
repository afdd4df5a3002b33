"""What is measured of the models and of what came of their answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SCORER, RECOMMENDER = "scorer", "recommender"
MODELS = (SCORER, RECOMMENDER)

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of durations and waits, in seconds."""

BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64)


@dataclass(frozen=True, slots=True)
class ModelMetrics:
    """The series of one model."""

    ok: Counter
    error: Counter
    rejected: Counter
    duration: Histogram
    wait: Histogram
    batch_size: Histogram
    queue_length: Gauge
    busy: Counter
    name: str
    _cold_start: Gauge
    _accuracy: Gauge

    def loaded(self, cold_start_seconds: float, accuracy: float) -> None:
        """A cold start is over. Until the first one both gauges are absent: there is nothing true to say."""
        self._cold_start.labels(self.name).set(cold_start_seconds)
        self._accuracy.labels(self.name).set(accuracy)

    def ran(self, size: int, seconds: float, waits: Iterable[float], *, ok: bool) -> None:
        """A batch of `size` requests ran for `seconds`; each of them waited first, in seconds.

        The duration counts for every request of the batch, the busy time once.
        """
        self.busy.inc(seconds)
        self.batch_size.observe(size)
        (self.ok if ok else self.error).inc(size)
        for wait in waits:
            self.wait.observe(wait)
            self.duration.observe(seconds)


class InferenceMetrics:
    """The inference metrics of one registry; all counters and histograms are there at 0 from the start.

    inference_requests_total{model,outcome}: ok, error or rejected. A request whose client left while it waited is
        dropped and counted nowhere here.
    inference_duration_seconds{model}: the time of the model alone that a request saw: that of its batch.
    inference_queue_wait_seconds{model}: from arrival to the start of the model.
    inference_queue_length{model}: requests that wait now, the sum of all workers.
    inference_batch_size{model}: requests in a batch.
    inference_busy_seconds_total{model}: time in which the model computed answers; training is not in it.
    inference_cold_start_seconds{model}: data, training and first inference, of the most recent cold start.
    model_accuracy_ratio{model}: on data that the training did not see, 0 to 1.
    recommendations_served_total, recommendation_clicks_total, recommendation_successes_total.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "inference_requests_total", "Requests to a model by outcome.", ("model", "outcome"), registry=registry
        )
        self._durations = Histogram(
            "inference_duration_seconds", "Model time of a request.", ("model",), buckets=SECONDS, registry=registry
        )
        self._waits = Histogram(
            "inference_queue_wait_seconds", "Time in the queue.", ("model",), buckets=SECONDS, registry=registry
        )
        self._batches = Histogram(
            "inference_batch_size", "Requests in a batch.", ("model",), buckets=BATCH_SIZES, registry=registry
        )
        self._busy = Counter(
            "inference_busy_seconds_total", "Time in which a model computed answers.", ("model",), registry=registry
        )
        self._lengths = _gauge("inference_queue_length", "Requests that wait for a model.", "livesum", registry)
        self._cold_starts = _gauge(
            "inference_cold_start_seconds", "Load, training and first inference.", "mostrecent", registry
        )
        self._accuracies = _gauge("model_accuracy_ratio", "Accuracy on held-out data.", "mostrecent", registry)
        self.served = Counter("recommendations_served_total", "Recommendations served.", registry=registry)
        self.clicks = Counter("recommendation_clicks_total", "Recommendations clicked.", registry=registry)
        self.successes = Counter("recommendation_successes_total", "Recommendations that led on.", registry=registry)
        self._of = {model: self._model(model) for model in MODELS}

    def of(self, model: str) -> ModelMetrics:
        """The series of one of MODELS. Raises KeyError for another name."""
        return self._of[model]

    def _model(self, model: str) -> ModelMetrics:
        return ModelMetrics(
            ok=self._requests.labels(model, "ok"),
            error=self._requests.labels(model, "error"),
            rejected=self._requests.labels(model, "rejected"),
            duration=self._durations.labels(model),
            wait=self._waits.labels(model),
            batch_size=self._batches.labels(model),
            queue_length=self._lengths.labels(model),
            busy=self._busy.labels(model),
            name=model,
            _cold_start=self._cold_starts,
            _accuracy=self._accuracies,
        )


def _gauge(name: str, text: str, mode: Literal["livesum", "mostrecent"], registry: CollectorRegistry) -> Gauge:
    return Gauge(name, text, ("model",), multiprocess_mode=mode, registry=registry)
