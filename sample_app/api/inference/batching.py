"""A bounded queue before a model that gives it batches."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Generic

from sample_app.telemetry import Call, inference

from .errors import ModelFailed, Unavailable
from .host import In, ModelHost, Out, Ran, finished


@dataclass(eq=False, frozen=True, slots=True)
class _Waiting(Generic[In, Out]):
    request: In
    answer: asyncio.Future[Out]
    arrived: float
    span: Call


class BatchQueue(Generic[In, Out]):
    """Requests to one model from one event loop; it starts loading the model when the first one comes.

    max_queue: requests that may wait; the next one is refused at once.
    max_batch: requests in a batch at most.
    max_wait_seconds: how long the first request of a batch waits for others to join it.
    """

    def __init__(
        self, model: ModelHost[In, Out], max_queue: int = 256, max_batch: int = 32, max_wait_seconds: float = 0.005
    ) -> None:
        self.model = model
        self._max_queue, self._max_batch, self._max_wait = max_queue, max_batch, max_wait_seconds
        self._metrics = model.metrics
        self._waiting: deque[_Waiting[In, Out]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._worker: asyncio.Task[None] | None = None
        self._arrived, self._full = asyncio.Event(), asyncio.Event()
        self._running = self._stopping = False

    def submit(self, request: In) -> asyncio.Future[Out]:
        """Puts a request in the queue; cancel the future to take it out again.

        Raises Unavailable when the queue is full or stopped. The future raises Unavailable when the model cannot be
        loaded or the queue stops, ModelFailed when the model breaks on its batch.
        """
        if self._stopping:
            self._metrics.rejected.inc()
            raise Unavailable(f"{self.model.name} is stopping")
        loop = self._attach()
        if len(self._waiting) >= self._max_queue:
            self._metrics.rejected.inc()
            raise Unavailable(f"the queue of {self.model.name} is full ({len(self._waiting)} waiting)")
        waiting = _Waiting(request, loop.create_future(), perf_counter(), inference(self.model.name))
        waiting.answer.add_done_callback(lambda answer: self._done(waiting, answer))
        self._waiting.append(waiting)
        self._count()
        self._arrived.set()
        if len(self._waiting) >= self._max_batch:
            self._full.set()
        return waiting.answer

    def start(self) -> None:
        """Takes requests again after `stop`."""
        self._stopping = False

    async def stop(self) -> None:
        """Answers the batch that runs and refuses all that wait; then the worker is gone."""
        self._stopping = True
        for waiting in self._taken(len(self._waiting)):
            self._refuse(waiting, Unavailable(f"{self.model.name} is stopping"))
            self._metrics.rejected.inc()
        worker, self._worker = self._worker, None
        if worker is None or self._loop is not asyncio.get_running_loop():
            return
        if not self._running:
            worker.cancel()
        await asyncio.wait({worker})

    def _attach(self) -> asyncio.AbstractEventLoop:
        """Starts the worker in this event loop. What waited in a loop that has ended is forgotten with it."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._worker, self._running = loop, None, False
            self._arrived, self._full = asyncio.Event(), asyncio.Event()
            self._waiting.clear()
        if self._worker is None or self._worker.done():
            self._worker = loop.create_task(self._work(), name=f"batches-{self.model.name}")
        return loop

    async def _work(self) -> None:
        while not self._stopping:
            await self._arrival()
            if not await self._loaded():
                continue
            await self._company()
            batch = [one for one in self._taken(self._max_batch) if not one.answer.done()]
            if batch:
                await self._answer(batch)

    async def _arrival(self) -> None:
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()

    async def _loaded(self) -> bool:
        """Waits for the model; if it cannot be loaded, refuses all that wait, and the next request tries again."""
        try:
            await finished(self.model.load())
        except Exception:
            for waiting in self._taken(len(self._waiting)):
                self._refuse(waiting, Unavailable(f"the model {self.model.name} could not be loaded"))
                self._metrics.error.inc()
            return False
        return True

    async def _company(self) -> None:
        """Waits until a batch is full or its first request has waited long enough."""
        if not self._waiting or len(self._waiting) >= self._max_batch:
            return
        left = self._waiting[0].arrived + self._max_wait - perf_counter()
        if left > 0:
            self._full.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._full.wait(), left)

    async def _answer(self, batch: list[_Waiting[In, Out]]) -> None:
        self._running = True
        try:
            ran = await finished(self.model.run([one.request for one in batch], [one.span for one in batch]))
        except Exception as error:
            ran = Ran(error, perf_counter(), 0.0)
        finally:
            self._running = False
        outcome = ran.outcome
        failed = isinstance(outcome, Exception)
        waits = [max(0.0, ran.started - one.arrived) for one in batch]
        for one, wait in zip(batch, waits, strict=True):
            one.span.set("inference.queue_wait_seconds", wait)
            one.span.set("inference.batch_size", len(batch))
        self._metrics.ran(len(batch), ran.seconds, waits, ok=not failed)
        if isinstance(outcome, Exception):
            for one in batch:
                self._refuse(one, ModelFailed(f"the model {self.model.name} failed"))
            return
        for one, answer in zip(batch, outcome, strict=True):
            if not one.answer.done():
                one.answer.set_result(answer)

    def _taken(self, count: int) -> list[_Waiting[In, Out]]:
        taken = [self._waiting.popleft() for _ in range(min(count, len(self._waiting)))]
        self._count()
        return taken

    def _done(self, waiting: _Waiting[In, Out], answer: asyncio.Future[Out]) -> None:
        if answer.cancelled():
            self._drop(waiting)
            waiting.span.failed("cancelled")
            waiting.span.end()
        else:
            waiting.span.end(answer.exception())

    def _drop(self, waiting: _Waiting[In, Out]) -> None:
        with suppress(ValueError):  # it is in a batch already
            self._waiting.remove(waiting)
            self._count()

    def _refuse(self, waiting: _Waiting[In, Out], error: Exception) -> None:
        if not waiting.answer.done():
            waiting.answer.set_exception(error)

    def _count(self) -> None:
        self._metrics.queue_length.set(len(self._waiting))
