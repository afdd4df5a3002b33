"""A model for tests that is held up, broken or untrainable at will, and a real server for an app."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from sample_app.api.inference import BatchQueue, Blueprint, InferenceMetrics, ModelHost
from tests.unit.sample_app.sample_helpers import scraped, series

PATIENCE_SECONDS = 30
FEATURES = {"features": [0.1, 0.2, 0.3, 0.4]}


@dataclass
class Trial:
    """Doubles numbers. `open` lets batches through, 13 breaks a batch, `untrainable` breaks the training."""

    accuracy: float = 0.9
    untrainable: bool = False
    trainings: list[float] = field(default_factory=list)
    open: threading.Event = field(default_factory=threading.Event)
    running: threading.Event = field(default_factory=threading.Event)
    batches: list[list[float]] = field(default_factory=list)

    def train(self, at_least_seconds: float) -> Trial:
        """Remembers for how long each was asked to go on."""
        self.trainings.append(at_least_seconds)
        if self.untrainable:
            raise RuntimeError("no data")
        return self

    def infer(self, batch: Sequence[float]) -> list[float]:
        """The doubles; the probe, -1, is never held up."""
        if list(batch) != [-1.0]:
            self.batches.append(list(batch))
            self.running.set()
            assert self.open.wait(PATIENCE_SECONDS)
        if 13 in batch:
            raise ArithmeticError("13")
        return [2 * number for number in batch]


def queue_of(trial: Trial, registry: CollectorRegistry, **limits: float) -> BatchQueue[float, float]:
    """A queue before a trial model."""
    host = ModelHost(Blueprint("scorer", trial.train, -1.0), InferenceMetrics(registry).of("scorer"))
    return BatchQueue(host, **limits)  # type: ignore[arg-type]


def value(registry: CollectorRegistry, name: str, **labels: str) -> float:
    """A sample of the scorer, 0 where there is none."""
    return registry.get_sample_value(name, {"model": "scorer", **labels}) or 0.0


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serves `app` on a free port, with its startup and shutdown."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=PATIENCE_SECONDS))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert eventually(lambda: server.started)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive()


def eventually(condition: Callable[[], bool]) -> bool:
    """Polls for half a minute."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def sample(app: FastAPI, name: str, **labels: str) -> float:
    """A sample of a scrape, 0 where there is none."""
    return series(scraped(app)).get((name, tuple(sorted(labels.items()))), 0.0)
