"""The queue is bounded, makes batches, confines errors, forgets who left and answers everybody at the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from prometheus_client import CollectorRegistry

from sample_app.api.inference import ModelFailed, Unavailable
from tests.unit.sample_app.inference_helpers import PATIENCE_SECONDS, Trial, queue_of, value


@pytest.fixture
def registry() -> CollectorRegistry:
    """A registry of its own."""
    return CollectorRegistry()


def within_patience(work: Callable[[], Awaitable[None]]) -> None:
    """Runs a coroutine; nothing may hang."""
    asyncio.run(asyncio.wait_for(work(), PATIENCE_SECONDS))


async def until(condition: Callable[[], bool]) -> None:
    """Polls; the limit is the caller's."""
    while not condition():
        await asyncio.sleep(0.005)


def test_requests_that_come_together_share_a_batch(registry: CollectorRegistry) -> None:
    """All answered, each with its own answer, in batches of 32 at most."""
    trial = Trial()
    trial.open.set()

    async def work() -> None:
        queue = queue_of(trial, registry)
        assert await asyncio.gather(*(queue.submit(number) for number in range(100, 200))) == list(range(200, 400, 2))

    within_patience(work)

    sizes = [len(batch) for batch in trial.batches]
    assert sum(sizes) == 100
    assert max(sizes) == 32
    assert value(registry, "inference_batch_size_count") == len(sizes)
    assert value(registry, "inference_batch_size_sum") == 100
    assert value(registry, "inference_requests_total", outcome="ok") == 100
    assert value(registry, "inference_duration_seconds_count") == 100
    assert value(registry, "inference_queue_wait_seconds_count") == 100


def test_a_lone_request_is_not_kept_for_long(registry: CollectorRegistry) -> None:
    """It goes alone once nobody joined it in time; a full batch does not wait at all."""
    trial = Trial()
    trial.open.set()

    async def work() -> None:
        queue = queue_of(trial, registry, max_batch=4, max_wait_seconds=0.2)
        await queue.submit(1)
        start = time.perf_counter()
        await queue.submit(2)
        alone = time.perf_counter() - start
        assert alone >= 0.19
        slow = queue_of(trial, CollectorRegistry(), max_batch=4, max_wait_seconds=PATIENCE_SECONDS * 2)
        await asyncio.gather(*(slow.submit(number) for number in range(4)))

    within_patience(work)

    assert trial.batches == [[1], [2], [0, 1, 2, 3]]


def test_a_full_queue_refuses_at_once(registry: CollectorRegistry) -> None:
    """The refusal says why; those who wait are answered when the model goes on."""
    trial = Trial()

    async def work() -> None:
        queue = queue_of(trial, registry, max_queue=3)
        first = queue.submit(1)
        await until(trial.running.is_set)
        waiting = [queue.submit(number) for number in (2, 3, 4)]
        assert value(registry, "inference_queue_length") == 3
        with pytest.raises(Unavailable, match=r"^the queue of scorer is full \(3 waiting\)$"):
            queue.submit(5)
        trial.open.set()
        assert [await answer for answer in (first, *waiting)] == [2, 4, 6, 8]

    within_patience(work)

    assert value(registry, "inference_requests_total", outcome="rejected") == 1
    assert value(registry, "inference_requests_total", outcome="ok") == 4
    assert value(registry, "inference_queue_length") == 0


def test_who_left_is_dropped_from_the_queue(registry: CollectorRegistry) -> None:
    """The place is free at once, and the model never sees the request."""
    trial = Trial()

    async def work() -> None:
        queue = queue_of(trial, registry, max_queue=2)
        first = queue.submit(1)
        await until(trial.running.is_set)
        left, stays = queue.submit(2), queue.submit(3)
        left.cancel()
        await until(lambda: value(registry, "inference_queue_length") == 1)
        later = queue.submit(4)
        trial.open.set()
        assert [await answer for answer in (first, stays, later)] == [2, 6, 8]

    within_patience(work)

    assert trial.batches == [[1], [3, 4]]
    assert value(registry, "inference_requests_total", outcome="ok") == 3


def test_who_leaves_a_running_batch_disturbs_nobody(registry: CollectorRegistry) -> None:
    """The others of the batch get their answers."""
    trial = Trial()

    async def work() -> None:
        queue = queue_of(trial, registry)
        left, stays = queue.submit(1), queue.submit(2)
        await until(trial.running.is_set)
        left.cancel()
        trial.open.set()
        assert await stays == 4

    within_patience(work)


def test_an_error_is_confined_to_its_batch(registry: CollectorRegistry) -> None:
    """Its requests fail, later ones do not."""
    trial = Trial()
    trial.open.set()

    async def work() -> None:
        queue = queue_of(trial, registry)
        failed = await asyncio.gather(queue.submit(13), queue.submit(1), return_exceptions=True)
        assert [str(error) for error in failed if isinstance(error, ModelFailed)] == ["the model scorer failed"] * 2
        assert await queue.submit(4) == 8

    within_patience(work)

    assert value(registry, "inference_requests_total", outcome="error") == 2
    assert value(registry, "inference_requests_total", outcome="ok") == 1


def test_training_that_fails_is_tried_again(registry: CollectorRegistry) -> None:
    """Those who wait are refused with a reason; the next request finds a model once it can be trained."""
    trial = Trial(untrainable=True)
    trial.open.set()

    async def work() -> None:
        queue = queue_of(trial, registry)
        for _ in range(2):
            with pytest.raises(Unavailable, match="the model scorer could not be loaded"):
                await queue.submit(1)
        trial.untrainable = False
        assert await queue.submit(1) == 2

    within_patience(work)

    assert len(trial.trainings) == 3
    assert value(registry, "inference_requests_total", outcome="error") == 2


def test_stopping_answers_everybody(registry: CollectorRegistry) -> None:
    """The batch that runs ends, those who wait are refused, and so is who comes later; then it can start again."""
    trial = Trial()

    async def work() -> None:
        queue = queue_of(trial, registry)
        first = queue.submit(1)
        await until(trial.running.is_set)
        waiting = queue.submit(2)
        stopping = asyncio.create_task(queue.stop())
        with pytest.raises(Unavailable, match="scorer is stopping"):
            await waiting
        with pytest.raises(Unavailable, match="scorer is stopping"):
            queue.submit(3)
        trial.open.set()
        await stopping
        assert await first == 2
        queue.start()
        assert await queue.submit(4) == 8
        await queue.stop()

    within_patience(work)

    assert value(registry, "inference_requests_total", outcome="rejected") == 2


def test_stopping_while_idle_or_never_started_ends(registry: CollectorRegistry) -> None:
    """Nothing to wait for."""
    trial = Trial()
    trial.open.set()

    async def work() -> None:
        queue = queue_of(trial, registry)
        await queue.stop()
        queue.start()
        await queue.submit(1)
        await queue.stop()

    within_patience(work)


def test_a_queue_outlives_its_event_loop(registry: CollectorRegistry) -> None:
    """A server may be started again in the same process."""
    trial = Trial()
    trial.open.set()
    queue = queue_of(trial, registry)

    async def work() -> None:
        assert await queue.submit(1) == 2

    within_patience(work)
    within_patience(work)

    assert len(trial.trainings) == 1


def test_the_wait_in_the_queue_is_measured(registry: CollectorRegistry) -> None:
    """A request behind a held-up batch waited as long as it was held up; the model's own time is apart."""
    trial = Trial()

    async def work() -> None:
        queue = queue_of(trial, registry)
        first = queue.submit(1)
        await until(trial.running.is_set)
        second = queue.submit(2)
        await asyncio.sleep(0.1)
        trial.open.set()
        await asyncio.gather(first, second)

    within_patience(work)

    assert value(registry, "inference_queue_wait_seconds_sum") >= 0.1
    assert value(registry, "inference_busy_seconds_total") >= 0.1
    assert value(registry, "inference_duration_seconds_sum") == pytest.approx(
        value(registry, "inference_busy_seconds_total")
    )
