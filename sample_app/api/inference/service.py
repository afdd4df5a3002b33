"""The two models of the API with their queues."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import recommender, scorer
from .batching import BatchQueue
from .errors import Unavailable
from .host import ModelHost, finished
from .metrics import RECOMMENDER, SCORER, InferenceMetrics
from .recommender import Wish

CHECK_SECONDS = 0.5
"""How long a worker may go on before it sees that another one was told to reload."""


class Inference:
    """The models of one worker. `reload_file` is shared by all workers: its change time tells them to reload."""

    def __init__(
        self,
        scorer: BatchQueue[Sequence[float], float],
        recommender: BatchQueue[Wish, list[int]],
        reload_file: Path,
    ) -> None:
        self.scorer = scorer
        self.recommender = recommender
        self._queues: tuple[BatchQueue[Any, Any], ...] = (scorer, recommender)
        self._orders = _ReloadOrders(reload_file)

    @classmethod
    def real(cls, metrics: InferenceMetrics, reload_file: Path, work: int = 1, max_queue: int = 256) -> Inference:
        """The scorer and the recommender, not trained yet.

        work: copies in each model's ensemble, all of which every request runs through.
        max_queue: requests that may wait for each model.
        """
        return cls(
            BatchQueue(ModelHost(scorer.blueprint(work), metrics.of(SCORER)), max_queue),
            BatchQueue(ModelHost(recommender.blueprint(work), metrics.of(RECOMMENDER)), max_queue),
            reload_file,
        )

    def start(self, *, preload: bool) -> None:
        """Takes requests; with `preload` the models are trained now, else at the first request to each."""
        for queue in self._queues:
            queue.start()
            if preload:
                queue.model.load()

    async def stop(self) -> None:
        """Ends both queues with an answer to every request, and their threads."""
        await asyncio.gather(*(queue.stop() for queue in self._queues))
        for queue in self._queues:
            queue.model.close()

    async def reload(self, seconds: float = 0) -> dict[str, float]:
        """Drops and trains the models, here at once, in other workers at their next request after half a second.

        seconds: how long each training goes on at least. Returns the measured cold starts of this worker in seconds.
        Raises Unavailable when a model cannot be trained, OSError when the other workers cannot be told.
        """
        self._orders.give(seconds)
        loading = {queue.model.name: queue.model.reload(seconds) for queue in self._queues}
        try:
            return {name: await finished(future) for name, future in loading.items()}
        except Exception as error:
            raise Unavailable(f"a model could not be loaded: {type(error).__name__}") from error

    def score(self, features: Sequence[float]) -> asyncio.Future[float]:
        """The score of four finite features, 0 to 1. See `BatchQueue.submit` for its errors."""
        self._obey()
        return self.scorer.submit(features)

    def recommend(self, user: int, limit: int) -> asyncio.Future[list[int]]:
        """The best `limit` items for a user, best first. See `BatchQueue.submit` for its errors."""
        self._obey()
        return self.recommender.submit(Wish(user, limit))

    def _obey(self) -> None:
        seconds = self._orders.given()
        if seconds is not None:
            for queue in self._queues:
                queue.model.reload(seconds)


class _ReloadOrders:
    """Orders to reload: a file that says for how many seconds, and whose change time says that there is one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._read()
        self._read_at = time.monotonic()

    def give(self, seconds: float) -> None:
        """Tells the other workers."""
        new = self._path.with_suffix(f".{os.getpid()}")
        new.write_text(repr(seconds), encoding="ascii")
        new.replace(self._path)
        self._seen = self._read()

    def given(self) -> float | None:
        """The seconds that another worker has told since this one last asked; looks at most every half second."""
        now = time.monotonic()
        if now - self._read_at < CHECK_SECONDS:
            return None
        self._read_at = now
        before, self._seen = self._seen, self._read()
        return float(self._path.read_text(encoding="ascii")) if self._seen != before else None

    def _read(self) -> int:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return 0
