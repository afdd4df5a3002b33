"""The scorer: a small neural network that learns from synthetic rows whether a customer will buy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import numpy.typing as npt

from .host import Blueprint
from .metrics import SCORER

Floats = npt.NDArray[np.float64]

FEATURES = 4
_ROWS, _HELD_OUT = 4000, 1000
_DRAWN = 500
_HIDDEN = 64
_CHUNK = 25
_STEPS, _COPY_STEPS, _BATCH = 600, 16, 128
_RATE, _MOMENTUM = 0.1, 0.9
_LARGEST_LOGIT = 30.0
_SEED = 20240


@dataclass(frozen=True, slots=True)
class Layers:
    """The weights of networks with one hidden layer; the first axis counts the networks."""

    hidden: Floats
    hidden_bias: Floats
    out: Floats
    out_bias: Floats

    def parts(self) -> tuple[Floats, ...]:
        """The arrays, in the order of the constructor."""
        return self.hidden, self.hidden_bias, self.out, self.out_bias


@dataclass(frozen=True, slots=True)
class Scorer:
    """A trained ensemble. `accuracy` is the share of held-out rows whose outcome it calls right, 0 to 1."""

    layers: Layers
    accuracy: float

    def infer(self, batch: Sequence[Sequence[float]]) -> list[float]:
        """A score from 0 to 1 for each row of four finite features: the mean over the ensemble."""
        scores: list[float] = _scores(self.layers, np.asarray(batch, dtype=np.float64)).tolist()
        return scores


def blueprint(work: int) -> Blueprint[Sequence[float], float]:
    """How to make the scorer with `work` networks: one trained on all rows, the others on bootstrapped ones."""
    return Blueprint(SCORER, lambda seconds: train(work, seconds), (0.0,) * FEATURES)


def train(work: int = 1, at_least_seconds: float = 0) -> Scorer:
    """Trains on rows with a known true function plus noise; always the same result for the same `work`.

    With seconds it goes on learning from the same rows until they have passed.
    """
    give_up = perf_counter() + at_least_seconds
    random = np.random.default_rng(_SEED)
    rows, bought = _data(random)
    seen, outcome = rows[:-_HELD_OUT], bought[:-_HELD_OUT]
    first = _descend(_fresh(random), seen, outcome, _STEPS, random)
    while perf_counter() < give_up:
        first = _descend(first, seen, outcome, _COPY_STEPS, random)
    networks = [first]
    for _ in range(work - 1):
        drawn = random.integers(0, len(seen), _DRAWN)
        networks.append(_descend(first, seen[drawn], outcome[drawn], _COPY_STEPS, random))
    layers = Layers(*(np.concatenate(same) for same in zip(*(one.parts() for one in networks), strict=True)))
    parts = np.array_split(rows[-_HELD_OUT:], _HELD_OUT // _CHUNK)
    called = np.concatenate([_scores(layers, part) for part in parts]) > 0.5
    return Scorer(layers, float(np.mean(called == (bought[-_HELD_OUT:] > 0.5))))


def _data(random: np.random.Generator) -> tuple[Floats, Floats]:
    """Rows of features and whether each bought: drawn by a chance that the true function gives, so never certain."""
    rows = random.normal(size=(_ROWS, FEATURES))
    a, b, c, d = rows.T
    logit = 4 * (0.9 * a - 0.4 * b + 0.25 * c + 1.3 * d - 0.2 + 0.5 * np.sin(a) * b)
    return rows, (random.random(_ROWS) < _chance(logit)).astype(np.float64)


def _fresh(random: np.random.Generator) -> Layers:
    return Layers(
        random.normal(scale=0.5, size=(1, FEATURES, _HIDDEN)),
        np.zeros((1, 1, _HIDDEN)),
        random.normal(scale=0.25, size=(1, _HIDDEN, 1)),
        np.zeros((1, 1, 1)),
    )


def _descend(start: Layers, rows: Floats, outcome: Floats, steps: int, random: np.random.Generator) -> Layers:
    """Gradient descent with momentum on the cross entropy of a few random rows at each step."""
    parts = start.parts()
    speed = tuple(np.zeros_like(part) for part in parts)
    for _ in range(steps):
        some = random.integers(0, len(rows), _BATCH)
        slopes = _slopes(Layers(*parts), rows[some], outcome[some])
        speed = tuple(_MOMENTUM * old - _RATE * slope for old, slope in zip(speed, slopes, strict=True))
        parts = tuple(part + moving for part, moving in zip(parts, speed, strict=True))
    return Layers(*parts)


def _slopes(layers: Layers, rows: Floats, outcome: Floats) -> tuple[Floats, ...]:
    active = np.tanh(rows @ layers.hidden + layers.hidden_bias)
    missed = (_chance(active @ layers.out + layers.out_bias) - outcome[:, None]) / len(rows)
    back = (missed @ layers.out.transpose(0, 2, 1)) * (1 - active**2)
    return (
        rows.T @ back,
        back.sum(axis=1, keepdims=True),
        active.transpose(0, 2, 1) @ missed,
        missed.sum(axis=1, keepdims=True),
    )


def _scores(layers: Layers, rows: Floats) -> Floats:
    active = np.tanh(rows @ layers.hidden + layers.hidden_bias)
    scores: Floats = _chance(active @ layers.out + layers.out_bias).mean(axis=0)[:, 0]
    return scores


def _chance(logit: Floats) -> Floats:
    chance: Floats = 1 / (1 + np.exp(-np.clip(logit, -_LARGEST_LOGIT, _LARGEST_LOGIT)))
    return chance
