"""The recommender: a matrix factorization that learns tastes from synthetic ratings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from time import perf_counter

import numpy as np
import numpy.typing as npt

from .catalogue import CATALOGUE_SIZE
from .host import Blueprint
from .metrics import RECOMMENDER

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.intp]

USERS = 1000
TOP = 20
"""A held-out rating is a hit when its item is among so many: a tenth of the catalogue."""

_TASTES = 8
_RATED = 0.3
_NOISE = 0.5
_ROUNDS, _CHUNK = 12, 50
_RIDGE = 1.0
_SEED = 20241


@dataclass(frozen=True, slots=True)
class Wish:
    """One request: the best `limit` items for a user, who is any number from 0."""

    user: int
    limit: int


@dataclass(frozen=True, slots=True)
class Copies:
    """The item factors of an ensemble, side by side: one product serves all copies.

    traits: the factors, items by copies x tastes. squares: their outer products, items by copies x tastes^2.
    """

    traits: Floats
    squares: Floats

    def scores(self, weights: Floats, weighted: Floats) -> Floats:
        """Predicted ratings of all items, the mean over the copies, for users with these weights and ratings.

        In every copy each user's taste is fitted to the user's ratings.
        """
        users, copies = len(weights), self.traits.shape[1] // _TASTES
        systems = (weights @ self.squares).reshape(users, copies, _TASTES, _TASTES) + _RIDGE * np.eye(_TASTES)
        targets = (weighted @ self.traits).reshape(users, copies, _TASTES, 1)
        tastes = np.linalg.solve(systems, targets).reshape(users, -1)
        return np.asarray(tastes @ self.traits.T / copies, np.float64)


@dataclass(frozen=True, slots=True)
class Recommender:
    """A trained ensemble.

    weights: 1 where the training saw a user's rating of an item, else 0. weighted: those ratings, else 0.
    rated: what each user has rated already.
    accuracy: hit ratio, 0 to 1: the share of users whose best-liked item, which the training did not see, is among
        the TOP of the items that they have not rated.
    """

    copies: Copies
    weights: Floats
    weighted: Floats
    rated: Flags
    accuracy: float

    def infer(self, batch: Sequence[Wish]) -> list[list[int]]:
        """For each wish the ids of items that the user has not rated, best first. Unknown users are folded in."""
        users = [wish.user % USERS for wish in batch]
        scores = self.copies.scores(self.weights[users], self.weighted[users])
        order = np.argsort(np.where(self.rated[users], np.inf, -scores), axis=1)
        return [best[: wish.limit].tolist() for wish, best in zip(batch, order + 1, strict=True)]


def blueprint(work: int) -> Blueprint[Wish, list[int]]:
    """How to make the recommender with `work` factorizations: one of all users, the others of bootstrapped ones."""
    return Blueprint(RECOMMENDER, lambda seconds: train(work, seconds), Wish(0, 1))


def train(work: int = 1, at_least_seconds: float = 0) -> Recommender:
    """Factorizes the ratings by alternating least squares; always the same result for the same `work`.

    With seconds it goes on fitting the same ratings until they have passed.
    """
    give_up = perf_counter() + at_least_seconds
    random = np.random.default_rng(_SEED)
    ratings, rated, held_out = _data(random)
    weights = rated.astype(np.float64)
    weights[np.arange(USERS), held_out] = 0
    weighted = weights * ratings
    start = random.normal(scale=0.1, size=(CATALOGUE_SIZE, _TASTES))
    tastes, first = _factorize(weights, weighted, start)
    while perf_counter() < give_up:
        tastes, first = _factorize(weights, weighted, first)
    drawn = (random.multinomial(USERS, np.full(USERS, 1 / USERS)) for _ in range(work - 1))
    others = (_fit((weights * times[:, None]).T, (weighted * times[:, None]).T, tastes) for times in drawn)
    copies = _copies(work, first, others)
    return Recommender(copies, weights, weighted, rated, _hit_ratio(copies, weights, weighted, held_out))


def _copies(work: int, first: Floats, others: Iterable[Floats]) -> Copies:
    traits = np.empty((CATALOGUE_SIZE, work, _TASTES))
    squares = np.empty((CATALOGUE_SIZE, work, _TASTES**2))
    for number, copy in enumerate(chain((first,), others)):
        traits[:, number], squares[:, number] = copy, _squares(copy)
    return Copies(traits.reshape(CATALOGUE_SIZE, -1), squares.reshape(CATALOGUE_SIZE, -1))


def _hit_ratio(copies: Copies, weights: Floats, weighted: Floats, held_out: Numbers) -> float:
    hits = 0
    for users in np.array_split(np.arange(USERS), USERS // _CHUNK):
        scores = np.where(weights[users] > 0, -np.inf, copies.scores(weights[users], weighted[users]))
        favourite = np.take_along_axis(scores, held_out[users, None], axis=1)
        hits += int(np.sum((scores > favourite).sum(axis=1) < TOP))
    return hits / USERS


def _data(random: np.random.Generator) -> tuple[Floats, Flags, Numbers]:
    """Ratings by tastes nobody sees plus noise, which of them were given, and each user's best-liked rated item."""
    tastes, traits = random.normal(size=(USERS, _TASTES)), random.normal(size=(CATALOGUE_SIZE, _TASTES))
    ratings = tastes @ traits.T / np.sqrt(_TASTES) + random.normal(scale=_NOISE, size=(USERS, CATALOGUE_SIZE))
    rated = random.random((USERS, CATALOGUE_SIZE)) < _RATED
    return ratings, rated, np.where(rated, ratings, -np.inf).argmax(axis=1)


def _factorize(weights: Floats, weighted: Floats, traits: Floats) -> tuple[Floats, Floats]:
    tastes = _fit(weights, weighted, traits)
    for _ in range(_ROUNDS):
        traits = _fit(weights.T, weighted.T, tastes)
        tastes = _fit(weights, weighted, traits)
    return tastes, traits


def _fit(weights: Floats, weighted: Floats, known: Floats) -> Floats:
    """The least-squares factors of one side, all rows at once, given the factors of the other."""
    systems = (weights @ _squares(known)).reshape(-1, _TASTES, _TASTES) + _RIDGE * np.eye(_TASTES)
    return np.asarray(np.linalg.solve(systems, (weighted @ known)[..., None])[..., 0], np.float64)


def _squares(factors: Floats) -> Floats:
    return (factors[:, :, None] * factors[:, None, :]).reshape(len(factors), -1)
