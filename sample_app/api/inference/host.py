"""A model in a thread of its own: trained there, run there, dropped and trained again there."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Generic, Protocol, TypeVar

from sample_app.telemetry import Call

from .metrics import ModelMetrics

In = TypeVar("In")
Out = TypeVar("Out")
Asked_contra = TypeVar("Asked_contra", contravariant=True)
Answered_co = TypeVar("Answered_co", covariant=True)

_log = logging.getLogger(__name__)


class Model(Protocol[Asked_contra, Answered_co]):
    """A trained model: it answers batches, one answer for each request in its order."""

    @property
    def accuracy(self) -> float: ...

    def infer(self, batch: Sequence[Asked_contra]) -> Sequence[Answered_co]: ...


@dataclass(frozen=True, slots=True)
class Blueprint(Generic[In, Out]):
    """How to make a model: its name, its training, and a request for the first inference after it.

    train: takes for how many seconds it goes on at least; 0 as long as it needs.
    """

    name: str
    train: Callable[[float], Model[In, Out]]
    probe: In


@dataclass(frozen=True, slots=True)
class Ran(Generic[Out]):
    """What became of a batch: answers or an error; when the model began (perf_counter) and for how many seconds."""

    outcome: Sequence[Out] | Exception
    started: float
    seconds: float


class ModelHost(Generic[In, Out]):
    """One model and its thread. Training and batches take turns in it, so a batch never meets a model half made."""

    def __init__(self, blueprint: Blueprint[In, Out], metrics: ModelMetrics) -> None:
        self.name = blueprint.name
        self.metrics = metrics
        self._blueprint = blueprint
        self._model: Model[In, Out] | None = None
        self._lock = threading.Lock()
        self._loading: Future[float] | None = None
        self._thread = self._new_thread()

    def load(self) -> Future[float]:
        """Starts the cold start where there was none or it failed; its result is the cold start in seconds."""
        with self._lock:
            if self._loading is None or _failed(self._loading):
                self._loading = self._thread.submit(self._cold_start)
            return self._loading

    def reload(self, seconds: float = 0) -> Future[float]:
        """Drops the model and starts a cold start of at least so many seconds, or joins the one that runs."""
        with self._lock:
            if self._loading is None or self._loading.done():
                self._loading = self._thread.submit(self._cold_start, seconds)
            return self._loading

    def run(self, batch: Sequence[In], spans: Sequence[Call] = ()) -> Future[Ran[Out]]:
        """Runs a batch after whatever the thread has to do before it. An error of the model is part of the result.

        spans: those of its requests; the batch is a span below the first of them, linked to the others.
        """
        return self._thread.submit(self._run, batch, spans)

    def close(self) -> None:
        """Forgets the model; what waits for the thread is cancelled. A later `load` starts anew."""
        with self._lock:
            thread, self._thread = self._thread, self._new_thread()
            self._loading = None
        thread.shutdown(wait=False, cancel_futures=True)

    def _new_thread(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(1, thread_name_prefix=f"model-{self.name}")

    def _cold_start(self, at_least: float = 0) -> float:
        self._model = None
        started = perf_counter()
        try:
            model = self._blueprint.train(at_least)
            model.infer([self._blueprint.probe])
        except Exception:
            _log.exception("the model %s could not be loaded", self.name)
            raise
        seconds = perf_counter() - started
        self._model = model
        self.metrics.loaded(seconds, model.accuracy)
        _log.info("the model %s is ready after %.3f s, accuracy %.3f", self.name, seconds, model.accuracy)
        return seconds

    def _run(self, batch: Sequence[In], spans: Sequence[Call]) -> Ran[Out]:
        if not spans:
            return self._infer(batch)
        facts: dict[str, str | int] = {"inference.model": self.name, "inference.batch_size": len(batch)}
        with spans[0].child(f"batch {self.name}", facts, spans[1:]) as span:
            ran = self._infer(batch)
            if isinstance(ran.outcome, Exception):
                span.failed(type(ran.outcome).__name__)
            return ran

    def _infer(self, batch: Sequence[In]) -> Ran[Out]:
        outcome: Sequence[Out] | Exception
        started = perf_counter()
        try:
            if self._model is None:
                raise RuntimeError(f"the model {self.name} is not loaded")
            outcome = self._model.infer(batch)
            if len(outcome) != len(batch):
                raise RuntimeError(f"the model {self.name} gave {len(outcome)} answers to {len(batch)} requests")
        except Exception as error:
            _log.exception("the model %s failed on a batch of %d", self.name, len(batch))
            outcome = error
        return Ran(outcome, started, perf_counter() - started)


async def finished(work: Future[Out]) -> Out:
    """The result of work in a thread. Whoever stops waiting does not cancel the work, for others may wait for it."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def tell(_work: Future[Any]) -> None:
        with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits
            loop.call_soon_threadsafe(_wake, done)

    work.add_done_callback(tell)
    await done
    return work.result()


def _wake(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)


def _failed(loading: Future[float]) -> bool:
    return loading.done() and (loading.cancelled() or loading.exception() is not None)
