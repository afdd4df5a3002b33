"""The models learn: better than guessing, never perfect, the same each time, and the same in a batch as alone."""

from __future__ import annotations

import random
import time

import pytest

from sample_app.api.inference import recommender, scorer
from sample_app.api.inference.recommender import USERS, Recommender, Wish
from sample_app.api.inference.scorer import Scorer


@pytest.fixture(scope="module", params=[1, 5])
def scored(request: pytest.FixtureRequest) -> Scorer:
    """A scorer of one network, and one of five."""
    return scorer.train(request.param)


@pytest.fixture(scope="module", params=[1, 5])
def recommended(request: pytest.FixtureRequest) -> Recommender:
    """A recommender of one factorization, and one of five."""
    return recommender.train(request.param)


def test_the_scorer_has_learned(scored: Scorer) -> None:
    """Held-out rows are called right far more often than by chance; the noise allows no perfection."""
    assert 0.85 < scored.accuracy < 0.99


def test_the_scorer_follows_the_true_function(scored: Scorer) -> None:
    """The feature with the largest weight moves the score; extremes stay finite and between 0 and 1."""
    low, middle, high, *extremes = scored.infer([[0, 0, 0, -2], [0] * 4, [0, 0, 0, 2], [1e6] * 4, [-1e6] * 4])

    assert 0 < low < 0.1
    assert 0.1 < middle < 0.5
    assert 0.9 < high < 1
    assert all(0 <= score <= 1 for score in extremes)


def test_a_batch_of_scores_is_the_single_scores(scored: Scorer) -> None:
    """Neighbours in a batch change nothing."""
    draw = random.Random(1)  # noqa: S311  (features, no secret)
    rows = [[draw.gauss() for _ in range(4)] for _ in range(32)]

    assert scored.infer(rows) == pytest.approx([scored.infer([row])[0] for row in rows], abs=1e-12)


def test_the_recommender_has_learned(recommended: Recommender) -> None:
    """A user's hidden favourite is found far more often than one time in ten, the share of the list."""
    assert 0.85 < recommended.accuracy < 0.99


def test_a_batch_of_recommendations_is_the_single_ones(recommended: Recommender) -> None:
    """Neighbours in a batch change nothing, whatever their limits."""
    wishes = [Wish(user, 1 + user % 50) for user in range(0, 320, 10)]

    assert recommended.infer(wishes) == [recommended.infer([wish])[0] for wish in wishes]


def test_recommendations_are_new_items_and_personal(recommended: Recommender) -> None:
    """No item twice, none that the user rated; tastes differ; users beyond the matrix are folded in."""
    answers = recommended.infer([Wish(user, 50) for user in range(100)])

    for user, items in enumerate(answers):
        assert len(set(items)) == 50
        assert not any(recommended.rated[user, item - 1] for item in items)
    assert len({tuple(items) for items in answers}) == 100
    assert recommended.infer([Wish(7, 5)]) == recommended.infer([Wish(7 + 3 * USERS, 5)])


def test_training_is_the_same_each_time() -> None:
    """Every worker has the same model."""
    assert scorer.train(2).infer([[0.1, 0.2, 0.3, 0.4]]) == scorer.train(2).infer([[0.1, 0.2, 0.3, 0.4]])
    assert recommender.train(2).infer([Wish(3, 9)]) == recommender.train(2).infer([Wish(3, 9)])


def test_copies_are_different_networks() -> None:
    """Work is not the same network again and again."""
    hidden = scorer.train(4).layers.hidden

    assert len({layer.tobytes() for layer in hidden}) == 4


def test_more_work_is_more_computing() -> None:
    """The same wishes take the processor longer, by its own clock."""

    def seconds(model: Recommender) -> float:
        start = time.thread_time()
        for user in range(0, 640, 32):
            model.infer([Wish(number, 5) for number in range(user, user + 32)])
        return time.thread_time() - start

    assert seconds(recommender.train(64)) > 4 * seconds(recommender.train(1))
